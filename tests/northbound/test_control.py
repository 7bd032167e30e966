"""The control interfaces, over HTTP, and answers as servers may word them."""

from typing import Any

import pytest

from custom_components.smartpvms.northbound import Interface
from custom_components.smartpvms.northbound.control import ControlClient
from custom_components.smartpvms.northbound.errors import (
    ControlError,
    NotNorthboundError,
    NotYetError,
    PermissionMissingError,
    ResponseError,
)
from custom_components.smartpvms.northbound.tasks import (
    BatteryLimits,
    BatteryMode,
    Delivery,
    ExportControl,
    ExportLimit,
    ExportMode,
    ForcedCharge,
    OperationMode,
    Outcome,
    Setting,
    Status,
    TimeWindow,
    battery_mode,
    outcomes,
)
from simulator import Dialect, Outcome as Ending, Plant, Simulator, fleet

from .conftest import SINCE, HandClock, Link, RawServer

MINUTE = 61.0
RUNNING, SUCCEEDED = Outcome(Status.RUNNING), Outcome(Status.SUCCEEDED)


@pytest.fixture
def control(link: Link) -> ControlClient:
    """Return the control of the simulator's plants."""
    return ControlClient(link.session)


@pytest.fixture
def raw_control(raw_link: Link) -> ControlClient:
    """Return the control of a server that answers what a test lays out."""
    return ControlClient(raw_link.session)


async def test_a_limit_is_delivered_followed_and_read_back(
    control: ControlClient, plant: Plant, clock: HandClock, link: Link
) -> None:
    code = plant.code
    assert await control.export_control(code) == ExportControl(ExportMode.NO_LIMIT)
    delivery = await control.deliver({code: ExportLimit(0)})
    assert delivery.outcomes == {code: RUNNING}
    assert delivery.task
    assert await control.outcomes(ExportLimit, delivery.task) == {code: RUNNING}
    with pytest.raises(NotYetError):
        await control.deliver({code: ExportLimit(1)})
    assert link.calls(Interface.EXPORT_LIMIT) == 1
    clock.wait(MINUTE)
    assert await control.outcomes(ExportLimit, delivery.task) == {code: SUCCEEDED}
    found = await control.export_control(code)
    assert found == ExportControl(ExportMode.ZERO_EXPORT, 0.0)
    clock.wait(MINUTE)
    refused = await control.deliver({code: ExportLimit(0)})
    assert refused.task is None
    assert refused.outcomes[code].status is Status.FAILED
    assert "same" in (refused.outcomes[code].reason or "")
    clock.wait(MINUTE)
    lifted = await control.deliver({code: ExportLimit(None)})
    assert lifted.outcomes == {code: RUNNING}


async def test_a_battery_is_steered(
    control: ControlClient, plant: Plant, clock: HandClock
) -> None:
    code = plant.code
    window = TimeWindow("01:00", "05:00", charges=True, weekdays=(1, 7))
    mode = BatteryMode(
        OperationMode.TIME_OF_USE, (window,), grid_charge_kw=2, feeds_surplus=True
    )
    delivery = await control.deliver({code: mode})
    limits = BatteryLimits(end_of_charge_soc=95, maximum_charge_power=1000)
    bounds = await control.deliver({code: limits})
    assert bounds.outcomes == delivery.outcomes == {code: RUNNING}
    clock.wait(MINUTE)
    assert await control.battery_mode(code) is OperationMode.TIME_OF_USE
    assert bounds.task
    assert await control.outcomes(BatteryLimits, bounds.task) == {code: SUCCEEDED}
    charge = await control.deliver({code: ForcedCharge(500, target_soc=100)})
    assert charge.task
    assert await control.outcomes(ForcedCharge, charge.task) == {code: RUNNING}
    clock.wait(MINUTE)
    stop = await control.deliver({code: ForcedCharge(0)})
    assert stop.outcomes == {code: RUNNING}
    clock.wait(MINUTE)
    assert await control.outcomes(ForcedCharge, charge.task) == {code: SUCCEEDED}
    discharge = ForcedCharge(-500, minutes=30)
    assert (await control.deliver({code: discharge})).task
    plain = BatteryMode(OperationMode.SELF_CONSUMPTION, feeds_surplus=False)
    assert (await control.deliver({code: plain})).outcomes == {code: RUNNING}


async def test_some_or_none_of_the_plants_may_take_a_task(
    control: ControlClient, sim: Simulator, plant: Plant, clock: HandClock
) -> None:
    second = fleet.residential("NE=2", connected=SINCE)
    sim.plants += [fleet.utility(connected=SINCE), second]
    large = sim.plants[1].code
    sim.control.outcomes[second.code] = Ending.BUSY
    limits = dict.fromkeys((plant.code, large, second.code), ExportLimit(1))
    delivery = await control.deliver(limits)
    assert delivery.outcomes[plant.code] == delivery.outcomes[second.code] == RUNNING
    assert delivery.outcomes[large].status is Status.FAILED
    clock.wait(MINUTE)
    assert delivery.task
    assert await control.outcomes(ExportLimit, delivery.task) == {
        plant.code: SUCCEEDED,
        second.code: Outcome(Status.FAILED, "BUSY"),
    }
    charges = dict.fromkeys((plant.code, large), ForcedCharge(9, minutes=5))
    forced = await control.deliver(charges)
    assert [one.status for one in forced.outcomes.values()] == ["running", "failed"]
    with pytest.raises(ControlError) as refusal:
        await control.export_control(large)
    assert refusal.value.code == 20609
    sim.deny(Interface.BATTERY_MODE_READ, 401)
    with pytest.raises(PermissionMissingError):
        await control.battery_mode(plant.code)


