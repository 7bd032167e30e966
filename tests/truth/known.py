"""What is known to be counted wrong; it has to fail until it is mended."""

from typing import Final

from simulator import Dialect

TROUBLES_KNOWN: Final[dict[Dialect, frozenset[str]]] = {
    # Seen at one plant, 0.9 kWh of the new battery's charge; the cause, which may be
    # the judge's bounds, is not known yet.
    Dialect.V2022: frozenset({"replaced battery"}),
    Dialect.V2020: frozenset(),
}
"""Troubles (``disturber.TROUBLES``) after which a sensor counts wrong."""

NIGHTS_KNOWN: Final[dict[Dialect, frozenset[str]]] = {
    Dialect.V2022: frozenset(),
    Dialect.V2020: frozenset(),
}
"""Nights (``life.DAYS``) after which a sensor counts wrong, with no trouble at all."""
