"""Control of battery and feed-in: tasks, refusals, and what the plant makes of them."""

from datetime import date, timedelta
from typing import Any

from aiohttp import ClientResponse
import pytest

from simulator import Dialect, Outcome, Plant, fleet
from simulator.answers.plants import Period, Style, by_period

from .conftest import BERLIN, NOON, Northbound, Opener, house, park

EXPORT = "nbi/v2/control/active-power-control"
MODE = "nbi/v1/control/battery/mode"
BOUNDS = "nbi/v1/control/battery/configuration"
FORCED = "nbi/v2/control/charge-and-discharge/async-task"
FORCED_STATE = "v1/vpp/chargeAndDischargeStatus"
READ_EXPORT = "nbi/v1/configuration/active-power-control-mode"
READ_MODE = "nbi/v1/configuration/battery-mode"
STEP = timedelta(minutes=5)


class Control:
    """Calls of the control interfaces."""

    def __init__(self, client: Northbound) -> None:
        """Set the client whose session is used."""
        self.client = client
        self.sim = client.sim

    async def call(self, interface: str, **asked: Any) -> dict[str, Any]:
        """Return the answer of one call."""
        response: ClientResponse
        async with self.client.http.post(
            f"{self.client.url}/rest/openapi/pvms/{interface}",
            json=asked,
            headers=self.client.headers,
        ) as response:
            body: dict[str, Any] = await response.json()
        if body["failCode"] == 305:
            await self.client.login()
            return await self.call(interface, **asked)
        return body

    async def deliver(self, interface: str, *tasks: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of a delivered task."""
        return await self.call(f"{interface}/async-task", tasks=list(tasks))

    async def result(self, interface: str, task: Any) -> list[Any]:
        """Return plant by plant what came of a task."""
        body = await self.call(f"{interface}/task-info", taskId=task)
        return [
            (row["status"], row["message"]) for row in body["data"]["dispatchResult"]
        ]


def limited(plant: Plant, kilowatts: float) -> dict[str, Any]:
    """Return the task that limits the feed-in."""
    info = {"maxGridFeedInPower": kilowatts, "limitationMode": "0"}
    return {"plantCode": plant.code, "controlMode": "6", "controlInfo": info}


def charge(plant: Plant, watts: int, **rest: Any) -> dict[str, Any]:
    """Return the task of a forced charge (watts above 0) or discharge."""
    switch = 1 if watts > 0 else 2
    return {
        "plantCode": plant.code,
        "dispatchSwitch": switch,
        "powerDispatch": watts,
        **rest,
    }


def closes(plant: Plant, start: float, end: float) -> None:
    """Make sure that the identities of the plant's KPIs hold in every step."""
    for at in range(int(start), int(end), 300):
        power = plant.world.power(at)
        assert power.ac() + power.import_ - power.export == pytest.approx(
            power.load, abs=2e-3
        )
        assert min(power.import_, power.export) == 0
    energy = plant.world.energy(start, end)
    row: Any = by_period(plant, energy, Period.DAY, Style(Dialect.V2022, False))
    inverted = row["PVYield"] + row["dischargeCap"] - row["chargeCap"]
    assert row["inverterYield"] == pytest.approx(inverted, abs=1e-3)
    assert row["use_power"] == pytest.approx(
        row["selfProvide"] + row["buyPower"], abs=1e-3
    )


async def test_a_limit_stops_the_feed_in_and_is_read_back(opened: Opener) -> None:
    plant = house()
    async with opened(plant) as client:
        control = Control(client)
        now = NOON.timestamp()
        assert plant.world.power(now).export > 1
        before = plant.world.totals(now)
        body = await control.deliver(EXPORT, limited(plant, 0))
        assert (body["failCode"], body["success"]) == (0, True)
        task = body["data"]["taskId"]
        assert await control.result(EXPORT, task) == [("RUNNING", None)]
        client.sim.clock.advance(2 * STEP)
        assert await control.result(EXPORT, task) == [("SUCCESS", "")]
        read = await control.call(READ_EXPORT, plantCode=plant.code)
        assert read["data"] == {
            "activePowerControlMode": "limitedPowerGridKW",
            "limitedPowerGridValueParam": {
                "limitationMode": "totalPower",
                "maxGridFeedInPowerValue": 0.0,
            },
        }
        power = plant.world.power(now + 600)
        assert power.export == 0
        assert 0 < power.pv() < house().world.power(now + 600).pv()
        assert plant.world.totals(now) == before
        closes(plant, now // 300 * 300, now // 300 * 300 + 6 * 3600)
        again = await control.deliver(EXPORT, limited(plant, 0))
        assert (again["failCode"], again["success"]) == (2, False)
        assert "same" in again["data"]["result"][0]["message"]
        await control.deliver(EXPORT, {"plantCode": plant.code, "controlMode": 0})
        client.sim.clock.advance(2 * STEP)
        read = await control.call(READ_EXPORT, plantCode=plant.code)
        assert read["data"] == {"activePowerControlMode": "noLimit"}
        assert plant.world.power(now + 1300).export > 1


async def test_a_forced_charge_charges_to_its_target_and_ends(opened: Opener) -> None:
    plant = house()
    night = NOON.replace(hour=3, minute=0)
    at = night.timestamp()
    async with opened(plant, at=night) as client:
        control = Control(client)
        level = plant.world.stored(at, 0)
        body = await control.call(
            FORCED, tasks=[charge(plant, 3000, controlType=1, targetSOC=95)]
        )
        number = body["data"]["requestID"]
        client.sim.clock.advance(timedelta(minutes=30))
        assert plant.world.power(at + 1500).charge(0) == pytest.approx(3, abs=0.01)
        assert plant.world.power(at + 1500).import_ > 3
        [running] = (await control.call(FORCED_STATE, requestID=number))["data"]
        assert (running["status"], running["execEndTime"]) == (1, None)
        assert running["chargedCapacity"] > 0.5
        inverter = plant.devices[0]
        [row] = await client.live(inverter)
        assert row["active_power"] == pytest.approx(-3, abs=0.01)
        [stored] = await client.live(plant.devices[2])
        assert stored["ch_discharge_model"] == 1
        client.sim.clock.advance(timedelta(hours=4))
        [done] = (await control.call(FORCED_STATE, requestID=number))["data"]
        assert done["status"] == 0
        ended = done["execEndTime"] / 1000
        assert plant.world.stored(ended, 0) == pytest.approx(9.5, abs=0.05)
        assert plant.world.stored(ended, 0) > level
        assert plant.world.power(ended).charge(0) == 0
        closes(plant, at, ended + 3600)
        outputs = [plant.world.totals(at + 300 * n).output(0) for n in range(48)]
        assert outputs == sorted(outputs)


async def test_a_forced_discharge_for_a_time_can_be_stopped(opened: Opener) -> None:
    plant = house()
    evening = NOON.replace(hour=21, minute=0)
    async with opened(plant, at=evening) as client:
        control = Control(client)
        task = charge(plant, -2000, controlType="2", dispatchTime="120")
        body = await control.call(FORCED, tasks=[task])
        number = body["data"]["requestID"]
        busy = await control.call(FORCED, tasks=[task])
        assert busy["failCode"] == 20615
        client.sim.clock.advance(timedelta(minutes=31))
        now = client.sim.clock.now()
        assert plant.world.power(now).discharge(0) == pytest.approx(2, abs=0.01)
        await control.call(
            FORCED, tasks=[{"plantCode": plant.code, "dispatchSwitch": 0}]
        )
        [row] = (await control.call(FORCED_STATE, requestID=number))["data"]
        assert row["status"] == 0
        client.sim.clock.advance(3 * STEP)
        now = client.sim.clock.now()
        power = plant.world.power(now)
        assert power.discharge(0) <= power.load
        closes(plant, evening.timestamp(), now)
        task["dispatchTime"] = 10
        await control.call(FORCED, tasks=[task])
        client.sim.clock.advance(timedelta(minutes=20))
        assert client.sim.control.rules(plant).forced is None


async def test_time_of_use_charges_in_its_window_and_holds_outside(
    opened: Opener,
) -> None:
    plant = house()
    night = NOON.replace(hour=0, minute=30)
    at = night.timestamp()
    window = {"startTime": "01:00", "endTime": "03:00", "repeat": [1, 2, 3, 4, 5]}
    task = {
        "plantCode": plant.code,
        "operationMode": "TOU",
        "redundantPVEnergyPriority": "fedToGridPreference",
        "allowedAcChargePower": 2,
        "chargingAndDischargingTimeWindow": [
            {**window, "chargeOrDischarge": "charge"},
            {
                **window,
                "startTime": "18:00",
                "endTime": "24:00",
                "chargeOrDischarge": "discharge",
            },
        ],
    }
    async with opened(plant, at=night) as client:
        control = Control(client)
        await control.deliver(MODE, task)
        client.sim.clock.advance(timedelta(hours=20))
        read = await control.call(READ_MODE, plantCode=plant.code)
        assert read["data"] == {
            "operationMode": "TOU",
            "touOperationModeParamDetail": {"allowedAcChargePower": 2.0},
        }
        assert plant.world.power(at + 3600).charge(0) == pytest.approx(2, abs=0.01)
        before = plant.world.power(at + 900)
        assert before.discharge(0) == before.charge(0) == 0
        noon = plant.world.power(NOON.timestamp())
        assert noon.charge(0) == 0
        assert noon.export > 1
        assert plant.world.power(at + 20 * 3600).discharge(0) > 0
        closes(plant, at, at + 20 * 3600)
        held = {"plantCode": plant.code, "operationMode": "fullyFidToGrid"}
        await control.deliver(MODE, held)
        client.sim.clock.advance(2 * STEP)
        assert plant.world.power(client.sim.clock.now()).discharge(0) == 0


async def test_bounds_of_the_battery_hold(opened: Opener) -> None:
    plant = house()
    evening = NOON.replace(hour=20, minute=0)
    async with opened(plant, at=evening) as client:
        control = Control(client)
        info = {"endOfDischargeSoc": 20, "maximumDischargePower": "300"}
        part = {"plantCode": plant.code, "batteryConfigurationInfo": info}
        body = await control.deliver(BOUNDS, part)
        client.sim.clock.advance(2 * STEP)
        assert await control.result(BOUNDS, body["data"]["taskId"]) == [("SUCCESS", "")]
        steps = [evening.timestamp() + 300 * step for step in range(3, 120)]
        assert max(plant.world.power(at).discharge(0) for at in steps) <= 0.3
        assert min(plant.world.stored(at, 0) for at in steps) >= 2 - 0.01


async def test_what_a_task_is_refused_for(opened: Opener) -> None:
    plant, large, shy = house(), park(), house(code="NE=2")
    async with opened(plant, large, shy) as client:
        control = Control(client)
        client.sim.control.unconsented.add(shy.code)
        window = {"startTime": "5", "endTime": "06:00", "chargeOrDischarge": "charge"}
        mode = {"plantCode": plant.code, "operationMode": "TOU"}
        windows = "chargingAndDischargingTimeWindow"
        for interface, task, code in (
            (EXPORT, limited(plant, 5001), 20611),
            (EXPORT, limited(large, 0), 20609),
            (EXPORT, limited(shy, 0), 20621),
            (EXPORT, {"plantCode": "NE=0"}, 20622),
            (EXPORT, {"plantCode": plant.code, "controlMode": "5"}, 20611),
            (EXPORT, {"plantCode": plant.code, "controlMode": "6"}, 20612),
            (MODE, {"plantCode": plant.code, "operationMode": "none"}, 20611),
            (MODE, mode | {windows: [window]}, 20611),
            (MODE, mode | {windows: [window | {"startTime": "07:00"}]}, 20611),
            (MODE, mode | {windows: [window] * 15}, 20611),
            (BOUNDS, {"plantCode": plant.code}, 20612),
        ):
            body = await control.deliver(interface, task)
            assert body["failCode"] == code, task
        for part, code in (
            ({"plantCode": plant.code, "dispatchSwitch": 3}, 20040),
            (charge(plant, 100, controlType=3), 20041),
            (charge(plant, 100, controlType=1), 20042),
            (charge(plant, 100, controlType=2, dispatchTime=0), 20043),
            (charge(plant, 100) | {"powerDispatch": -1}, 20047),
        ):
            assert (await control.call(FORCED, tasks=[part]))["failCode"] == code, part
        bare = limited(plant, 1)
        assert (await control.deliver(EXPORT))["failCode"] == 20607
        assert (await control.deliver(EXPORT, bare, bare))["failCode"] == 20608
        many = [limited(plant, 1) | {"plantCode": str(n)} for n in range(11)]
        assert (await control.deliver(EXPORT, *many))["failCode"] == 20611
        for asked, code in (({}, 20616), ({"taskId": 1}, 20620)):
            body = await control.call(f"{EXPORT}/task-info", **asked)
            assert body["failCode"] == code
        same = {"plantCode": plant.code, "operationMode": "maximumSelfConsumption"}
        assert (await control.deliver(MODE, same))["failCode"] == 2
        bare_plant = fleet.residential("NE=9", connected=date(2026, 6, 1))
        bare_plant.site = type(bare_plant.site)(
            **{**_fields(bare_plant), "storages": ()}
        )
        client.sim.plants.append(bare_plant)
        read = await control.call(READ_MODE, plantCode="NE=9")
        assert read["failCode"] == 20610


def _fields(plant: Plant) -> dict[str, Any]:
    site = plant.site
    return {name: getattr(site, name) for name in type(site).__dataclass_fields__}


async def test_a_task_may_fail_in_part_and_at_its_end(opened: Opener) -> None:
    plant, large, second = house(), park(), house(code="NE=2")
    async with opened(plant, large, second, quirks=True) as client:
        control = Control(client)
        client.sim.control.outcomes[second.code] = Outcome.BUSY
        body = await control.deliver(
            EXPORT, limited(plant, 0), limited(large, 0), limited(second, 1.5)
        )
        assert (body["failCode"], body["success"]) == (1, True)
        assert [row["status"] for row in body["data"]["result"]] == [
            "RUNNING",
            "RUNNING",
            "FAIL",
        ]
        assert isinstance(body["data"]["taskId"], int)
        client.sim.clock.advance(STEP)
        assert await control.result(EXPORT, body["data"]["taskId"]) == [
            ("SUCCESS", ""),
            ("FAIL", "BUSY"),
        ]
        client.sim.control.mode_field = "controlMode"
        read = await control.call(READ_EXPORT, plantCode=plant.code)
        assert read["data"]["controlMode"] == "limitedPowerGridKW"
        value = read["data"]["limitedPowerGridValueParam"]["maxGridFeedInPowerValue"]
        assert value == "0.0"
        tasks = [charge(plant, 9, controlType=1, targetSOC=99)]
        tasks.append(charge(large, 9, controlType=1, targetSOC=99))
        forced = await control.call(FORCED, tasks=tasks)
        assert forced["failCode"] == 1
        results = [row["dispatchResult"] for row in forced["data"]["result"]]
        assert results == [0, 1]
        client.sim.control.outcomes[second.code] = Outcome.TIMEOUT
        tasks = [charge(second, 9, controlType=1, targetSOC=99)]
        forced = await control.call(FORCED, tasks=tasks)
        client.sim.clock.advance(STEP)
        number = forced["data"]["requestID"]
        [row] = (await control.call(FORCED_STATE, requestID=number))["data"]
        assert (row["status"], row["message"]) == (2, "TIMEOUT")


async def test_control_has_permission_and_one_call_a_minute(opened: Opener) -> None:
    plant = house()
    async with opened(plant, window=1) as client:
        control = Control(client)
        client.sim.deny(READ_EXPORT, 401)
        for code in (401, 407):
            body = await control.call(READ_EXPORT, plantCode=plant.code)
            assert body["failCode"] == code
        first = await control.call(READ_MODE, plantCode=plant.code)
        assert first["failCode"] == 0
    async with opened(plant, dialect=Dialect.V2020) as client:
        with pytest.raises(Exception, match="unexpected mimetype"):
            await Control(client).call(READ_EXPORT, plantCode=plant.code)


async def test_a_limit_in_a_discharge_keeps_both(opened: Opener) -> None:
    plant = house()
    evening = NOON.replace(hour=22, minute=0)
    async with opened(plant, at=evening) as client:
        control = Control(client)
        task = charge(plant, -3000, controlType=2, dispatchTime=60)
        await control.call(FORCED, tasks=[task])
        body = await control.deliver(EXPORT, limited(plant, 0))
        client.sim.clock.advance(4 * STEP)
        # The limit is set; it is the charge that goes on.
        done = await control.result(EXPORT, body["data"]["taskId"])
        assert done == [("SUCCESS", "")]
        power = plant.world.power(client.sim.clock.now())
        assert power.export == 0
        assert power.discharge(0) == pytest.approx(power.load, abs=0.01)
        assert client.sim.control.rules(plant).forced is not None
        client.sim.clock.advance(timedelta(hours=1))
        assert client.sim.control.rules(plant).forced is None
        assert client.sim.control.rules(plant).export_kw == 0


def test_an_emma_bounds_the_limit_by_the_inverters() -> None:
    plant = fleet.emma(connected=date(2026, 6, 1))
    assert [device.type for device in plant.controllers] == [23070]
    assert plant.world.local(NOON.timestamp()).tzinfo == BERLIN