@pytest.mark.parametrize("dialect", [Dialect.V2020])
async def test_an_old_system_has_no_control(control: ControlClient) -> None:
    with pytest.raises(NotNorthboundError):
        await control.export_control("NE=1")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"A": ExportLimit(0), "B": ForcedCharge(0)},
        {str(n): ExportLimit(0) for n in range(11)},
        {
            "A": BatteryMode(
                OperationMode.TIME_OF_USE, (TimeWindow("", "", True, ()),) * 15
            )
        },
        {"A": BatteryLimits()},
        {"A": ForcedCharge(100)},
        {"A": ForcedCharge(-100, target_soc=5, minutes=5)},
    ],
)
async def test_nothing_impossible_is_sent(
    control: ControlClient, link: Link, settings: dict[str, Setting]
) -> None:
    with pytest.raises(ValueError):
        await control.deliver(settings)
    assert not link.session.is_open


@pytest.mark.parametrize("data", [None, {}, {"taskId": None, "result": []}, "text"])
async def test_a_task_without_an_id_is_no_answer(
    raw_control: ControlClient, raw: RawServer, data: Any
) -> None:
    raw.answers["nbi/v2/control/active-power-control/async-task"] = {
        "success": True,
        "failCode": 0,
        "data": data,
    }
    with pytest.raises(ResponseError):
        await raw_control.deliver({"A": ExportLimit(0)})


async def test_a_refusal_need_not_have_data(
    raw_control: ControlClient, raw: RawServer
) -> None:
    raw.answers["nbi/v2/control/active-power-control/async-task"] = {
        "success": False,
        "failCode": "2",
        "data": None,
    }
    delivery = await raw_control.deliver({"A": ExportLimit(0)})
    assert delivery == Delivery(None, {"A": Outcome(Status.FAILED)})


def test_a_delivery_is_read_whatever_its_words() -> None:
    rows = [
        {"plantCode": 1, "status": "FAIL", "message": 20615},
        {"plantCode": "2", "status": "SUCCESS"},
        {"plantCode": "3", "status": "what"},
        {"plantCode": "4", "dispatchResult": 1, "subTaskId": 7},
        {"plantCode": "5", "dispatchResult": 0, "description": "no"},
        {"status": "FAIL"},
        None,
    ]
    data: Any = {"taskId": 12, "result": rows}
    delivery = Delivery.from_data(data, 1, "123456")
    assert delivery.task == "12"
    assert delivery.outcomes == {
        "1": Outcome(Status.FAILED, "20615"),
        "2": SUCCEEDED,
        "3": RUNNING,
        "4": RUNNING,
        "5": Outcome(Status.FAILED, "no"),
        "6": Outcome(Status.FAILED),
    }
    assert Delivery.from_data(data, 0, "1").outcomes == {"1": RUNNING}
    refused = Delivery.from_data(data, 2, "1").outcomes
    assert refused == {"1": Outcome(Status.FAILED, "20615")}


def test_parts_of_a_plant_count_as_one() -> None:
    rows: Any = [
        {"plantCode": "1", "status": "0"},
        {"plantCode": "1", "status": 2, "message": "TIMEOUT"},
        {"plantCode": "1", "status": 0.0},
        {"plantCode": "2", "status": 2, "message": ""},
        {"plantCode": "2", "status": 1},
        {"plantCode": "3", "status": 9},
        {"plantCode": "4"},
        {"status": 0},
    ]
    assert outcomes(rows) == {"1": Outcome(Status.FAILED, "TIMEOUT"), "2": RUNNING}
    assert outcomes(None) == outcomes("text") == outcomes({}) == {}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (None, ExportControl(ExportMode.OTHER)),
        ({"controlMode": "NOLIMIT"}, ExportControl(ExportMode.NO_LIMIT)),
        (
            {
                "activePowerControlMode": "limitedPowerGridKW",
                "limitedPowerGridValueParam": {"maxGridFeedInPowerValue": "4.5"},
            },
            ExportControl(ExportMode.LIMITED, kilowatts=4.5),
        ),
        (
            {"activePowerControlMode": "limitedPowerGridKW"},
            ExportControl(ExportMode.LIMITED),
        ),
        (
            {
                "controlMode": "limitedPowerGridPercent",
                "limitedPowerGridPercentParam": {"maxGridFeedInPowerPercent": "70%"},
            },
            ExportControl(ExportMode.LIMITED_PERCENT, percent=70),
        ),
        (
            {"controlMode": "zeroExportLimitation", "zeroExportLimitationParam": None},
            ExportControl(ExportMode.ZERO_EXPORT, 0.0),
        ),
        ({"controlMode": "remote"}, ExportControl(ExportMode.OTHER)),
    ],
)
def test_readings_of_the_feed_in(data: Any, found: ExportControl) -> None:
    assert ExportControl.from_data(data) == found


def test_readings_of_the_battery() -> None:
    assert battery_mode({"operationMode": "tou"}) is OperationMode.TIME_OF_USE
    assert battery_mode({"operationMode": 5}) is OperationMode.OTHER
    assert battery_mode(None) is OperationMode.OTHER


def test_a_plain_mode_has_no_details() -> None:
    mode = BatteryMode(OperationMode.SELF_CONSUMPTION)
    assert mode.task() == {"operationMode": "maximumSelfConsumption"}
