"""Alarms: seeded and on request."""

from datetime import timedelta
from typing import Any

import pytest

from simulator import Alarm, Plant, Simulator, Status

from .conftest import NOON, Northbound, Opener, house, of_type, park, stamp

MONTH = timedelta(days=31)


async def alarms(
    client: Northbound, plant: Plant, **filters: Any
) -> list[dict[str, Any]]:
    """Return the alarms of the last 31 days."""
    now = client.sim.clock.at()
    asked = {
        "stationCodes": plant.code,
        "beginTime": stamp(now - MONTH),
        "endTime": stamp(now),
        "language": "en_UK",
    }
    rows: list[dict[str, Any]] = await client.data("getAlarmList", **asked | filters)
    return rows


async def test_seeded_alarms(opened: Opener) -> None:
    plant = park()
    async with opened(plant, quirks=True) as client:
        rows = await alarms(client, plant)
        assert len(rows) > 8
        assert {row["lev"] for row in rows} >= {2, 4}
        assert {row["status"] for row in rows} & {5, 6}
        known = {device.name: device for device in plant.devices}
        for row in rows:
            device = known.get(row["devName"])
            assert row["esnCode"] == (device.serial if device else None)
        assert rows == await alarms(client, plant)
        raised = [row["raiseTime"] for row in rows]
        assert raised == sorted(raised)


async def test_seeded_alarms_are_the_same_in_every_run(opened: Opener) -> None:
    seen = []
    for _ in range(2):
        plant = park()
        async with opened(plant) as client:
            seen.append(await alarms(client, plant))
    assert seen[0] == seen[1]


async def test_some_alarms_have_no_device_and_unknown_numbers(opened: Opener) -> None:
    plant = park()
    async with opened(plant, quirks=True) as client:
        rows = [row for row in await alarms(client, plant) if row["alarmType"] == 0]
        assert {(row["causeId"], row["devTypeId"]) for row in rows} == {(-1, 63)}
    async with opened(plant) as client:
        assert 0 not in {row["alarmType"] for row in await alarms(client, plant)}


async def test_an_alarm_is_raised_acknowledged_and_cleared(opened: Opener) -> None:
    plant = house()
    inverter, _ = of_type(plant, 38)
    async with opened(plant) as client:
        sim = client.sim
        sim.alarms.automatic = False
        assert await alarms(client, plant) == []
        alarm = sim.alarms.raise_(plant.code, inverter.id, alarm_id=2062)
        [row] = await alarms(client, plant)
        assert (row["status"], row["lev"], row["alarmId"]) == (1, 1, 2062)
        assert (row["devName"], row["devTypeId"]) == ("Inverter-1", 38)
        assert row["raiseTime"] == pytest.approx(stamp(NOON), abs=60_000)
        [health] = await client.rows("getStationRealKpi", stationCodes=plant.code)
        assert health["real_health_state"] == 2
        sim.alarms.acknowledge(alarm)
        assert (await alarms(client, plant))[0]["status"] == 2
        sim.clock.advance(timedelta(minutes=5))
        sim.alarms.clear(alarm)
        assert (await alarms(client, plant))[0]["status"] == 6
        [health] = await client.rows("getStationRealKpi", stationCodes=plant.code)
        assert health["real_health_state"] == 3


async def test_filters(opened: Opener) -> None:
    plant = house()
    inverter, _ = of_type(plant, 38)
    async with opened(plant) as client:
        sim = client.sim
        sim.alarms.automatic = False
        sim.alarms.raise_(plant, inverter, alarm_id=2032)
        battery = sim.alarms.raise_(plant, plant.devices[2], alarm_id=3012, level=4)
        sim.alarms.raise_(plant, name="Odd", alarm_id=7)
        sim.alarms.clear(battery, Status.HANDLED)

        async def count(**filters: Any) -> int:
            return len(await alarms(client, plant, **filters))

        assert await count() == 3
        assert await count(status="1, 2") == 2
        assert await count(status="4") == 1
        assert await count(levels="4") == 1
        assert await count(levels="2,4") == 2
        assert await count(devTypes="39") == 1
        assert await count(types="0") == 1
        assert await count(devName="Inverter") == 1
        assert await count(devName="Nobody") == 0
        later = stamp(NOON + timedelta(days=1))
        assert await count(beginTime=later, endTime=later + 1) == 0


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en_UK", "Grid Loss"),
        ("en_US", "Grid Loss"),
        ("de_DE", "Netzausfall"),
        ("zh_CN", "电网掉电"),
        ("fr_FR", "Grid Loss"),
    ],
)
async def test_languages(opened: Opener, language: str, name: str) -> None:
    plant = house()
    async with opened(plant) as client:
        client.sim.alarms.automatic = False
        client.sim.alarms.raise_(plant, plant.devices[0], alarm_id=2032)
        [row] = await alarms(client, plant, language=language)
        assert row["alarmName"] == name
        assert row["alarmCause"]
        assert row["repairSuggestion"]


def test_some_alarms_stay_for_months() -> None:
    sim = Simulator([park()])
    sim.clock.set(NOON)
    now = NOON.timestamp()
    found = sim.alarms.between(sim.plants, now - 160 * 86400, now - 60 * 86400)
    assert any(alarm.status(now) is Status.ACTIVE for alarm in found)


def test_every_status_occurs() -> None:
    sim = Simulator([park()])
    now = NOON.timestamp()
    sim.clock.set(NOON)
    found = sim.alarms.between(sim.plants, now - 160 * 86400, now)
    ages = (now - hours * 3600 for hours in range(0, 160 * 24, 4))
    seen = {alarm.status(at) for at in ages for alarm in found if alarm.raised <= at}
    assert seen == set(Status)


def test_an_alarm_with_a_given_name_level_and_time() -> None:
    sim = Simulator([house()])
    sim.clock.set(NOON)
    at = NOON - timedelta(days=100)
    alarm = sim.alarms.raise_(sim.plants[0], name="Hail", level=3, at=at)
    row = alarm.entry(NOON.timestamp(), "de_DE")
    assert (row["alarmName"], row["lev"]) == ("Hail", 3)
    assert row["raiseTime"] == stamp(at)
    assert sim.alarms.find(alarm.number) is alarm


def test_a_seeded_alarm_can_be_cleared() -> None:
    sim = Simulator([park()])
    sim.clock.set(NOON)
    now = NOON.timestamp()

    def active() -> list[Alarm]:
        found = sim.alarms.between(sim.plants, now - 160 * 86400, now)
        return [alarm for alarm in found if alarm.status(now + 60) is Status.ACTIVE]

    first, *rest = active()
    sim.alarms.clear(first.number, Status.CLEARED_BY_USER)
    assert active() == rest
