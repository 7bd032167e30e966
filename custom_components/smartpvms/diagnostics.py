"""Diagnostics of an entry and of a device; they cost no call and hold no names."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
import re
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .account.account import Account
from .account.connections import async_get_connections, credentials_of
from .account.device_registry import type_name
from .account.left_out import LeftOut
from .catalogue import DEVICE_TYPES, NAMES, PLANT, Kpi, Status
from .const import (
    CONF_CONTROL,
    CONF_CURRENCY,
    CONF_EXCLUDED_PLANTS,
    CONF_EXPORT_PRICE,
    CONF_GRID_METERS,
    CONF_HISTORY_DAYS,
    CONF_IMPORT_PRICE,
    CONF_QUOTA_PROFILE,
    CONF_TURNED_BATTERIES,
    CONF_TURNED_METERS,
    DOMAIN,
    REGIONS,
)
from .hub.hub import Hub, SmartPvmsConfigEntry
from .live.readings import Reading
from .northbound import Device, Ledger, NorthboundSession, Plant

_SHOWN_OPTIONS: Final = (
    CONF_CONTROL,
    CONF_CURRENCY,
    CONF_QUOTA_PROFILE,
    CONF_HISTORY_DAYS,
)
# They name plants, devices or entities, so only their number is told.
_COUNTED_OPTIONS: Final = (
    CONF_EXCLUDED_PLANTS,
    CONF_GRID_METERS,
    CONF_TURNED_METERS,
    CONF_TURNED_BATTERIES,
)
_PRICES: Final = (CONF_IMPORT_PRICE, CONF_EXPORT_PRICE)

# A shorter name would be found in words that have nothing to do with it.
SHORTEST: Final = 4


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: SmartPvmsConfigEntry
) -> dict[str, Any]:
    """Return what an account may ask, was answered and has understood.

    Plants, devices and the account appear as numbers only. An entry that is not
    running has its calls only.
    """
    connections = await async_get_connections(hass)
    session = connections.connect(credentials_of(entry)).client.session
    shown = {
        "state": entry.state.value,
        "server": _server(entry),
        "options": _options(entry.options),
        "session": {"open": session.is_open, "contested": session.is_contested},
        "profile": session.ledger.profile,
        "lanes": _lanes(session.ledger),
        "answers": _answers(session),
        "oddities": _oddities(session),
    }
    if entry.state is ConfigEntryState.LOADED:
        hub = entry.runtime_data
        names = _pseudonyms(hub.account)
        shown["dialect"] = hub.account.inventory.dialect
        shown["left_out"] = _left_out(hub.account)
        shown["control"] = hub.control.diagnostics(names.plant)
        # A fleet's take a while each.
        await asyncio.sleep(0)
        shown["plants"] = _plants(hub, names)
        await asyncio.sleep(0)
        shown["device_types"] = _device_types(hub, names)
        shown["types_unknown"] = sorted(_types(hub.account) - NAMES.keys())
    return shown


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: SmartPvmsConfigEntry, device: dr.DeviceEntry
) -> dict[str, Any]:
    """Return the same, and what a plant or device has reported."""
    shown = await async_get_config_entry_diagnostics(hass, entry)
    if entry.state is not ConfigEntryState.LOADED:
        return shown
    hub = entry.runtime_data
    account, names = hub.account, _pseudonyms(hub.account)
    for domain, key in device.identifiers:
        if domain == DOMAIN and key in account.plants:
            reading = hub.plants.data.get(key)
            shown["device"] = {
                "pseudonym": names.plant(key),
                **_reading(account, reading, names),
                "derived": _reading(account, hub.balance.data.get(key), names),
                "polling": _reading(account, hub.polling.data.get(key), names),
            }
        for found in account.devices.values():
            if domain == DOMAIN and key == str(found.id):
                shown["device"] = _device(hub, found, names)
    return shown


def _server(entry: SmartPvmsConfigEntry) -> str:
    """Return the region's server; a company's own tells who somebody is."""
    origin = credentials_of(entry).origin
    return origin if origin in REGIONS else "other"


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{key: options.get(key) for key in _SHOWN_OPTIONS},
        **{key: len(options.get(key, ())) for key in _COUNTED_OPTIONS},
        **{key: options.get(key) is not None for key in _PRICES},
    }


def _pseudonyms(account: Account) -> Pseudonyms:
    known, login = account.inventory, credentials_of(account.entry)
    secrets = (*login.secrets, account.entry.title)
    return Pseudonyms(known.plants.values(), known.devices.values(), secrets)


def _lanes(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """Return the calls and the pause of each interface; waits in seconds."""
    now = ledger.now()
    return {
        interface: {
            "calls_on_record": len(lane.calls),
            "calls_of_24_hours": lane.tally.since_yesterday(now),
            "left": ledger.left(interface),
            "wait": round(ledger.wait(interface)),
            "reason": lane.reason,
            "paused_for": round(now - lane.paused_since) if lane.reason else None,
        }
        for interface, lane in ledger.lanes.items()
    }


def _answers(session: NorthboundSession) -> dict[str, dict[str, Any]]:
    """Return how the last call of each interface ended; times in seconds."""
    now = session.ledger.now()
    return {
        interface: {
            "age": round(now - answer.at),
            "duration": round(answer.seconds, 3),
            "code": answer.code,
            "error": answer.error,
            "rows": answer.rows,
        }
        for interface, answer in session.call_log.answers.items()
    }


def _oddities(session: NorthboundSession) -> dict[str, dict[str, int]]:
    """Return by interface and kind how much of the answers could not be read."""
    found: dict[str, dict[str, int]] = {}
    for (interface, kind), count in session.call_log.oddities.items():
        found.setdefault(interface, {})[kind] = count
    return found


def _left_out(account: Account) -> dict[str, dict[str, dict[str, int]]]:
    """Return by interface and failCode how many plants and devices are left out."""
    known = account.left_out
    return {
        interface: {
            "plants": _by_code(known.of_plants(interface)),
            "devices": _by_code(known.of_devices(interface)),
        }
        for interface in sorted({*known.plants, *known.devices})
        if any(one.refusals for one in known.of(interface))
    }


def _by_code(known: LeftOut[str] | LeftOut[int]) -> dict[str, int]:
    return Counter(str(refusal.code) for refusal in known.refusals.values())


def _plants(hub: Hub, names: Pseudonyms) -> dict[str, dict[str, Any]]:
    """Return what each plant has, and how far its history is."""
    account = hub.account
    return {
        names.plant(code): {
            "listed": code in account.listed_plants,
            "devices": [names.device(d.id) for d in account.devices_of(code)],
            "grid_meter": account.grid_meter(code) is not None,
            "zone": str(account.zone(code)),
            **_keys([hub.plants.data.get(code)], PLANT, names),
            "history": _history(hub, code),
        }
        for code in account.plants
    }


def _history(hub: Hub, code: str) -> dict[str, Any]:
    """Return how many days were imported and how many questions are left."""
    known, estimate = hub.history.data.get(code), hub.history.estimate(code)
    held = known.held if known else {}
    return {
        "days": {str(feed): len(days) for feed, days in held.items()},
        "series": len(known.series) if known else 0,
        "answered": estimate.answered,
        "left": {str(level): count for level, count in estimate.left.items()},
        "percent": estimate.percent,
    }


def _types(account: Account) -> Counter[int]:
    return Counter(device.type_id for device in account.devices.values())


def _device_types(hub: Hub, names: Pseudonyms) -> dict[str, dict[str, Any]]:
    """Return each type's devices and the keys of their rows."""
    account, served = hub.account, hub.devices.types
    return {
        type_name(type_id): {
            "id": type_id,
            "devices": count,
            "models": _models(account, type_id, names),
            "answered": type_id in served.proven,
            "refused": type_id in served.refused,
            "not_configured": type_id in served.not_configured,
            "impossible_powers": account.powers.left_out[type_id],
            **_keys(
                [
                    reading
                    for device_id, reading in hub.devices.data.items()
                    if account.devices[device_id].type_id == type_id
                ],
                _rows_of(type_id),
                names,
            ),
        }
        for type_id, count in sorted(_types(account).items())
    }


