"""What is known to be counted wrong; it has to fail until it is mended."""

from typing import Final

from simulator import Dialect

TROUBLES_KNOWN: Final[dict[Dialect, frozenset[str]]] = {
    Dialect.V2022: frozenset(),
    Dialect.V2020: frozenset(),
}
"""Troubles (``disturber.TROUBLES``) after which a sensor counts wrong."""

NIGHTS_KNOWN: Final[dict[Dialect, frozenset[str]]] = {
    Dialect.V2022: frozenset(),
    Dialect.V2020: frozenset(),
}
"""Nights (``life.NIGHTS``) after which a sensor counts wrong, with no trouble at all."""
