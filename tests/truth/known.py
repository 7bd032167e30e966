"""What is known to be counted wrong; it has to fail until it is mended."""

from typing import Final

from simulator import Dialect

TROUBLES_KNOWN: Final[dict[Dialect, frozenset[str]]] = {
    Dialect.V2022: frozenset(
        {
            "cut off over midnight",
            "jitter",
            "overflow of a device",
            "overflow of a plant",
            "settled",
        }
    ),
    Dialect.V2020: frozenset(),
}
"""Troubles (``disturber.TROUBLES``) after which a sensor counts wrong."""

NIGHTS_KNOWN: Final[frozenset[str]] = frozenset()
"""Nights (``life.DAYS``) after which a sensor counts wrong, with no trouble at all."""
