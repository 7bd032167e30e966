"""Diagnostics of an entry; they cost no call and name nobody."""

from collections import Counter
from typing import Any

from homeassistant.core import HomeAssistant

from .account import Account, SmartPvmsConfigEntry
from .catalogue import DEVICE_TYPES
from .const import CONF_CURRENCY, CONF_QUOTA_PROFILE
from .registry import type_name


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: SmartPvmsConfigEntry
) -> dict[str, Any]:
    """Return quota, lanes, device types and the keys that their rows hold.

    Plants, devices and the account appear as numbers only.
    """
    account = entry.runtime_data
    ledger, lane = account.ledger, account.devices_lane
    types = Counter(device.type_id for device in account.devices.values())
    return {
        "dialect": account.inventory.data.dialect,
        "profile": ledger.profile,
        "options": {
            key: entry.options.get(key) for key in (CONF_CURRENCY, CONF_QUOTA_PROFILE)
        },
        "plants": len(account.plants),
        "lanes": {
            interface: {
                "calls_on_record": len(used.calls),
                "left": ledger.left(interface),
                "wait": round(ledger.wait(interface)),
                "reason": used.reason,
            }
            for interface, used in ledger.lanes.items()
        },
        "session": {
            "open": account.client.session.is_open,
            "contested": account.client.session.is_contested,
        },
        "device_types": {
            type_name(type_id): {
                "id": type_id,
                "devices": count,
                "answered": type_id in lane.types.proven,
                "refused": type_id in lane.types.refused,
                **_keys(account, type_id),
            }
            for type_id, count in sorted(types.items())
        },
    }


def _keys(account: Account, type_id: int) -> dict[str, list[str]]:
    """Return the keys that rows of a type hold, and those nobody knows."""
    keys = {
        key
        for device_id, reading in account.devices_lane.data.items()
        if account.devices[device_id].type_id == type_id
        for key in reading.values
    }
    kind = DEVICE_TYPES.get(type_id)
    known = {row.key for row in (*kind.kpis, *kind.statuses)} if kind else set()
    return {"keys": sorted(keys), "unknown_keys": sorted(keys - known)}
