"""Whatever an action is asked: an answer, or an error that a person can read."""

from datetime import datetime
from typing import Any

from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.json import json_bytes
from hypothesis import example, given, strategies as st
import pytest
import voluptuous as vol

from custom_components.smartpvms.actions.services import ACTIONS
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.hub.targets import registry_id_of

from .home import FakeServer, Wait, assert_quiet, live, new_entry, remove
from .strategies import anything, draws, texts

PLANT = "NE=33554785"
TIMES = [
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999",
    "9999-12-31T23:59:59-12:00",
    "2026-06-14",
    "2026-06-15 08:00",
    "2026-03-29T02:30:00",
    "1969-12-31T23:59:59Z",
    "24:00",
    "\ud800",
    "٢٠٢٦-٠٦-١٤",
    "today",
]

times = st.sampled_from(TIMES) | st.datetimes().map(datetime.isoformat) | anything
few_times = st.sampled_from(TIMES)
devices = st.sampled_from(["plant", "inverter", "no such device", ""]) | texts
listed = st.lists(texts, max_size=3) | texts | anything
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "start": times | few_times,
    "end": times | few_times,
    "period": st.sampled_from(["5minute", "hour", "day", "month", "year"]) | anything,
    "keys": st.lists(st.sampled_from(["active_power", "x"])) | listed,
    "severities": st.lists(st.sampled_from(["major", "x"])) | listed,
    "statuses": st.lists(st.sampled_from(["active", "x"])) | listed,
    "types": listed,
    "device_types": st.lists(st.integers()) | listed,
    "device_name": texts | anything,
    "replace": st.booleans() | anything,
    "confirm": st.booleans() | anything,
    "serials": listed,
    "user": texts | anything,
    "key": texts | anything,
}


def fields_of(action: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Return what an action may be asked; now and then what it does not know."""
    # A schema with a rule about several fields holds the one of its fields.
    (schema, *_) = getattr(action.schema, "validators", (action.schema,))
    names = {str(field) for field in schema.schema} - {"device_id"}
    known = {name: FIELDS.get(name, anything) for name in names}
    required = {
        str(field)
        for field in schema.schema
        if isinstance(field, vol.Required) and str(field) != "device_id"
    }
    return st.fixed_dictionaries(
        {name: known[name] for name in required},
        optional={name: known[name] for name in names - required},
    )


calls = st.sampled_from(ACTIONS).flatmap(
    lambda action: st.tuples(
        st.just(action), st.lists(devices, min_size=1, max_size=2), fields_of(action)
    )
)


def _asked(name: str, **data: Any) -> tuple[Any, list[str], dict[str, Any]]:
    action = next(action for action in ACTIONS if action.name == name)
    return action, ["plant"], data


@draws(0.1)
@given(st.lists(calls, min_size=8, max_size=8))
@example([_asked("import_history", start="\ud800")])
@example(
    [
        _asked("get_alarms", start=TIMES[1], end=TIMES[2]),
        _asked("get_alarms", end=TIMES[0]),
        _asked("get_plant_history", period="day", start=TIMES[1], end=TIMES[3]),
        _asked("get_plant_history", period="hour", end=TIMES[0]),
        _asked("get_plant_history", period="year", end=TIMES[2]),
        _asked("import_history", start=TIMES[0]),
        _asked("import_history", start=TIMES[1], end=TIMES[3], replace=True),
        _asked("import_history", end=TIMES[0]),
    ]
)
async def test_any_action(
    hass: HomeAssistant,
    server: FakeServer,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
    drawn: list[tuple[Any, list[str], dict[str, Any]]],
) -> None:
    entry = new_entry(hass)
    try:
        await live(hass, entry, wait, 30, 10)
        inverter = server.sim.plants[0].devices[0].id
        known = {
            "plant": registry_id_of(hass, PLANT),
            "inverter": registry_id_of(hass, str(inverter)),
        }
        for action, names, data in drawn:
            # No action shall wait for a lane.
            entry.runtime_data.account.ledger.lanes.clear()
            ids = [known.get(name, name) for name in names]
            try:
                answer = await hass.services.async_call(
                    DOMAIN,
                    action.name,
                    {"device_id": ids, **data},
                    blocking=True,
                    return_response=action.response is not SupportsResponse.NONE,
                )
            except HomeAssistantError, vol.Invalid:
                continue
            assert json_bytes(answer)
    finally:
        await remove(hass, entry)
    assert_quiet(caplog)
