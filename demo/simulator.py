"""The simulator process: the server of the demo's config entry."""

import asyncio
from contextlib import suppress
from pathlib import Path
import sys
from typing import Any, Final

from aiohttp import ClientError, ClientSession

from .configuration import ROOT
from .place import Place
from .processes import LOOPBACK, Child, DemoError

USERNAME: Final = "demo_api"
PASSWORD: Final = "Demo-2026"
# Of the account that is added by hand.
SECOND_USERNAME: Final = "second_api"
START_SECONDS: Final = 90


class Simulator:
    """The simulator's process with its address and its account."""

    def __init__(self, folder: Path, port: int, username: str = USERNAME) -> None:
        """Set the folder of the log, port and account; `start` starts the process."""
        self.folder = folder
        self.port = port
        self.username = username
        # Number of the alarm that was raised last.
        self.alarm = 0
        self._child: Child | None = None

    @property
    def address(self) -> str:
        """Return the host for the config flow."""
        return f"http://{LOOPBACK}:{self.port}"

    async def start(self, place: Place, *options: str) -> None:
        """Start the simulator and wait until it answers."""
        self._child = await Child.start(
            "The simulator",
            *(sys.executable, "-m", "simulator", "--all-types"),
            *("--host", LOOPBACK, "--port", str(self.port)),
            *("--user", self.username, "--password", PASSWORD),
            *("--timezone", place.time_zone),
            # With "=", because a negative latitude would be parsed as an option.
            f"--location={place.latitude},{place.longitude}",
            *options,
            cwd=ROOT,
            log=self.folder / f"simulator-{self.username}.log",
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                while not await self._answers():
                    self._child.raise_if_ended()
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise DemoError(
                f"The simulator did not answer within {START_SECONDS} s:\n"
                f"{self._child.tail()}"
            ) from None

    async def _answers(self) -> bool:
        with suppress(ClientError, OSError):
            await self.state()
            return True
        return False

    async def state(self) -> dict[str, Any]:
        """Return the simulator's state: plants, calls, faults."""
        return await self.ask("GET", "state")

    async def ask(
        self, method: str, what: str, sent: dict[str, Any] | None = None, **query: str
    ) -> dict[str, Any]:
        """Call a route of `/simulator/…`, listed in `simulator/admin.py`."""
        address = f"{self.address}/simulator/{what}"
        async with (
            ClientSession() as session,
            session.request(method, address, json=sent, params=query) as response,
        ):
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
        return answer

    async def serve(self) -> None:
        """Wait for the end of the process, which raises DemoError."""
        assert self._child
        await self._child.process.wait()
        self._child.raise_if_ended()

    async def stop(self) -> None:
        """Stop the process."""
        if self._child:
            await self._child.stop(patience=10)
