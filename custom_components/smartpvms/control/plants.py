"""What is known of how a plant is set: readings, confirmed bounds, refusals. Pure."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from ..northbound import Interface
from ..northbound.tasks import ExportControl, ExportMode, OperationMode
from ..storage.parse import (
    amount,
    as_dict,
    by_name,
    numbers,
    optional,
    text,
    times,
    whole,
)


@dataclass(slots=True)
class PlantSettings:
    """How a plant is set.

    `last_limit`: the last limit of the feed-in in kW. `bounds`: what was set last and
    confirmed; they cannot be read. `read_at` and `due_at` in epoch seconds by
    interface; `refusals`: the fail code that a reading was refused with.
    """

    export: ExportControl | None = None
    mode: OperationMode | None = None
    last_limit: float | None = None
    bounds: dict[str, float] = field(default_factory=dict)
    read_at: dict[str, float] = field(default_factory=dict)
    due_at: dict[str, float] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)

    def apply(self, found: ExportControl | OperationMode, now: float) -> None:
        """Enter a reading of the feed-in, or of the battery's mode."""
        if isinstance(found, ExportControl):
            interface, self.export = Interface.EXPORT_CONTROL, found
            self.last_limit = found.kilowatts or self.last_limit
        else:
            interface, self.mode = Interface.BATTERY_MODE_READ, found
        self.read_at[interface] = now
        self.refusals.pop(interface, None)

    def refuse(self, interface: Interface, code: int) -> None:
        """Note that the plant cannot be steered, and why."""
        self.refusals[interface] = code
        if interface is Interface.EXPORT_CONTROL:
            self.export = None
        else:
            self.mode = None

    @property
    def limit(self) -> float | None:
        """Return the limit of the feed-in in kW, or the last one where there is none."""
        if self.export is not None and self.export.kilowatts is not None:
            return self.export.kilowatts
        return self.last_limit

    def dump(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return asdict(self)

    @classmethod
    def load(cls, saved: object) -> Self:
        """Return what `dump` saved, or raise ValueError or KeyError."""
        parts = as_dict(saved)
        mode = optional(text)(parts["mode"])
        return cls(
            optional(_export)(parts["export"]),
            OperationMode(mode) if mode else None,
            optional(amount)(parts["last_limit"]),
            numbers(parts["bounds"]),
            times(parts["read_at"]),
            times(parts["due_at"]),
            by_name(whole)(parts["refusals"]),
        )


def _export(saved: object) -> ExportControl:
    parts = as_dict(saved)
    kilowatts, percent = map(optional(amount), (parts["kilowatts"], parts["percent"]))
    return ExportControl(ExportMode(text(parts["mode"])), kilowatts, percent)
