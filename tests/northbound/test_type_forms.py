"""A device type as a number, or as text where a server wants that."""

from custom_components.smartpvms.northbound import Interface
from custom_components.smartpvms.northbound.type_forms import TypeForms
from simulator import Plant, Simulator, Type
from tests.captures import captured

from .conftest import Link, RawServer

BATTERY = 39


def test_a_number_that_is_answered_stays_one() -> None:
    forms = TypeForms()
    forms.learn(BATTERY, has_rows=True)
    forms.learn(BATTERY, has_rows=False)
    assert forms.form(BATTERY) == BATTERY
    assert forms.is_settled(BATTERY)


def test_a_type_without_rows_is_asked_once_as_text() -> None:
    forms = TypeForms()
    forms.learn(BATTERY, has_rows=False)
    assert forms.form(BATTERY) == "39"
    assert not forms.is_settled(BATTERY)
    forms.learn(BATTERY, has_rows=False)
    assert forms.form(BATTERY) == BATTERY
    forms.learn(BATTERY, has_rows=False)
    assert forms.form(BATTERY) == BATTERY
    assert forms.is_settled(BATTERY)


def test_a_text_that_is_answered_stays_one() -> None:
    forms = TypeForms()
    for has_rows in (False, True, False):
        forms.learn(BATTERY, has_rows=has_rows)
    assert forms.form(BATTERY) == "39"


async def test_a_server_that_wants_text_is_given_it(
    link: Link, sim: Simulator, plant: Plant
) -> None:
    sim.text_types = {Type.BATTERY}
    [battery] = [one.id for one in plant.devices if one.type == Type.BATTERY]
    assert not await link.client.device_real_time(BATTERY, [battery])
    link.clock.wait(301)
    [row] = await link.client.device_real_time(BATTERY, [battery])
    assert row.values["battery_soc"] >= 0
    await link.client.device_rows(
        Interface.DEVICE_DAY, BATTERY, [battery], link.clock.at()
    )
    assert [call.payload.get("devTypeId") for call in sim.calls[1:]] == [39, "39", "39"]


async def test_success_with_nothing_is_asked_as_text(
    raw: RawServer, raw_link: Link
) -> None:
    raw.answers["getDevRealKpi"] = captured("getDevRealKpi_39_1_empty")
    for _ in range(3):
        assert not await raw_link.client.device_real_time(BATTERY, [1000000000000039])
        raw_link.clock.wait(301)
    assert [seen.body.get("devTypeId") for seen in raw.requests[1:]] == [39, "39", 39]
