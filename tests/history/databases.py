"""Database servers on loopback, each a child process with files of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import importlib.util
import os
from pathlib import Path
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from typing import Final

START_WITHIN: Final = 60.0
"""Seconds in which a server has to take connections."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A kind of database server.

    ``package``: Debian's; ``driver``: the Python module that speaks to it; ``prepare``:
    the command that makes its files, ``serve``: the one that runs it, both with the
    fields ``folder`` and ``port``; ``url``: how the recorder names it; ``stop``: the
    signal that ends it at once.
    """

    package: str
    driver: str
    prepare: tuple[str, ...]
    serve: tuple[str, ...]
    url: str
    stop: signal.Signals

    @property
    def lacks(self) -> str:
        """Return what is not installed, a text for people; empty if nothing is."""
        found = all(program(command[0]) for command in (self.prepare, self.serve))
        if not found:
            return f"Debian's package {self.package} is not installed"
        if importlib.util.find_spec(self.driver) is None:
            return f"the Python module {self.driver} is not installed"
        return ""


ENGINES: Final = {
    "mariadb": Engine(
        package="mariadb-server",
        driver="pymysql",
        prepare=(
            "mariadb-install-db",
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--datadir={folder}/data",
        ),
        serve=(
            "mariadbd",
            "--no-defaults",
            "--datadir={folder}/data",
            "--socket={folder}/socket",
            "--bind-address=127.0.0.1",
            "--port={port}",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
        ),
        url="mysql+pymysql://root@127.0.0.1:{port}/test?charset=utf8mb4",
        stop=signal.SIGTERM,
    ),
    "postgresql": Engine(
        package="postgresql",
        driver="psycopg2",
        prepare=(
            "initdb",
            "--pgdata={folder}/data",
            "--auth=trust",
            "--username=root",
            "--encoding=UTF8",
            "--no-sync",
        ),
        serve=(
            "postgres",
            "-D",
            "{folder}/data",
            "-k",
            "{folder}",
            "-h",
            "127.0.0.1",
            "-p",
            "{port}",
            "-F",
        ),
        url="postgresql://root@127.0.0.1:{port}/test",
        stop=signal.SIGINT,
    ),
}
"""By the name of their dialect."""


def program(name: str) -> str | None:
    """Return the path of a program; Debian keeps PostgreSQL's out of PATH."""
    places = [
        *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)),
        "/usr/sbin",
        os.environ.get("PATH", ""),
    ]
    return shutil.which(name, path=os.pathsep.join(places))


@contextmanager
def served(name: str) -> Iterator[str]:
    """Run a server; yield the URL of an empty database."""
    engine = ENGINES[name]
    # They refuse to run as root, and such a user cannot read root's folders.
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        if user:
            owner = pwd.getpwnam(user)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        port = _free_port()

        def command(parts: tuple[str, ...]) -> list[str]:
            path = program(parts[0])
            assert path
            rest = [part.format(folder=folder, port=port) for part in parts[1:]]
            return [path, *rest]

        subprocess.run(  # noqa: S603
            command(engine.prepare),
            check=True,
            capture_output=True,
            user=user,
            cwd=folder,
        )
        with subprocess.Popen(  # noqa: S603
            command(engine.serve),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=user,
            cwd=folder,
        ) as server:
            try:
                _wait_for(port, server)
                yield _made(engine.url.format(port=port))
            finally:
                server.send_signal(engine.stop)
                server.wait(START_WITHIN)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until a server takes connections."""
    until = time.monotonic() + START_WITHIN
    while server.poll() is None and time.monotonic() < until:
        with socket.socket() as knocking:
            if not knocking.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)
    raise RuntimeError(f"{server.args!r} takes no connections")


def _made(url: str) -> str:
    """Make the database of a URL, which is returned."""
    from sqlalchemy import create_engine, make_url, text

    made = make_url(url)
    server = {"mysql": "mysql", "postgresql": "postgres"}[made.get_backend_name()]
    until = time.monotonic() + START_WITHIN
    engine = create_engine(made.set(database=server), isolation_level="AUTOCOMMIT")
    while True:
        try:
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {made.database}"))
            break
        except Exception:
            # It may take connections before it is ready for them.
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
    engine.dispose()
    return url
