"""Child processes that never outlive us, and the ports they listen on."""

import asyncio
from contextlib import suppress
import ctypes
import os
from pathlib import Path
import signal
import socket
import sys
from typing import Final

LOOPBACK: Final = "127.0.0.1"
PR_SET_PDEATHSIG: Final = 1


class DemoError(Exception):
    """Something a person has to hear about, said in a sentence."""


class Child:
    """One process with its output in a file."""

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, log: Path
    ) -> None:
        """Keep what is needed to watch and stop it."""
        self.name = name
        self.process = process
        self.log = log

    @classmethod
    async def start(cls, name: str, *command: str, cwd: Path, log: Path) -> Child:
        """Start a command in a process group of its own.

        Ctrl-C in a terminal goes to the whole foreground group. Here it has to reach us
        alone: we stop the children, in order and once.
        """
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
                preexec_fn=_end_with_parent,
            )
        return cls(name, process, log)

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.process.returncode is None

    def raise_if_ended(self) -> None:
        """Say so, with its last words, when it has ended by itself."""
        if not self.running:
            raise DemoError(
                f"{self.name} ended with code {self.process.returncode}:\n{self.tail()}"
            )

    def tail(self, lines: int = 20) -> str:
        """Return the last lines of its output."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    async def stop(self, patience: float = 60) -> None:
        """Ask it to stop, and insist when it does not."""
        if self.running:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), patience)
            except TimeoutError:
                with suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                await self.process.wait()

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.running:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()


def _end_with_parent() -> None:
    """Let the kernel end this child when we are killed without a chance to."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(preferred: int = 0, host: str = LOOPBACK) -> int:
    """Return the preferred port if it is free, else any free one."""
    if preferred and is_free(preferred, host):
        return preferred
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port
