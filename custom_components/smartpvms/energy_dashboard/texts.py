"""The changes of the Energy dashboard, in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..account.wording import DETAIL, LIST, escaped, joined
from ..const import DOMAIN
from .dashboard import Notes
from .sources import EnergySource, Note, Outcome, Reason

_SIGNS: Final = {
    Outcome.ADDED: "✚",
    Outcome.CHANGED: "✎",
    Outcome.LEFT_ALONE: "✓",
}
_PREFIX: Final = f"component.{DOMAIN}.common."

type Names = Mapping[str, str]
"""Names of plants by plant code."""


class Texts:
    """The texts of a language."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take the translations as Home Assistant flattens them."""
        self._texts = texts

    @classmethod
    async def async_load(
        cls, hass: HomeAssistant, language: str | None = None
    ) -> Texts:
        """Return the texts of a language, by default Home Assistant's."""
        wanted = language or hass.config.language
        return cls(await async_get_translations(hass, wanted, "common", [DOMAIN]))

    def report(self, notes: Sequence[Note]) -> str:
        """Return what became of a plant's sources, a line each (Markdown)."""
        if not notes:
            return f"- {self._text('energy_nothing_imported')}"
        return "\n".join(f"- {line}" for note in notes for line in self._lines(note))

    def ticks(self, notes: Notes, names: Names) -> str:
        """Return what becomes of the plants' sources: signs and words, without ids.

        What is left alone for a reason of its own is told with that reason.
        """
        if len(notes) == 1:
            return self._ticked(*notes.values())
        return "\n\n".join(
            f"**{escaped(names[code])}**\n\n{self._ticked(found)}"
            for code, found in notes.items()
        )

    def _ticked(self, notes: Sequence[Note]) -> str:
        if not notes:
            return self.report(notes)
        return "\n".join(f"- {self._tick(note)}" for note in notes)

    def _tick(self, note: Note) -> str:
        kind = self._kind(note)
        if note.outcome is Outcome.LEFT_ALONE and note.reason is not Reason.IN_ALREADY:
            return f"⚠ {' '.join(self._lines(note))}"
        if note.reason is Reason.COST_MISSING:
            why = " ".join(self._reasons(note))
            return f"{_SIGNS[note.outcome]} {why}"
        return f"{_SIGNS[note.outcome]} {kind}"

    def undo_hint(self) -> str:
        """Return where changes can be undone."""
        return self._text("energy_undo")

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
            new = self._quoted(_only(note.after, note.before))
            yield self._text("energy_added", source=self._kind(note), new=new)
        elif note.outcome is Outcome.CHANGED:
            yield self._about("energy_replaced", "energy_completed", note)
        yield from self._reasons(note)

    def _reasons(self, note: Note) -> Iterable[str]:
        if note.reason:
            yield self._text(
                f"energy_{note.reason}",
                source=self._kind(note),
                statistics=self._quoted(_measured(note.before)),
            )

    def _about(self, replaced: str, completed: str, note: Note) -> str:
        """Return a text on a changed source, by whether it has lost anything."""
        old = self._quoted(_only(note.before, note.after))
        new = self._quoted(_only(note.after, note.before))
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


def _only(of: EnergySource | None, without: EnergySource | None) -> list[str]:
    """Return the statistics and prices of a source that another lacks."""
    known = set(_values(without))
    return [value for value in _values(of) if value not in known]