def _models(account: Account, type_id: int, names: Pseudonyms) -> list[str]:
    """Return model and firmware of a type's devices, as the server wrote them."""
    devices = (d for d in account.devices.values() if d.type_id == type_id)
    return sorted({_model(device, names) for device in devices})


def _model(device: Device, names: Pseudonyms) -> str:
    return names.text(" ".join(filter(None, (device.model, device.software))))


def _rows_of(type_id: int) -> Iterable[Kpi | Status]:
    kind = DEVICE_TYPES.get(type_id)
    return (*kind.kpis, *kind.statuses) if kind else ()


def _keys(
    readings: Iterable[Reading | None],
    rows: Iterable[Kpi | Status],
    names: Pseudonyms,
) -> dict[str, list[str]]:
    """Return the keys that readings hold, and those that the catalogue lacks."""
    keys = {key for reading in readings if reading for key in reading.values}
    known = {row.key for row in rows}
    return {
        "keys": sorted(map(names.text, keys)),
        "unknown_keys": sorted(map(names.text, keys - known)),
    }


def _device(hub: Hub, device: Device, names: Pseudonyms) -> dict[str, Any]:
    return {
        "pseudonym": names.device(device.id),
        "plant": names.plant(device.plant_code),
        "type": device.type_id,
        "model": _model(device, names),
        "listed": device in hub.account.listed_devices,
        **_reading(hub.account, hub.devices.data.get(device.id), names),
    }


