"""Repair issues: what is wrong that a user can do something about."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.loader import async_get_loaded_integration
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..local_time import HOUR
from ..northbound import Device, Interface, Ledger, NorthboundClient, PauseReason, Plant
from ..northbound.plant_list import LISTED_BY
from .inventory import Inventory
from .left_out import AllLeftOut, all_named
from .supported_types import SupportedTypes
from .wording import (
    device_types,
    escaped,
    feature,
    features,
    listed,
    with_detail,
    with_value,
    word,
)

SECOND_SESSION: Final = "second_session"
PLANTS_TAKEN: Final = "plants_taken"
PLANTS_MISSING: Final = "plants_missing"
SEVERAL_METERS: Final = "several_meters"
NO_ACCESS: Final = "no_access"
NO_CONSENT: Final = "no_consent"
NOT_CONFIGURED: Final = "not_configured"
LEFT_OUT: Final = "left_out"
NOT_STEERABLE: Final = "not_steerable"
QUOTA_USED_UP: Final = "quota_used_up"
LIMITS_LEARNT: Final = "limits_learnt"

# Windows that were learnt to be so much longer: one refusal alone says little.
MUCH_STRICTER: Final = 2.0
# A shorter pause is hardly seen: values are shown for three cycles.
LONG_PAUSE: Final = 2 * HOUR
_USED_UP: Final = frozenset({PauseReason.DAY_QUOTA, PauseReason.TOO_FREQUENT})

# More would fill the screen.
MOST_NAMED: Final = 20
_REASONS: Final = {
    20006: ("refusal_type", "its type does not match the list"),
    20007: ("refusal_missing", "FusionSolar does not find it"),
    20008: ("refusal_missing", "FusionSolar does not find it"),
    20056: ("refusal_consent", "the owner has not allowed access"),
}
_FORBIDDEN: Final = ("refusal_forbidden", "the account has no permission")


class Reviewed(Protocol):
    """The parts of an account that its issues are about."""

    hass: HomeAssistant
    entry: ConfigEntry
    client: NorthboundClient
    ledger: Ledger
    inventory: Inventory
    plants: dict[str, Plant]
    devices: dict[int, Device]
    supported: list[SupportedTypes]
    left_out: AllLeftOut


class Issues:
    """The repair issues of one account."""

    def __init__(self, account: Reviewed) -> None:
        """Speak for this account's entry."""
        self._hass = account.hass
        self._account = account
        self._entry = account.entry
        documentation = async_get_loaded_integration(self._hass, DOMAIN).documentation
        self._reviewed: tuple[object, ...] = ()
        self._help = f"{documentation}/blob/main/docs/troubleshooting.md"

    @callback
    def review(self) -> None:
        """Raise or clear issues where what they are about has changed."""
        known = self._known()
        if known == self._reviewed:
            return
        self._reviewed = known
        asked = {types.interface() for types in self._account.supported}
        for lane in {*self._account.ledger.lanes, *LISTED_BY.values(), *asked}:
            self._review_access(lane)
        self._review_consent()
        self._review_left_out()
        self._review_quota()
        self._review_limits()
        self._review_plants()
        self._set(self._account.client.session.is_contested, SECOND_SESSION)

    def _known(self) -> tuple[object, ...]:
        """Return all that `review` depends on, cheap to compare after each call."""
        account = self._account
        lanes = account.ledger.lanes.items()
        return (
            account.inventory,
            account.client.session.is_contested,
            [
                (key, lane.reason, lane.paused_until, lane.stretch)
                for key, lane in lanes
            ],
            [sorted(types.not_configured) for types in account.supported],
            all_named(account.left_out.plants),
            all_named(account.left_out.devices),
        )

    def is_refused(self, interface: Interface) -> bool:
        """Tell whether the account may not use an interface, or a part of it."""
        lane = self._account.ledger.lane(interface)
        left_out = any(one.named() for one in self._account.left_out.of(interface))
        return lane.is_not_granted or left_out or bool(self._not_configured(interface))

    def _is_used(self, interface: Interface) -> bool:
        """Tell whether anything is asked of an interface: one list of plants is."""
        listed_by = LISTED_BY[self._account.inventory.dialect]
        return interface is listed_by or interface not in LISTED_BY.values()

    def _review_access(self, interface: Interface) -> None:
        used = self._is_used(interface)
        reason = self._account.ledger.lane(interface).reason if used else None
        what = {"interface": interface, "feature": feature(self._hass, interface)}
        self._set(
            reason is PauseReason.NO_ACCESS,
            NO_ACCESS,
            what,
            to_ask=(interface,),
            suffix=interface,
        )
        types = device_types(self._hass, self._not_configured(interface))
        if reason is PauseReason.NOT_CONFIGURED:
            types = word(self._hass, "plants", "Plants")
        self._set(
            bool(types),
            NOT_CONFIGURED,
            {**what, "types": types},
            to_ask=(interface,),
            suffix=interface,
        )

    def _not_configured(self, interface: Interface) -> set[int]:
        """Return the device types whose KPIs an interface does not have."""
        found: set[int] = set()
        for known in self._account.supported:
            if known.interface() is interface:
                found |= known.not_configured
        # A fleet has thousands of devices, and this is asked after each call.
        if found:
            found &= {device.type_id for device in self._account.devices.values()}
        return found

    def _review_consent(self) -> None:
        """Tell once, for all interfaces, that an owner has to agree."""
        refused = self._resting(frozenset({PauseReason.NO_CONSENT}))
        self._set(
            bool(refused),
            NO_CONSENT,
            {"features": features(self._hass, refused)},
            to_ask=refused,
        )

    def _review_left_out(self) -> None:
        """Tell which plants and devices (by name) are refused, and why."""
        known, account = self._account.left_out, self._account
        plants, devices = all_named(known.plants), all_named(known.devices)
        lines = [
            self._why(escaped(account.plants[code].name), why)
            for code, why in plants.items()
            if code in account.plants
        ]
        for key, why in devices.items():
            device = account.devices.get(key)
            if device is None or device.plant_code in plants:
                continue
            plant = account.plants[device.plant_code]
            name = with_detail(self._hass, escaped(device.name), escaped(plant.name))
            lines.append(self._why(name, why))
        shown = [*sorted(lines)[:MOST_NAMED], *(["…"] if lines[MOST_NAMED:] else [])]
        self._set(
            bool(lines),
            LEFT_OUT,
            {"names": "\n".join(f"- {line}" for line in shown)},
            to_ask=known.interfaces,
        )

    def _why(self, name: str, code: int) -> str:
        return with_value(
            self._hass, name, word(self._hass, *_REASONS.get(code, _FORBIDDEN))
        )

    def _review_quota(self) -> None:
        """Tell which lanes rest for hours in all, from the first refusal on."""
        ledger = self._account.ledger
        until = {
            feature(self._hass, interface): (interface, lane.paused_until)
            for interface in self._resting(_USED_UP)
            if (lane := ledger.lane(interface)).paused_until - lane.paused_since
            >= LONG_PAUSE
        }
        lines = (
            with_value(self._hass, with_detail(self._hass, name, key), _local(at))
            for name, (key, at) in until.items()
        )
        self._set(
            bool(until),
            QUOTA_USED_UP,
            {"features": listed(self._hass, sorted(until)), "lanes": _list(lines)},
        )

    def _review_limits(self) -> None:
        """Tell which lanes have windows that were learnt to be much longer."""
        ledger = self._account.ledger
        lines = [
            with_value(
                self._hass,
                with_detail(self._hass, feature(self._hass, key), key),
                f"× {lane.stretch:.1f}",
            )
            for key, lane in ledger.lanes.items()
            if ledger.stricter(key) >= MUCH_STRICTER
        ]
        self._set(bool(lines), LIMITS_LEARNT, {"lanes": _list(lines)})

    def _resting(self, reasons: frozenset[PauseReason]) -> tuple[Interface, ...]:
        lanes = self._account.ledger.lanes
        return tuple(
            key
            for key, lane in lanes.items()
            if lane.reason in reasons and self._is_used(key)
        )

    def _review_plants(self) -> None:
        """Tell which plants (by name) the last lists lacked, and since when."""
        since = self._account.inventory.missing_since
        missing = [
            with_value(self._hass, escaped(plant.name), _local(since[code]))
            for code, plant in self._account.plants.items()
            if code in since
        ]
        self._set(bool(missing), PLANTS_MISSING, {"plants": _list(missing)})

    @callback
    def plants_taken(self, owners: Mapping[str, str]) -> None:
        """Tell which plants (by name) another entry (by title) shows already."""
        self._set(
            bool(owners),
            PLANTS_TAKEN,
            {
                "plants": listed(self._hass, map(escaped, sorted(owners))),
                "entries": listed(self._hass, sorted(set(owners.values()))),
            },
            is_fixable=True,
        )

    @callback
    def several_meters(self, plants: Iterable[str]) -> None:
        """Tell for which plants (by name) the grid meter has to be chosen."""
        names = [escaped(name) for name in sorted(plants)]
        self._set(bool(names), SEVERAL_METERS, {"plants": listed(self._hass, names)})

    @callback
    def not_steerable(self, reasons: Mapping[str, str]) -> None:
        """Tell which plants (by code) cannot be steered, and why."""
        plants = self._account.plants
        lines = (
            with_value(self._hass, escaped(plants[code].name), why)
            for code, why in reasons.items()
        )
        self._set(bool(reasons), NOT_STEERABLE, {"plants": _list(lines)})

    @callback
    def _set(
        self,
        active: bool,
        kind: str,
        placeholders: Mapping[str, str] | None = None,
        *,
        to_ask: Iterable[Interface] = (),
        suffix: str = "",
        is_fixable: bool = False,
    ) -> None:
        """Raise or clear an issue; one with interfaces `to_ask` can be fixed."""
        issue_id = "_".join(filter(None, (self._entry.entry_id, kind, suffix)))
        if not active:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        interfaces = ",".join(to_ask)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            data={"entry_id": self._entry.entry_id, "interfaces": interfaces},
            is_fixable=is_fixable or bool(interfaces),
            learn_more_url=f"{self._help}#{kind.replace('_', '-')}",
            severity=ir.IssueSeverity.WARNING,
            translation_key=kind,
            translation_placeholders={
                "account": self._entry.title,
                **{key: str(value) for key, value in (placeholders or {}).items()},
            },
        )


def _local(at: float) -> str:
    """Return an epoch second in Home Assistant's time zone."""
    return f"{datetime.fromtimestamp(at, dt_util.get_default_time_zone()):%F %H:%M}"


def _list(lines: Iterable[str]) -> str:
    """Return a list in Markdown."""
    return "\n".join(f"- {line}" for line in sorted(lines))


@callback
def async_forget_issues(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the issues of an entry that is gone."""
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id.startswith(entry_id):
            ir.async_delete_issue(hass, domain, issue_id)
