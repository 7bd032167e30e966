"""The changes of the Energy dashboard, in words of Home Assistant's language."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..account.wording import DETAIL, LIST, escaped, joined
from ..const import DOMAIN
from .dashboard import Notes
from .sources import EnergySource, Note, Outcome

_PREFIX: Final = f"component.{DOMAIN}.common."

type Names = Mapping[str, str]
"""Names of plants by plant code."""


class Texts:
    """The texts of Home Assistant's language."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take the translations as Home Assistant flattens them."""
        self._texts = texts

    @classmethod
    async def async_load(cls, hass: HomeAssistant) -> Texts:
        """Return the texts."""
        return cls(
            await async_get_translations(hass, hass.config.language, "common", [DOMAIN])
        )

    def report(self, notes: Sequence[Note]) -> str:
        """Return what became of a plant's sources, a line each (Markdown)."""
        if not notes:
            return f"- {self._text('energy_nothing_imported')}"
        return "\n".join(f"- {line}" for note in notes for line in self._lines(note))

    def reports(self, notes: Notes, names: Names) -> str:
        """Return the reports of plants, under their names if there are several."""
        if len(notes) == 1:
            return self.report(*notes.values())
        return "\n\n".join(
            f"**{escaped(names[code])}**\n\n{self.report(found)}"
            for code, found in notes.items()
        )

    def undo(self, notes: Iterable[Note]) -> str:
        """Return how to undo the changes, empty without changes."""
        found = list(notes)
        added = [note for note in found if note.outcome is Outcome.ADDED]
        changed = [note for note in found if note.outcome is Outcome.CHANGED]
        named = self._listed(
            self._text(
                DETAIL,
                name=self._kind(note),
                detail=self._quoted(_measured(note.after)),
            )
            for note in added
        )
        steps = [self._text("energy_undo_added", sources=named)] if added else []
        steps += [
            self._about("energy_undo_changed", "energy_undo_completed", note)
            for note in changed
        ]
        return " ".join([self._text("energy_undo"), *steps]) if steps else ""

    def _lines(self, note: Note) -> Iterable[str]:
        if note.outcome is Outcome.ADDED:
            new = self._quoted(_new(note))
            yield self._text("energy_added", source=self._kind(note), new=new)
        elif note.outcome is Outcome.CHANGED:
            yield self._about("energy_replaced", "energy_completed", note)
        if note.reason:
            yield self._text(
                f"energy_{note.reason}",
                source=self._kind(note),
                statistics=self._quoted(_measured(note.before)),
            )

    def _about(self, replaced: str, completed: str, note: Note) -> str:
        """Return a text on a changed source, by whether it has lost anything."""
        old, new = self._quoted(_gone(note)), self._quoted(_new(note))
        key = replaced if old else completed
        return self._text(key, source=self._kind(note), old=old, new=new)

    def _kind(self, note: Note) -> str:
        return self._text(f"energy_{note.kind}")

    def _quoted(self, values: Iterable[str]) -> str:
        return self._listed(f"`{value}`" for value in values)

    def _listed(self, items: Iterable[str]) -> str:
        return joined(self._texts[f"{_PREFIX}{LIST}"], items)

    def _text(self, key: str, **placeholders: str) -> str:
        return self._texts[f"{_PREFIX}{key}"].format(**placeholders)


def _values(source: EnergySource | None) -> list[str]:
    """Return the statistics and prices of a source."""
    return [
        str(value)
        for field, value in (source or {}).items()
        if field.startswith(("stat_", "entity_", "number_")) and value is not None
    ]


def _measured(source: EnergySource | None) -> list[str]:
    """Return the energies of a source, or its power where it has none."""
    found = source or {}
    fields = ("stat_energy_from", "stat_energy_to")
    energies = [str(found[field]) for field in fields if found.get(field)]
    return energies or [str(found.get("stat_rate", ""))]


def _new(note: Note) -> list[str]:
    before = set(_values(note.before))
    return [value for value in _values(note.after) if value not in before]


def _gone(note: Note) -> list[str]:
    after = set(_values(note.after))
    return [value for value in _values(note.before) if value not in after]
