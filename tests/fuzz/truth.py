"""The true answers of a simulated server, as raw material."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
import json
from types import SimpleNamespace
from typing import Any, Final, cast

from custom_components.smartpvms.northbound import (
    Dialect,
    Interface,
    NorthboundClient,
    NorthboundError,
    PlantList,
)
from custom_components.smartpvms.northbound.call_log import CallLog
from custom_components.smartpvms.northbound.interfaces import Json
from custom_components.smartpvms.northbound.session import _open
from simulator import Clock, Dialect as Age, Simulator, fleet
from simulator.interfaces.table import envelope

NOON: Final = datetime(2026, 6, 15, 10, 2, tzinfo=UTC)
USER, PASSWORD = "Northbound-User", "Secret-Systemcode"

type Coroutine_ = Coroutine[Any, Any, object]


def answer(sim: Simulator, interface: str, asked: Mapping[str, Any]) -> Any:
    """Return the envelope that a simulator answers a call with; no quota is kept."""
    return envelope(sim, interface, asked, sim.clock.now())


@cache
def simulator(dialect: Dialect = Dialect.V2022) -> Simulator:
    """Return a server with a house at noon in June."""
    clock = Clock()
    clock.set(NOON)
    house = fleet.residential()
    sim = Simulator(
        [house], Age(dialect), username=USER, password=PASSWORD, clock=clock
    )
    sim.all_types = True
    sim.alarms.raise_(house, house.devices[0])
    return sim


def calls() -> dict[str, Callable[[NorthboundClient], Coroutine_]]:
    """Return every coroutine of the client, as it is called for a house."""
    house = simulator().plants[0]
    plants = [house.code]
    inverter = next(d for d in house.devices if d.type in (1, 38))
    kind, ids = int(inverter.type), [inverter.id]
    day, later = NOON - timedelta(days=1), NOON + timedelta(hours=1)
    return {
        "station_list": lambda client: client.station_list(),
        "stations": lambda client: client.stations(),
        "detect": lambda client: PlantList(client).read_on(),
        "plant_real_time": lambda client: client.plant_real_time(plants),
        "plant_hours": lambda client: client.plant_rows(
            Interface.PLANT_HOUR, plants, NOON
        ),
        "plant_days": lambda client: client.plant_rows(
            Interface.PLANT_DAY, plants, NOON
        ),
        "plant_months": lambda client: client.plant_rows(
            Interface.PLANT_MONTH, plants, NOON
        ),
        "plant_years": lambda client: client.plant_rows(
            Interface.PLANT_YEAR, plants, NOON
        ),
        "devices": lambda client: client.devices(plants),
        "device_real_time": lambda client: client.device_real_time(kind, ids),
        "device_five_minutes": lambda client: client.device_rows(
            Interface.DEVICE_FIVE_MINUTES, kind, ids, NOON
        ),
        "device_history": lambda client: client.device_history(kind, ids, day, later),
        "device_days": lambda client: client.device_rows(
            Interface.DEVICE_DAY, kind, ids, NOON
        ),
        "device_months": lambda client: client.device_rows(
            Interface.DEVICE_MONTH, kind, ids, NOON
        ),
        "device_years": lambda client: client.device_rows(
            Interface.DEVICE_YEAR, kind, ids, NOON
        ),
        "upgrade": lambda client: client.upgrade(kind, ids),
        "upgrade_records": lambda client: client.upgrade_records(kind, ids),
        "alarms": lambda client: client.alarms(plants, day, later, "en_UK"),
        "registration": lambda client: client.registration(
            [str(inverter.serial)], "owner@example.com"
        ),
        "log_in": lambda client: client.session.log_in(),
        "log_out": lambda client: client.session.log_out(),
    }


@cache
def document(name: str) -> Any:
    """Return the true envelope that a coroutine of the client is answered with."""
    heard: list[Any] = []
    sim = simulator()

    async def call(interface: Interface, payload: Any = None) -> Json:
        envelope = answer(sim, interface, payload or {})
        # As many rows as it takes: more of the same would only be slow.
        if isinstance(envelope["data"], list):
            envelope["data"] = envelope["data"][:2]
        heard.append(envelope)
        data: Json = envelope["data"]
        return data

    async def log() -> None:
        heard.append(answer(sim, "login", {}))

    session = SimpleNamespace(
        call=call,
        call_log=CallLog(),
        ledger=SimpleNamespace(profile=None, now=lambda: 0.0),
        log_in=log,
        log_out=log,
    )
    done(calls()[name](NorthboundClient(cast("Any", session))))
    return json.loads(json.dumps(heard[0]))


class Told(NorthboundClient):
    """A client whose every call is answered by one body, without a server."""

    def __init__(self, body: bytes, kind: str = "application/json") -> None:
        """Answer every call with this body."""

        async def call(interface: Interface, payload: object = None) -> Json:
            response = SimpleNamespace(content_type=kind, status=200)
            return _open(interface, body, cast("Any", response))

        async def log() -> None:
            await call(Interface.LOGIN)

        ledger = SimpleNamespace(profile=None, now=lambda: 0.0)
        session = SimpleNamespace(
            call=call, call_log=CallLog(), ledger=ledger, log_in=log, log_out=log
        )
        super().__init__(cast("Any", session))


def done(coroutine: Coroutine_) -> Any:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


def outcome(asking: Coroutine_) -> Any:
    """Return what a call returns, or the error of ours that it ends with."""
    try:
        return done(asking)
    except NorthboundError as error:
        return error
