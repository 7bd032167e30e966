"""Rules about what no linter sees: that code, YAML, texts and documents agree.

Every rule is a function that takes the project and yields what is wrong, in
words.
"""

from collections.abc import Callable, Iterator
from typing import Final

from .code import (
    errors_are_translated,
    errors_fill_their_texts,
    images_have_their_size,
    manifest_is_in_order,
    platforms_limit_updates,
    rooms_are_kept,
)
from .documents import (
    actions_are_documented,
    forms_are_documented,
    links_lead_somewhere,
    quality_scale_is_complete,
    quality_scale_is_documented,
)
from .project import Project
from .texts import (
    actions_are_named,
    fields_are_described,
    icons_have_entities,
    languages_are_complete,
    languages_exist,
    names_leave_out_the_device,
)

__all__ = ["RULES", "Project", "Rule"]

type Rule = Callable[[Project], Iterator[str]]

RULES: Final[tuple[Rule, ...]] = (
    languages_exist,
    languages_are_complete,
    errors_are_translated,
    errors_fill_their_texts,
    fields_are_described,
    actions_are_named,
    icons_have_entities,
    names_leave_out_the_device,
    platforms_limit_updates,
    manifest_is_in_order,
    images_have_their_size,
    rooms_are_kept,
    quality_scale_is_complete,
    quality_scale_is_documented,
    forms_are_documented,
    actions_are_documented,
    links_lead_somewhere,
)
