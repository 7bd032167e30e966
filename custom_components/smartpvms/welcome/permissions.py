"""What the account may do, as far as its calls have shown."""

from enum import StrEnum
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..account.account import Account
from ..account.wording import feature, listed
from ..northbound import Dialect, Interface
from ..northbound.interfaces import CONTROL


class Grant(StrEnum):
    """What is known of an interface; the value is its sign."""

    ANSWERS = "✓"
    REFUSED = "✗"
    UNKNOWN = "…"


# Asked of every account, in the order of their worth.
_ASKED: Final = (
    Interface.DEVICE_LIST,
    Interface.PLANT_REAL_TIME,
    Interface.DEVICE_REAL_TIME,
    Interface.PLANT_HOUR,
    Interface.PLANT_DAY,
    Interface.PLANT_MONTH,
    Interface.PLANT_YEAR,
    Interface.DEVICE_DAY,
    Interface.DEVICE_MONTH,
    Interface.DEVICE_YEAR,
    Interface.ALARMS,
)
_BY_DIALECT: Final = {
    Dialect.V2020: (Interface.STATION_LIST, Interface.DEVICE_FIVE_MINUTES),
    Dialect.V2022: (
        Interface.STATIONS,
        Interface.DEVICE_HISTORY,
        Interface.UPGRADE_RECORD,
    ),
}


@callback
def grants(account: Account) -> dict[Interface, Grant]:
    """Return what is known of the interfaces that the account needs."""
    plants, *others = _BY_DIALECT[account.inventory.dialect]
    needed = (plants, *_ASKED, *others)
    control = sorted(CONTROL & account.ledger.lanes.keys())
    return {interface: _grant(account, interface) for interface in (*needed, *control)}


def _grant(account: Account, interface: Interface) -> Grant:
    if account.issues.is_refused(interface):
        return Grant.REFUSED
    lane = account.ledger.lanes.get(interface)
    return Grant.ANSWERS if lane and lane.was_good else Grant.UNKNOWN


@callback
def as_table(
    hass: HomeAssistant, known: dict[Interface, Grant], language: str | None = None
) -> str:
    """Return what is known as a table (Markdown), a row for each interface."""
    lines = (
        f"| {grant} | {feature(hass, interface, language)} | `{interface}` |"
        for interface, grant in known.items()
    )
    return "\n".join(("| | | |", "|---|---|---|", *lines))


@callback
def in_short(
    hass: HomeAssistant, known: dict[Interface, Grant], language: str | None = None
) -> str:
    """Return what is known in a line for each sign (Markdown)."""
    names: dict[Grant, dict[str, None]] = {grant: {} for grant in Grant}
    for interface, grant in known.items():
        names[grant][feature(hass, interface, language)] = None
    return "\n\n".join(
        f"{grant} {listed(hass, names[grant], language)}"
        for grant in Grant
        if names[grant]
    )
