"""Bounds of what counts as a number, a time or an offset.

Arithmetic on anything within them neither overflows nor leaves the calendar.
"""

from datetime import timedelta
from typing import Final

LARGEST: Final = 1e18
"""Far beyond any reading, and so far from overflow that sums and products are finite."""

LAST_YEAR: Final = 2100
LATEST: Final = 4_102_444_800
"""The start of that year (epoch seconds): every time zone can show times before it."""

EASTERNMOST: Final = timedelta(hours=14)
WESTERNMOST: Final = timedelta(hours=-12)
"""The offsets of the clocks at the dateline."""
