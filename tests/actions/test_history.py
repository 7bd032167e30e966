"""History of plants on request: the rows, and the calls that they take."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)
import yaml

from custom_components.smartpvms.hub.targets import registry_id_of
from simulator import Dialect, Simulator, Type, fleet
from tests.actions.history_requests import (
    BERLIN,
    BOTH,
    PLANT,
    ask,
    column,
    of_device,
    of_plant,
    starts,
)
from tests.conftest import device_of

type Wait = Callable[..., Awaitable[None]]

HOUR = timedelta(hours=1)
DOCS = Path(__file__).parents[2] / "docs/history-actions.md"

pytestmark = pytest.mark.usefixtures("turns_pass")


@pytest.fixture(autouse=True)
async def at_home(hass: HomeAssistant) -> None:
    """Let Home Assistant share the plant's zone."""
    await hass.config.async_set_time_zone("Europe/Berlin")


@BOTH
async def test_hours_are_the_truth(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    rows = await of_plant(hass, period="hour", start="2026-06-14", end="2026-06-15")
    first = datetime(2026, 6, 14, tzinfo=BERLIN)
    assert starts(rows) == [(first + HOUR * n).isoformat() for n in range(24)]
    truth = sim.truth(PLANT)
    for n, row in enumerate(rows):
        energy = truth.energy(first + HOUR * n, first + HOUR * (n + 1))
        assert row["values"]["ongrid_power"] == pytest.approx(energy.export, abs=1e-3)
        assert row["values"]["power_profit"] == pytest.approx(energy.revenue, abs=1e-3)
    assert sim.count("getKpiStationHour") == 1


async def test_rows_have_their_shares(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    """In percent, by the formulas of the sensors; to be named as any other key."""
    [row] = await of_plant(hass, period="day", start="2026-06-14", end="2026-06-15")
    begin = datetime(2026, 6, 14, tzinfo=BERLIN)
    found = sim.truth(PLANT).energy(begin, begin + timedelta(days=1))
    shares = {
        "self_consumption_rate": 100 * (1 - found.export / found.pv),
        "autarky_rate": 100 * (1 - found.import_ / found.consumption),
    }
    values = {key: row["values"][key] for key in shares}
    assert values == pytest.approx(shares, abs=0.1)


@pytest.mark.parametrize(
    ("period", "first", "count"),
    [
        ("hour", "2026-06-15T00:00:00+02:00", 11),
        ("day", "2026-06-01T00:00:00+02:00", 15),
        ("month", "2026-01-01T00:00:00+01:00", 6),
        ("year", "2023-01-01T00:00:00+01:00", 4),
    ],
)
async def test_what_a_period_left_out_means(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    period: str,
    first: str,
    count: int,
) -> None:
    rows = await of_plant(hass, period=period)
    assert (rows[0]["start"], len(rows)) == (first, count)
    assert {"inverter_power", "PVYield"} <= rows[0]["values"].keys()
    assert sim.count(f"getKpiStation{period.capitalize()}") == 1


async def test_rows_are_limited_to_the_period(
    hass: HomeAssistant, setup: MockConfigEntry
) -> None:
    rows = await of_plant(
        hass,
        period="hour",
        start="2026-06-14T10:00:00+00:00",
        end="2026-06-14T12:00:00+00:00",
        keys=["inverter_power"],
    )
    assert starts(rows) == ["2026-06-14T12:00:00+02:00", "2026-06-14T13:00:00+02:00"]
    assert [list(row["values"]) for row in rows] == [["inverter_power"]] * 2
    assert (
        await of_plant(hass, period="hour", start="2027-01-01", end="2028-01-01") == []
    )


async def test_rows_without_a_value_are_left_out(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    start = datetime(2026, 6, 14, 10, tzinfo=BERLIN)
    at = (PLANT, "Hour", int(start.timestamp()))
    sim.override(at, {"inverter_power": "N/A", "ongrid_power": 4.5})
    day = {"start": "2026-06-14", "end": "2026-06-15", "period": "hour"}
    rows = await of_plant(hass, **day, keys="inverter_power")
    assert len(rows) == 23
    assert start.isoformat() not in starts(rows)
    rows = await of_plant(hass, **day, keys=["inverter_power", "ongrid_power"])
    assert rows[10] == {"start": start.isoformat(), "values": {"ongrid_power": 4.5}}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "US/Pacific"])
@pytest.mark.parametrize(
    ("day", "after", "count"),
    [("2026-03-29", "2026-03-30", 23), ("2025-10-26", "2025-10-27", 25)],
)
async def test_days_of_23_and_25_hours(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    zone: str,
    day: str,
    after: str,
    count: int,
) -> None:
    await hass.config.async_set_time_zone(zone)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    rows = await of_plant(hass, period="hour", start=day, end=after)
    begin = datetime.fromisoformat(day).replace(tzinfo=BERLIN).astimezone(UTC)
    times = [datetime.fromisoformat(start).astimezone(UTC) for start in starts(rows)]
    assert times == [begin + HOUR * n for n in range(count)]
    assert {start[:10] for start in starts(rows)} == {day}


@BOTH
async def test_a_plant_in_a_zone_of_half_hours(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
    dialect: Dialect,
) -> None:
    sim.plants[:] = [fleet.residential("NE=5", 5, timezone="Asia/Kolkata")]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    rows = await of_plant(
        hass, "NE=5", period="hour", start="2026-06-13", end="2026-06-14"
    )
    assert (starts(rows)[0], len(rows)) == ("2026-06-13T00:00:00+05:30", 24)
    begin = datetime.fromisoformat(rows[0]["start"])
    energy = sim.truth("NE=5").energy(begin, begin + timedelta(days=1))
    export = sum(column(rows, "ongrid_power"))
    assert export == pytest.approx(energy.export, abs=1e-2)
    days = await of_plant(
        hass, "NE=5", period="day", start="2026-06-13", end="2026-06-15"
    )
    assert starts(days) == ["2026-06-13T00:00:00+05:30", "2026-06-14T00:00:00+05:30"]
    assert column(days, "ongrid_power")[0] == pytest.approx(export, abs=1e-2)
    if dialect is Dialect.V2020:
        meter = device_of(sim, Type.POWER_SENSOR)
        five = await of_device(
            hass,
            meter,
            period="5minute",
            start="2026-06-13",
            end="2026-06-14",
            keys="active_power",
        )
        assert (starts(five)[0], len(five)) == ("2026-06-13T00:00:00+05:30", 288)


async def test_a_winter_far_away(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry, wait: Wait
) -> None:
    """The grid connection's offset is that of the plant's winter, January is summer."""
    sim.plants[:] = [fleet.residential("NE=6", 6, timezone="Pacific/Auckland")]
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    rows = await of_plant(
        hass, "NE=6", period="hour", start="2026-01-10", end="2026-01-11"
    )
    assert (starts(rows)[0], len(rows)) == ("2026-01-10T00:00:00+13:00", 24)


async def test_plants_share_their_calls(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    wait: Wait,
) -> None:
    sim.plants.append(fleet.residential("NE=2", 7, name="Second"))
    sim.plants.append(fleet.residential("NE=3", 8, timezone="Asia/Kolkata"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    day = {"start": "2026-06-14", "end": "2026-06-15"}
    codes = (PLANT, "NE=2", "NE=3")
    answer = await ask(hass, "get_plant_history", *codes, period="day", **day)
    assert sim.count("getKpiStationDay") == 1
    for code in codes:
        (row,) = answer[code]["rows"]
        begin = datetime.fromisoformat(row["start"])
        energy = sim.truth(code).energy(begin, begin + timedelta(days=1))
        assert row["values"]["use_power"] == pytest.approx(energy.consumption, abs=1e-2)
    # Noon is not at the same time everywhere.
    answer = await ask(hass, "get_plant_history", *codes, period="hour", **day)
    assert sim.count("getKpiStationHour") == 2
    assert [len(answer[code]["rows"]) for code in codes] == [24] * 3


async def test_days_of_several_months_and_months_of_several_years(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    days = await of_plant(hass, period="day", start="2026-04-20", end="2026-06-03")
    assert len(days) == 11 + 31 + 2
    assert starts(days) == sorted(starts(days))
    assert sim.count("getKpiStationDay") == 3
    months = await of_plant(hass, period="month", start="2025-10-01", end="2026-03-01")
    assert [start[:7] for start in starts(months)] == [
        *("2025-10", "2025-11", "2025-12"),
        *("2026-01", "2026-02"),
    ]
    # Time passes meanwhile, and the months of now are polled.
    assert 2 <= sim.count("getKpiStationMonth") <= 3
    assert sim.count(fail_code=407) == 0


def examples(hass: HomeAssistant, *sources: str | int) -> dict[str, Any]:
    """Return the scripts of the documentation, for these plants or devices."""
    text = DOCS.read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(sequence:.*?)```", text, re.DOTALL)
    known = (str(registry_id_of(hass, str(source))) for source in sources)
    filled = (
        re.sub(r"\b[0-9a-f]{32}\b", registry_id, block)
        for block, registry_id in zip(blocks, known, strict=True)
    )
    return {f"example_{n}": yaml.safe_load(block) for n, block in enumerate(filled)}


async def test_the_examples_work(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator
) -> None:
    yesterday = datetime(2026, 6, 14, tzinfo=BERLIN)
    row = (PLANT, "Day", int(yesterday.timestamp()))
    sim.override(row, {"inverter_power": 41.87, "power_profit": 7.25})
    said = async_mock_service(hass, "notify", "mobile_app_phone")
    scripts = examples(hass, PLANT, device_of(sim, Type.POWER_SENSOR))
    assert await async_setup_component(hass, "script", {"script": scripts})
    for script in scripts:
        await hass.services.async_call("script", script, blocking=True)
    messages = [" ".join(call.data["message"].split()) for call in said]
    assert messages[0] == "41.87 kWh yesterday, 7.25 €"
    assert re.fullmatch(r"Highest export: \d+\.\d+", messages[1])
