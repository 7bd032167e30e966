"""Which generation a system is of, and all of its plants."""

from typing import Any

from aiohttp import web
import pytest

from custom_components.smartpvms.northbound import (
    Dialect as Kind,
    Interface,
    NorthboundError,
    Plant,
    PlantList,
)
from custom_components.smartpvms.northbound.errors import (
    ConsentMissingError,
    NotNorthboundError,
    NotYetError,
)
from custom_components.smartpvms.northbound.plant_list import LISTED_BY
from simulator import (
    Call,
    Dialect,
    Fault,
    FaultKind,
    Plant as SimulatedPlant,
    Simulator,
    fleet,
)

from .conftest import Link, RawServer


async def detect(link: Link) -> tuple[Kind, list[Plant]]:
    """Return the dialect and all plants, in one go."""
    return await PlantList(link.client).read_on()


BOTH = pytest.mark.parametrize("dialect", list(Dialect))
OLD = pytest.mark.parametrize("dialect", [Dialect.V2020])


@BOTH
async def test_the_dialect_is_detected(
    link: Link, sim: Simulator, dialect: Dialect, plant: SimulatedPlant
) -> None:
    found, plants = await detect(link)
    assert found.value == dialect.value
    assert [item.code for item in plants] == [plant.code]
    assert await _again(link, sim, found) == plants


async def _again(link: Link, sim: Simulator, dialect: Any) -> list[Plant]:
    link.clock.wait(61)
    before = len(sim.calls)
    _, plants = await PlantList(link.client, dialect).read_on()
    assert len(sim.calls) == before + 1
    return plants


async def test_an_old_system_that_refuses_stations_is_found_on_the_same_day(
    raw: RawServer, raw_link: Link
) -> None:
    raw.answers["stations"] = {"success": False, "failCode": 401, "data": None}
    for _ in range(2):
        assert (await detect(raw_link))[0] is Kind.V2020
        raw_link.clock.wait(61)
    assert [request.interface for request in raw.requests] == [
        "login",
        "stations",
        "getStationList",
        "getStationList",
    ]


@OLD
async def test_detection_waits_where_only_the_time_forbids_it(link: Link) -> None:
    await detect(link)
    with pytest.raises(NotYetError) as caught:
        await detect(link)
    assert caught.value.interface is Interface.STATIONS


async def test_a_portal_is_called_one(link: Link, sim: Simulator) -> None:
    sim.faults.add(Fault(FaultKind.HTML))
    with pytest.raises(NotNorthboundError) as caught:
        await detect(link)
    assert caught.value.interface is Interface.LOGIN
    assert len(sim.calls) == 1


async def test_web_pages_do_not_make_an_old_system(link: Link, sim: Simulator) -> None:
    """An account of 2022 stays one while its server has trouble."""
    found, _ = await detect(link)
    sim.faults.add(Fault(FaultKind.HTML, "stations"))
    for _ in range(2):
        link.clock.wait(1800)
        with pytest.raises(NotNorthboundError):
            await PlantList(link.client, found).read_on()
    assert sim.count("getStationList") == 0


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.REDIRECT])
async def test_a_web_page_at_first_is_no_old_system_either(
    link: Link, sim: Simulator, kind: FaultKind
) -> None:
    """One that serves both lists would be asked as seldom as one of 2020, for a day."""
    sim.faults.add(Fault(kind, "stations", times=1))
    with pytest.raises(NotNorthboundError) as caught:
        await detect(link)
    assert caught.value.interface is Interface.STATIONS
    link.clock.wait(61)
    assert (await detect(link))[0] is Kind.V2022
    assert sim.count("getStationList") == 0


@pytest.mark.parametrize("code", [401, 20056, 20400])
async def test_a_refused_account_is_no_old_system(
    link: Link, sim: Simulator, code: int
) -> None:
    sim.deny("login", code)
    with pytest.raises(NorthboundError) as caught:
        await detect(link)
    assert (caught.value.interface, caught.value.code) == (Interface.LOGIN, code)


async def test_without_consent_no_other_list_is_asked_for(
    link: Link, sim: Simulator
) -> None:
    sim.deny("stations", 20056)
    with pytest.raises(ConsentMissingError):
        await detect(link)
    # Nor while the lane rests.
    with pytest.raises(NotYetError):
        await detect(link)
    assert sim.count("getStationList") == 0


def listing_calls(sim: Simulator) -> list[Call]:
    """Return the calls that have listed plants."""
    return [
        call
        for call in sim.calls
        if call.interface in LISTED_BY.values() and call.http_status == 200
    ]


@BOTH
async def test_more_than_a_hundred_plants_come_page_by_page(
    link: Link, sim: Simulator, dialect: Dialect
) -> None:
    sim.is_paged = True
    sim.plants[:] = fleet.many(201, n_devices=1)
    plant_list = PlantList(link.client)
    for page in (1, 2):
        with pytest.raises(NotYetError) as caught:
            await plant_list.read_on()
        assert caught.value.interface in LISTED_BY.values()
        assert plant_list.is_begun
        assert listing_calls(sim)[-1].payload["pageNo"] == page
        link.clock.wait(61)
    found, plants = await plant_list.read_on()
    assert (found.value, len({plant.code for plant in plants})) == (dialect, 201)
    assert not plant_list.is_begun
    assert [call.payload["pageNo"] for call in listing_calls(sim)] == [1, 2, 3]


async def test_a_list_that_was_given_up_begins_anew(link: Link, sim: Simulator) -> None:
    sim.plants[:] = fleet.many(101, n_devices=1)
    plant_list = PlantList(link.client)
    with pytest.raises(NotYetError):
        await plant_list.read_on()
    link.clock.wait(3601)
    assert not plant_list.is_begun


@pytest.mark.parametrize(
    ("told", "calls"),
    [
        # One that miscounts, of one plant.
        ({"pageCount": 50, "total": 1}, 1),
        ({"pageCount": 50}, 2),
        ({"total": 50}, 1),
        ({}, 1),
    ],
)
async def test_a_list_ends_at_its_total_or_at_an_empty_page(
    raw: RawServer, raw_link: Link, told: dict[str, int], calls: int
) -> None:
    pages = iter([[{"plantCode": "NE=1"}], *([[]] * 50)])
    raw.answers["stations"] = lambda: web.json_response(
        {"success": True, "failCode": 0, "data": {"list": next(pages), **told}}
    )
    plant_list = PlantList(raw_link.client)
    for _ in range(calls - 1):
        with pytest.raises(NotYetError):
            await plant_list.read_on()
        raw_link.clock.wait(61)
    assert len((await plant_list.read_on())[1]) == 1
    assert len(raw.requests) == 1 + calls


@pytest.mark.parametrize("data", [None, "being upgraded", [], {"list": None}])
async def test_stations_without_a_list_are_no_plants(
    raw: RawServer, raw_link: Link, data: Any
) -> None:
    raw.answers["stations"] = {"success": True, "failCode": 0, "data": data}
    page = await raw_link.client.stations()
    assert (page.items, page.pages) == ((), 1)
