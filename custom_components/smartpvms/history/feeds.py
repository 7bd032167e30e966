"""What the import asks of one interface at one period. Pure."""

from dataclasses import dataclass, field
from datetime import date, tzinfo
from enum import StrEnum
from typing import Final, override

from ..northbound import Period

# The cloud lags 5 to 10 minutes.
LAG: Final = 15 * 60.0
# The days before today whose rows are still corrected.
LOOK_BACK: Final = 3


class Track(StrEnum):
    """Rows that come together: the plant's, its batteries', its devices' powers."""

    PLANT = "plant"
    STORAGE = "storage"
    DEVICES = "devices"


@dataclass(frozen=True, slots=True)
class Feed:
    """Rows of one period of a track."""

    track: Track
    period: Period

    @override
    def __str__(self) -> str:
        """Return the name it is saved by."""
        return f"{self.track}_{self.period}"


FEEDS: Final = (
    *(Feed(Track.PLANT, period) for period in (Period.YEAR, Period.MONTH, Period.DAY)),
    *(
        Feed(Track.STORAGE, period)
        for period in (Period.YEAR, Period.MONTH, Period.DAY)
    ),
    Feed(Track.PLANT, Period.HOUR),
    Feed(Track.DEVICES, Period.HOUR),
)
"""All feeds, in the order in which they are asked: the coarsest first."""

YEARS: Final = Feed(Track.PLANT, Period.YEAR)
DAYS: Final = Feed(Track.PLANT, Period.DAY)
HOURS: Final = Feed(Track.PLANT, Period.HOUR)
STORAGE_DAYS: Final = Feed(Track.STORAGE, Period.DAY)
FIVE_MINUTES: Final = Feed(Track.DEVICES, Period.HOUR)

PERIODS: Final = (Period.YEAR, Period.MONTH, Period.DAY, Period.HOUR)


@dataclass(frozen=True, slots=True)
class Question:
    """The rows of a feed from the day `first` up to, not including, `until`.

    It is about plants of one time zone. `is_live`: it belongs to the continuation.
    """

    feed: Feed
    first: date
    until: date
    zone: tzinfo
    plants: tuple[str, ...] = field(repr=False)
    is_live: bool = False

    @property
    def is_old(self) -> bool:
        """Tell whether it is about hours that a system may keep no longer."""
        return self.feed.period is Period.HOUR and not self.is_live