def _reading(
    account: Account, reading: Reading | None, names: Pseudonyms
) -> dict[str, Any]:
    """Return the last row and its age in seconds."""
    if reading is None:
        return {"age": None, "values": {}}
    return {
        "age": round(account.clock.now() - reading.at),
        "values": {names.text(key): value for key, value in reading.values.items()},
    }


class Pseudonyms:
    """What plants and devices are called, and texts without their names.

    `secrets`: further texts to hide.
    """

    def __init__(
        self, plants: Iterable[Plant], devices: Iterable[Device], secrets: Iterable[str]
    ) -> None:
        """Give plants and devices numbers, in their order."""
        self._names: dict[str, str] = {}
        self._plants: dict[str, str] = {}
        self._devices: dict[int, str] = {}
        for number, plant in enumerate(plants, start=1):
            self._plants[plant.code] = f"plant_{number}"
            self._hide(f"plant_{number}", plant.code, plant.name)
        for number, device in enumerate(devices, start=1):
            self._devices[device.id] = f"device_{number}"
            key = str(device.id)
            self._hide(f"device_{number}", key, device.name, device.serial)
        self._hide("redacted", *secrets)
        self._longest_first = sorted(self._names, key=len, reverse=True)
        self._texts: dict[str, str] = {}

    def _hide(self, pseudonym: str, *names: str | None) -> None:
        for name in names:
            if name and len(name) >= SHORTEST:
                self._names.setdefault(name.lower(), pseudonym)

    def plant(self, code: str) -> str:
        """Return what a plant is called."""
        return self._plants.get(code, "plant")

    def device(self, device_id: int) -> str:
        """Return what a device is called."""
        return self._devices.get(device_id, "device")

    def text(self, text: str) -> str:
        """Return a text that the server wrote, without any name in it."""
        if text not in self._texts:
            self._texts[text] = self._without_names(text)
        return self._texts[text]

    def _without_names(self, text: str) -> str:
        lowered = text.lower()
        # A pattern of all names of a fleet would take seconds to make.
        found = [re.escape(name) for name in self._longest_first if name in lowered]
        if not found:
            return text
        pattern = re.compile("|".join(found), re.IGNORECASE)
        return pattern.sub(lambda hit: self._names[hit[0].lower()], text)
