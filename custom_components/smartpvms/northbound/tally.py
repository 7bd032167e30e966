"""How many calls were made in the last 24 hours, by the hour."""

from dataclasses import dataclass, field
from typing import Final, Self

HOURS: Final = 24
_HOUR: Final = 3600
_MOST: Final = 1_000_000


@dataclass(slots=True)
class Tally:
    """Calls by the hour (hours since 1970); the hour that runs and 24 before it."""

    hours: dict[int, int] = field(default_factory=dict)

    def add(self, at: float, calls: int = 1) -> None:
        """Count calls made at an epoch second; a negative number takes them back."""
        hour = int(at // _HOUR)
        counts = {**self.hours, hour: self.hours.get(hour, 0) + calls}
        self.hours = {
            known: count
            for known, count in counts.items()
            if known >= hour - HOURS and count > 0
        }

    def since_yesterday(self, now: float) -> int:
        """Return the calls of the last 24 hours, those of a begun hour included."""
        hour = int(now // _HOUR)
        return sum(n for at, n in self.hours.items() if hour - HOURS <= at <= hour)

    def dump(self) -> dict[str, int]:
        """Return the counts as JSON data."""
        return {str(hour): count for hour, count in self.hours.items()}

    @classmethod
    def load(cls, saved: object) -> Self:
        """Take over what `dump` returned; whatever is malformed is left out."""
        items = saved.items() if isinstance(saved, dict) else ()
        return cls(
            {
                int(hour): count
                for hour, count in items
                if hour.isdecimal() and len(hour) < 10
                if isinstance(count, int) and 0 < count < _MOST
            }
        )
