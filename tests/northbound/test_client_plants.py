"""Which generation a system is of, and all of its plants."""

from typing import Any

import pytest

from custom_components.smartpvms.northbound import (
    Dialect as Kind,
    Interface,
    NorthboundError,
    Plant,
    Profile,
)
from custom_components.smartpvms.northbound.errors import (
    ConsentMissingError,
    NotNorthboundError,
    NotYetError,
)
from simulator import (
    Dialect,
    Fault,
    FaultKind,
    Plant as SimulatedPlant,
    Simulator,
    fleet,
)

from .conftest import Link, RawServer

BOTH = pytest.mark.parametrize("dialect", list(Dialect))
OLD = pytest.mark.parametrize("dialect", [Dialect.V2020])


@BOTH
async def test_the_dialect_is_detected(
    link: Link, sim: Simulator, dialect: Dialect, plant: SimulatedPlant
) -> None:
    found, plants = await link.client.detect()
    assert found.value == dialect.value
    assert [item.code for item in plants] == [plant.code]
    assert await _again(link, sim, found) == plants


async def _again(link: Link, sim: Simulator, dialect: Any) -> list[Plant]:
    link.clock.wait(61)
    before = len(sim.calls)
    plants = await link.client.all_plants(dialect)
    assert len(sim.calls) == before + 1
    return plants


async def test_an_old_system_that_refuses_stations_is_found_on_the_same_day(
    raw: RawServer, raw_link: Link
) -> None:
    raw.answers["stations"] = {"success": False, "failCode": 401, "data": None}
    for _ in range(2):
        assert (await raw_link.client.detect())[0] is Kind.V2020
        raw_link.clock.wait(61)
    assert [request.interface for request in raw.requests] == [
        "login",
        "stations",
        "getStationList",
        "getStationList",
    ]


@OLD
async def test_detection_waits_where_only_the_time_forbids_it(link: Link) -> None:
    await link.client.detect()
    with pytest.raises(NotYetError) as caught:
        await link.client.detect()
    assert caught.value.interface is Interface.STATIONS


async def test_a_portal_is_called_one(link: Link, sim: Simulator) -> None:
    sim.faults.add(Fault(FaultKind.HTML))
    with pytest.raises(NotNorthboundError) as caught:
        await link.client.detect()
    assert caught.value.interface is Interface.LOGIN
    assert len(sim.calls) == 1


@pytest.mark.parametrize("code", [401, 20056, 20400])
async def test_a_refused_account_is_no_old_system(
    link: Link, sim: Simulator, code: int
) -> None:
    sim.deny("login", code)
    with pytest.raises(NorthboundError) as caught:
        await link.client.detect()
    assert (caught.value.interface, caught.value.code) == (Interface.LOGIN, code)


async def test_without_consent_no_other_list_is_asked_for(
    link: Link, sim: Simulator
) -> None:
    sim.deny("stations", 20056)
    with pytest.raises(ConsentMissingError):
        await link.client.detect()
    # Nor while the lane rests.
    with pytest.raises(NotYetError):
        await link.client.detect()
    assert sim.count("getStationList") == 0


async def test_more_than_a_hundred_plants_come_page_by_page(
    link: Link, sim: Simulator
) -> None:
    sim.plants[:] = fleet.many(201, n_devices=1)
    dialect, plants = await link.client.detect()
    assert (dialect, len({plant.code for plant in plants})) == (Kind.V2022, 201)
    assert [call.payload["pageNo"] for call in sim.calls[1:]] == [1, 2, 3]
    assert link.ledger.profile is Profile.DAILY


async def test_detection_keeps_a_profile_that_was_chosen(link: Link) -> None:
    link.ledger.profile = Profile.PER_MINUTE
    await link.client.detect()
    assert link.ledger.profile is Profile.PER_MINUTE


@pytest.mark.parametrize("data", [None, "being upgraded", [], {"list": None}])
async def test_stations_without_a_list_are_no_plants(
    raw: RawServer, raw_link: Link, data: Any
) -> None:
    raw.answers["stations"] = {"success": True, "failCode": 0, "data": data}
    page = await raw_link.client.stations()
    assert (page.items, page.pages) == ((), 1)
