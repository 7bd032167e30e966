"""The options of an entry, typed, with their defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from ..const import (
    CONF_CONTROL,
    CONF_CURRENCY,
    CONF_EARLIER_PRICES,
    CONF_EXCLUDED_PLANTS,
    CONF_EXPORT_PRICE,
    CONF_GRID_METERS,
    CONF_HISTORY_DAYS,
    CONF_IMPORT_PRICE,
    CONF_QUOTA_PROFILE,
    CONF_TURNED_BATTERIES,
    CONF_TURNED_METERS,
    DEFAULT_HISTORY_DAYS,
    QUOTA_AUTO,
)
from ..northbound import Profile

CORRECTED_WITHIN: Final = 3600
"""Seconds in which another price corrects the one just entered."""

type Price = float | str
"""A price per kWh, or the entity that has it."""

type Tariff = Sequence[tuple[float, Price | None]]
"""Until when (epoch seconds) each price held, in order; None: there was none.

The first price holds for all the past, also after a time without a price.
"""


@dataclass(frozen=True, slots=True)
class AccountOptions:
    """What the user has chosen.

    `excluded_plants`: codes of the plants that were deselected; `reversed_meters`:
    ids of the meters with the opposite sign, and so `reversed_batteries`; `grid_meters`:
    the chosen meter (an id as text, or `NO_METER`) by plant code; `profile`: None
    follows the server's dialect; `control`: plants may be steered; `prices` by option key, and those that they replaced
    in `earlier_prices`.
    """

    currency: str
    excluded_plants: frozenset[str] = frozenset()
    reversed_meters: frozenset[int] = frozenset()
    reversed_batteries: frozenset[int] = frozenset()
    grid_meters: Mapping[str, str] = field(default_factory=dict)
    profile: Profile | None = None
    history_days: int = DEFAULT_HISTORY_DAYS
    control: bool = False
    prices: Mapping[str, Price] = field(default_factory=dict)
    earlier_prices: Mapping[str, Tariff] = field(default_factory=dict)

    @property
    def reversed_devices(self) -> frozenset[int]:
        """Return the ids of the meters and batteries with the opposite sign."""
        return self.reversed_meters | self.reversed_batteries

    @classmethod
    def of(cls, options: Mapping[str, Any], currency: str) -> Self:
        """Return an entry's options; `currency` is Home Assistant's."""
        profile = options.get(CONF_QUOTA_PROFILE, QUOTA_AUTO)
        return cls(
            currency=options.get(CONF_CURRENCY) or currency,
            excluded_plants=excluded_plants(options),
            reversed_meters=frozenset(map(int, options.get(CONF_TURNED_METERS, ()))),
            reversed_batteries=frozenset(
                map(int, options.get(CONF_TURNED_BATTERIES, ()))
            ),
            grid_meters=dict(options.get(CONF_GRID_METERS, {})),
            profile=None if profile == QUOTA_AUTO else Profile(profile),
            history_days=int(options.get(CONF_HISTORY_DAYS, DEFAULT_HISTORY_DAYS)),
            control=options.get(CONF_CONTROL) is True,
            prices={
                key: options[key]
                for key in (CONF_IMPORT_PRICE, CONF_EXPORT_PRICE)
                if options.get(key) is not None
            },
            # Entries of 0.1.0 have none: their price holds for all the past.
            earlier_prices={
                key: [(until, price) for until, price in known]
                for key, known in options.get(CONF_EARLIER_PRICES, {}).items()
            },
        )


def replaced_price(
    options: Mapping[str, Any], key: str, price: Price | None, now: float
) -> list[list[float | Price | None]]:
    """Return the earlier prices of an option that gets another price now.

    A price replaced within `CORRECTED_WITHIN` was a slip, and never held.
    """
    earlier = [list(item) for item in options.get(CONF_EARLIER_PRICES, {}).get(key, ())]
    old = options.get(key)
    is_slip = bool(earlier) and now - earlier[-1][0] < CORRECTED_WITHIN
    return earlier if old == price or is_slip else [*earlier, [now, old]]


def excluded_plants(options: Mapping[str, Any]) -> frozenset[str]:
    """Return the codes of the plants that were deselected."""
    return frozenset(options.get(CONF_EXCLUDED_PLANTS, ()))
