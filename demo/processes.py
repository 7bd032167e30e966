"""Child processes that end with this process, and free ports."""

import asyncio
from contextlib import suppress
import ctypes
import os
from pathlib import Path
import secrets
import signal
import socket
import sys
from typing import Final

LOOPBACK: Final = "127.0.0.1"
PR_SET_PDEATHSIG: Final = 1
# Ports that no system gives to an outgoing connection: those begin at 32768.
UNCONNECTED: Final = range(20_000, 32_000)


class DemoError(Exception):
    """A failure of the demo; its message is a sentence for the user."""


class Child:
    """A child process with its output in a file."""

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, log: Path
    ) -> None:
        """Wrap a running process; `start` starts one."""
        self.name = name
        self.process = process
        self.log = log

    @classmethod
    async def start(cls, name: str, *command: str, cwd: Path, log: Path) -> Child:
        """Start a command in a process group of its own.

        Ctrl-C in a terminal signals the whole foreground group. Only this process may
        get the signal, because it stops its children in order.
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
        """Return whether the process runs."""
        return self.process.returncode is None

    def raise_if_ended(self) -> None:
        """Raise DemoError with the last lines of output if the process has ended."""
        if not self.running:
            raise DemoError(
                f"{self.name} ended with code {self.process.returncode}:\n{self.tail()}"
            )

    def tail(self, lines: int = 20) -> str:
        """Return the last lines of the output."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    async def stop(self, patience: float = 60) -> None:
        """Stop the process: SIGTERM, and SIGKILL after `patience` seconds."""
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
        """Kill the process and its group, as a power cut would."""
        if self.running:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()


def _end_with_parent() -> None:
    """Let the kernel end this child if the parent is killed. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Return whether a port is free to listen on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(preferred: int = 0, host: str = LOOPBACK) -> int:
    """Return the preferred port if it is free, else any free one.

    It is used only some time later, so it is none that a connection may get by then.
    """
    port = preferred
    while not port or not is_free(port, host):
        port = secrets.choice(UNCONNECTED)
    return port
