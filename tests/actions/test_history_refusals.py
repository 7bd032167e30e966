"""History that is refused before a call, and says why."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.smartpvms.hub.targets import registry_id_of
from simulator import Dialect, Simulator, Type, fleet, serve
from tests.actions.history_requests import PLANT, ask, of_plant, refused
from tests.conftest import device_of, make_entry

type Wait = Callable[..., Awaitable[None]]

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def at_home(hass: HomeAssistant) -> None:
    """Let Home Assistant share the plant's zone."""
    await hass.config.async_set_time_zone("Europe/Berlin")


@pytest.mark.parametrize(
    ("dialect", "data", "needed"),
    [
        (Dialect.V2020, {"period": "hour", "start": "2026-05-01"}, 46),
        (Dialect.V2020, {"period": "day", "start": "2023-05-31"}, 38),
        (Dialect.V2022, {"period": "hour", "start": "2026-05-21"}, 26),
        (Dialect.V2022, {"period": "hour", "start": "0001-01-01"}, 9663),
    ],
)
async def test_a_plants_calls_are_counted_before_the_first(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    data: dict[str, str],
    needed: int,
) -> None:
    error = await refused(hass, sim, "get_plant_history", PLANT, **data)
    assert error.translation_key == "takes_too_long"
    assert (error.translation_placeholders or {})["needed"] == str(needed)


@pytest.mark.parametrize(
    ("dialect", "data", "needed"),
    [
        (Dialect.V2020, {"start": "2026-06-01"}, 45),
        (Dialect.V2022, {"start": "2026-05-16", "end": "2026-06-16"}, 33),
    ],
)
async def test_the_calls_of_devices_are_counted_before_the_first(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    data: dict[str, str],
    needed: int,
) -> None:
    """Inverters, battery and meter: three types."""
    data = {"period": "5minute", "keys": "active_power", **data}
    error = await refused(hass, sim, "get_device_history", PLANT, **data)
    assert error.translation_key == "takes_too_long"
    assert (error.translation_placeholders or {})["needed"] == str(needed)


async def test_no_account_is_asked_where_another_has_no_calls(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    other = Simulator(plants=[fleet.emma()], dialect=Dialect.V2020)
    other.alarms.automatic = False
    async with serve(other) as url:
        second = make_entry(url)
        second.add_to_hass(hass)
        assert await hass.config_entries.async_setup(second.entry_id)
        await wait(10)
        code = other.plants[0].code
        days = {"period": "hour", "start": "2026-06-14", "end": "2026-06-15"}
        answer = await ask(hass, "get_plant_history", PLANT, code, **days)
        assert [len(found["rows"]) for found in answer.values()] == [24, 24]
        other.deny("getKpiStationHour", 407)
        await wait(61)
        with pytest.raises(HomeAssistantError) as caught:
            await of_plant(hass, code, **days)
        assert caught.value.translation_key == "call_refused"
        error = await refused(hass, sim, "get_plant_history", PLANT, code, **days)
        assert error.translation_key == "calls_used_up"


@pytest.mark.parametrize(
    ("action", "source", "data", "key"),
    [
        ("plant", Type.BATTERY, {"period": "day"}, "use_device_history"),
        ("device", Type.DONGLE, {"period": "day"}, "no_device_periods"),
        ("device", Type.POWER_SENSOR, {"period": "day"}, "no_device_periods"),
        ("device", Type.DONGLE, {"period": "5minute", "keys": "x"}, "no_five_minutes"),
        ("device", Type.BATTERY, {"period": "5minute"}, "keys_required"),
        ("device", PLANT, {"period": "5minute", "keys": []}, "keys_required"),
        (
            "device",
            Type.BATTERY,
            {"period": "5minute", "keys": "x", "start": "2026-05-14"},
            "period_too_long",
        ),
        (
            "plant",
            PLANT,
            {"period": "hour", "start": "2027-01-01"},
            "period_ends_first",
        ),
        (
            "device",
            Type.BATTERY,
            {"period": "day", "start": "2026-06-02", "end": "2026-06-02"},
            "period_ends_first",
        ),
    ],
)
async def test_what_cannot_be_asked(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    action: str,
    source: Type | str,
    data: dict[str, str],
    key: str,
) -> None:
    target = source if isinstance(source, str) else device_of(sim, source)
    error = await refused(hass, sim, f"get_{action}_history", target, **data)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == key
    # A user knows a device by its name.
    if named := (error.translation_placeholders or {}).get("device_id"):
        assert named in {device.name for device in sim.plants[0].devices}


async def test_what_has_left_the_account(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    hub = setup.runtime_data
    battery = device_of(sim, Type.BATTERY)
    hub.account.listed_devices = [
        d for d in hub.account.listed_devices if d.id != battery
    ]
    error = await refused(hass, sim, "get_device_history", battery, period="day")
    assert error.translation_key == "not_listed"
    answer = await ask(hass, "get_device_history", PLANT, period="day")
    assert registry_id_of(hass, str(battery)) not in answer[PLANT]["devices"]
    hub.account.listed_plants = []
    for action in ("get_plant_history", "get_device_history"):
        error = await refused(hass, sim, action, PLANT, period="day")
        assert error.translation_key == "not_listed"


@pytest.mark.parametrize(
    ("action", "period"),
    [("get_plant_history", "5minute"), ("get_device_history", "hour")],
)
async def test_periods_that_do_not_exist(
    hass: HomeAssistant, setup: MockConfigEntry, action: str, period: str
) -> None:
    with pytest.raises(vol.Invalid):
        await ask(hass, action, PLANT, period=period)


@pytest.mark.parametrize("action", ["get_plant_history", "get_device_history"])
async def test_only_an_administrator_may_spend_calls(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    hass_read_only_user: User,
    action: str,
) -> None:
    context = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Unauthorized):
        await ask(hass, action, PLANT, period="day", context=context)
