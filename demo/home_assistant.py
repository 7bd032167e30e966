"""The Home Assistant process."""

import asyncio
from datetime import datetime
from pathlib import Path
import sys
from typing import Final

from .client import HomeAssistantClient
from .configuration import ROOT, write_configuration
from .place import Place
from .processes import Child, DemoError

USERNAME: Final = "demo"
PASSWORD: Final = "demo"
START_SECONDS: Final = 180
RESTART_EXIT_CODE: Final = 100


class HomeAssistant:
    """Home Assistant with its folder, its address and its owner."""

    def __init__(
        self, folder: Path, host: str, port: int, module: str = "homeassistant"
    ) -> None:
        """Set the folder and address; `start` starts the process, a module's."""
        self._module = module
        self.folder = folder
        self.host = host
        self.port = port
        self.client = HomeAssistantClient(self.address)
        self._child: Child | None = None

    @property
    def address(self) -> str:
        """Return the address for a browser on this machine."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104
        return f"http://{host}:{self.port}"

    @property
    def log(self) -> Path:
        """Return the log that Home Assistant writes."""
        return self.folder / "home-assistant.log"

    @property
    def child(self) -> Child:
        """Return the running process."""
        assert self._child
        return self._child

    async def start(self, place: Place) -> None:
        """Start the process, create the owner, log in, wait until all is set up."""
        write_configuration(self.folder, place, self.host, self.port)
        await self._launch()
        is_new = await self.client.create_owner(USERNAME, PASSWORD)
        await self.log_in()
        while await self.client.state() != "RUNNING":
            self.child.raise_if_ended()
            await asyncio.sleep(0.5)
        if is_new:
            # The plants are where it is day now: in the browser's time zone the Energy
            # dashboard would count another day than they do.
            await self.client.command(
                "frontend/set_user_data", key="language", value={"time_zone": "server"}
            )

    async def log_in(self) -> None:
        """Log in as the owner."""
        await self.client.log_in(USERNAME, PASSWORD)

    async def _launch(self) -> None:
        command = (sys.executable, "-m", self._module, "--config", str(self.folder))
        self._child = await Child.start(
            "Home Assistant",
            *command,
            "--skip-pip",
            "--log-no-color",
            cwd=ROOT,
            log=self.folder / "output.log",
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                while not await self.client.is_up():
                    self._child.raise_if_ended()
                    await asyncio.sleep(0.5)
        except TimeoutError:
            raise DemoError(
                f"Home Assistant did not answer within {START_SECONDS} s:\n"
                f"{self._child.tail()}"
            ) from None

    async def serve(self) -> None:
        """Wait for the end, which raises DemoError; launch again on restart."""
        while await self.child.process.wait() == RESTART_EXIT_CODE:
            print(f"{datetime.now():%H:%M:%S} Home Assistant restarts")  # noqa: DTZ005
            await self._launch()
        self.child.raise_if_ended()

    async def restart(self, place: Place) -> None:
        """Stop Home Assistant and start it again in the same folder."""
        await self.child.stop()
        await self.start(place)

    async def crash(self, place: Place) -> None:
        """Kill Home Assistant and start it again in the same folder."""
        await self.child.kill()
        await self.start(place)

    async def stop(self) -> None:
        """Stop Home Assistant by SIGTERM, which lets it write its files."""
        await self.client.close()
        if self._child:
            await self._child.stop()
