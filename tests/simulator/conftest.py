"""Simulators on a summer's day, and a plain HTTP client."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from simulator import Device, Dialect, Plant, Simulator, fleet, serve

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 6, 15, 12, 2, tzinfo=BERLIN)
SINCE = date(2026, 1, 1)


class Northbound:
    """A client without any logic: it sends each request once and returns the answer."""

    def __init__(self, sim: Simulator, url: str, http: aiohttp.ClientSession) -> None:
        """Set the simulator, its address and the HTTP session."""
        self.sim = sim
        self.url = url
        self.http = http
        self.headers: dict[str, str] = {}

    def post(self, interface: str, **asked: Any) -> Any:
        """Return the context of a request's response."""
        return self.http.post(
            f"{self.url}/thirdData/{interface}",
            json=asked,
            headers=self.headers,
            allow_redirects=False,
        )

    async def call(self, interface: str, **asked: Any) -> dict[str, Any]:
        """Send a request; returns the JSON of the answer."""
        async with self.post(interface, **asked) as response:
            body: dict[str, Any] = await response.json()
            if "XSRF-TOKEN" in response.headers:
                self.headers = {"XSRF-TOKEN": response.headers["XSRF-TOKEN"]}
        return body

    async def login(self, user: str = "user", password: str = "pass") -> int:
        """Log in; returns the fail code."""
        body = await self.call("login", userName=user, systemCode=password)
        return int(body["failCode"])

    async def data(self, interface: str, **asked: Any) -> Any:
        """Return the data of a successful answer."""
        body = await self.call(interface, **asked)
        assert (body["failCode"], body["success"]) == (0, True), body
        return body["data"]

    async def rows(self, interface: str, **asked: Any) -> list[dict[str, Any]]:
        """Return the KPIs of all rows of a successful answer."""
        return [row["dataItemMap"] for row in await self.data(interface, **asked)]

    async def live(self, *devices: Device) -> list[dict[str, Any]]:
        """Return the real-time KPIs of devices of one type."""
        ids = ",".join(str(device.id) for device in devices)
        return await self.rows("getDevRealKpi", devIds=ids, devTypeId=devices[0].type)


type Opener = Callable[..., AbstractAsyncContextManager[Northbound]]


def of_type(plant: Plant, kind: int) -> list[Device]:
    """Return all devices of a type."""
    return [device for device in plant.devices if device.type == kind]


def stamp(moment: datetime) -> int:
    """Return epoch milliseconds."""
    return int(moment.timestamp() * 1000)


async def until(condition: Callable[[], bool]) -> None:
    """Run the event loop until a condition holds."""
    for _ in range(100_000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("the condition never held")


@pytest.fixture
def opened(socket_enabled: None) -> Opener:
    """Return a function that opens simulators and yields logged-in clients.

    By default a young house at noon in summer, without quotas and quirks.
    """

    @asynccontextmanager
    async def open_simulator(
        *plants: Plant, at: datetime = NOON, login: bool = True, **options: Any
    ) -> AsyncGenerator[Northbound]:
        options.setdefault("window", 0)
        options.setdefault("quirks", False)
        tls = options.pop("tls", False)
        sim = Simulator(list(plants) or [house()], **options)
        sim.clock.set(at)
        async with (
            serve(sim, tls=tls) as url,
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
        ):
            client = Northbound(sim, url, http)
            if login:
                assert await client.login() == 0
            yield client

    return open_simulator


def house(**options: Any) -> Plant:
    """Build a young house, whose past is simulated quickly."""
    return fleet.residential(**{"connected": SINCE, **options})


def park(**options: Any) -> Plant:
    """Build a young utility plant."""
    return fleet.utility(**{"connected": SINCE, **options})


BOTH = pytest.mark.parametrize("dialect", list(Dialect))
