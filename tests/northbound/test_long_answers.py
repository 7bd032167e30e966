"""Long answers are parsed in a thread: the event loop runs on meanwhile."""

import json
import threading
from typing import Any

import pytest

from custom_components.smartpvms.northbound import Interface, client, session
from custom_components.smartpvms.northbound.errors import ResponseError
from custom_components.smartpvms.northbound.session import LONG_ANSWER
from simulator import Plant, Simulator

from .conftest import NOON, Link, RawServer

AT = Interface.PLANT_REAL_TIME


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note in which thread each body and each list of rows is parsed."""
    seen: list[str] = []
    here = threading.current_thread()

    def noted(name: str, work: Any) -> Any:
        def run(*args: Any) -> Any:
            is_loop = threading.current_thread() is here
            seen.append(f"{name}: {'loop' if is_loop else 'thread'}")
            return work(*args)

        return run

    monkeypatch.setattr(session, "_open", noted("body", session._open))
    monkeypatch.setattr(client, "parse", noted("rows", client.parse))
    return seen


@pytest.mark.parametrize(
    ("size", "where"), [(LONG_ANSWER, "loop"), (LONG_ANSWER + 1, "thread")]
)
async def test_where_a_body_is_parsed(
    raw: RawServer, raw_link: Link, threads: list[str], size: int, where: str
) -> None:
    await raw_link.client.session.log_in()
    threads.clear()
    raw.answers[AT] = '{"success": true, "data": [7]}'.ljust(size)
    assert await raw_link.session.call(AT) == [7]
    assert threads == [f"body: {where}"]


async def test_a_long_answer_fails_as_a_short_one_does(
    raw: RawServer, raw_link: Link
) -> None:
    raw.answers[AT] = "[" * (LONG_ANSWER + 1)
    with pytest.raises(ResponseError, match="not JSON") as caught:
        await raw_link.session.call(AT)
    assert caught.value.interface is AT


@pytest.mark.parametrize(
    ("count", "where"), [(client.MANY_ROWS, "loop"), (client.MANY_ROWS + 1, "thread")]
)
async def test_where_rows_are_parsed(
    raw: RawServer, raw_link: Link, threads: list[str], count: int, where: str
) -> None:
    row = {"devId": 1, "dataItemMap": {"day_cap": 1.5}}
    raw.answers[Interface.DEVICE_REAL_TIME] = {"success": True, "data": [row] * count}
    found = await raw_link.client.device_real_time(38, [1])
    assert len(found) == count
    assert threads[-1] == f"rows: {where}"


async def test_many_rows_are_parsed_a_portion_at_a_time(
    raw: RawServer, raw_link: Link, threads: list[str]
) -> None:
    """A thread of Home Assistant's is never held up for longer than a portion takes."""
    count = 2 * client.ROWS_AT_ONCE + 1
    rows = [{"devId": n, "dataItemMap": {"day_cap": "?"}} for n in range(count)]
    raw.answers[Interface.DEVICE_REAL_TIME] = {"success": True, "data": rows}
    found = await raw_link.client.device_real_time(38, [1])
    assert [row.device_id for row in found] == list(range(count))
    assert threads[-3:] == ["rows: thread"] * 3
    kinds = raw_link.session.call_log.oddities
    assert [*kinds.values()] == [count]


async def test_a_day_of_five_minutes(
    link: Link, sim: Simulator, plant: Plant, threads: list[str]
) -> None:
    inverter = plant.devices[0]
    start = NOON.replace(day=14, hour=0, minute=0)
    end = start.replace(day=15)
    rows = await link.client.device_history(inverter.type, [inverter.id], start, end)
    assert len(rows) == 288
    assert len(json.dumps([dict(row.values) for row in rows])) > LONG_ANSWER
    assert threads[-2:] == ["body: thread", "rows: thread"]
