"""Rules about what no linter sees: that code, YAML, texts and documents agree.

Every rule is a function that takes the project and yields what is wrong, in
words. The decorator `rule` makes it one.
"""

from . import code, documents, glossary, texts
from .project import Project
from .rule import RULES, Rule

__all__ = ["RULES", "Project", "Rule", "code", "documents", "glossary", "texts"]
