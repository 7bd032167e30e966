"""The register of rules."""

from collections.abc import Callable, Iterator
from typing import Final

from .project import Project

type Rule = Callable[[Project], Iterator[str]]

RULES: Final[list[Rule]] = []
"""All rules, in the order of their modules."""


def rule(function: Rule) -> Rule:
    """Add a rule to the register."""
    RULES.append(function)
    return function
