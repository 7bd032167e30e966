"""Run a simulator from the command line."""

import argparse
import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
import logging
import signal
import sys

from . import fleet
from .clock import Clock
from .dialect import Dialect
from .faults import Fault, FaultKind
from .model import Plant
from .server import serve
from .simulator import Simulator

EXAMPLES = f"""
examples:
  python -m simulator
      a house and a plant with a device of every type, for an account made since 2022
  python -m simulator --dialect 2020 --plants 1 --clock 2026-06-21T12:00:00+02:00
      one house on a summer's noon, on a system of the 2020 reference
  python -m simulator --window 0.1 --fault cut:getDevRealKpi:3 --fault code=20004:stations
      quotas ten times as generous, three broken answers, and a list that always fails
  python -m simulator --tls --all-types
      a company's own management system: a self-signed certificate, data of every type

faults (kind[:interface[:times]]; code=N and http=N take a number):
  {", ".join(kind.value for kind in FaultKind if kind.value < "l")}
  {", ".join(kind.value for kind in FaultKind if kind.value >= "l")}

while it runs:
  curl http://HOST:PORT/simulator/state
  curl -X POST -d '{{"kind": "html", "times": 2}}' http://HOST:PORT/simulator/faults
  curl -X DELETE http://HOST:PORT/simulator/faults
  curl -X POST -d '{{"advance": 3600}}' http://HOST:PORT/simulator/clock
  curl -X POST -d '{{"do": "raise", "plant": "NE=33554785"}}' \\
      http://HOST:PORT/simulator/alarms
  curl -X POST http://HOST:PORT/simulator/evict
"""


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _location(text: str) -> tuple[float, float]:
    latitude, longitude = text.split(",")
    return float(latitude), float(longitude)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A simulated SmartPVMS (Huawei FusionSolar) northbound interface.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = command.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=int, default=8475, help="port, 0 for any (%(default)s)")
    add("--user", default="user", help="user name of the account (%(default)s)")
    add("--password", default="pass", help="its password (%(default)s)")
    add(
        "--dialect",
        choices=[dialect.value for dialect in Dialect],
        default=Dialect.V2022.value,
        help="generation of the interface (%(default)s)",
    )
    add(
        "--plants",
        type=int,
        default=2,
        metavar="N",
        help="1: a house; 2: also a utility plant (default); more: further houses",
    )
    add(
        "--houses",
        action="store_true",
        help="only houses, --plants of them, that no other account has",
    )
    add("--seed", type=int, default=1, help="seed of all random values (%(default)s)")
    add(
        "--window",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="factor on all quota windows; 1: real (default), 0: no quotas",
    )
    add(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="KIND[:INTERFACE[:TIMES]]",
        help="fault to arm at the start; repeatable",
    )
    add("--all-types", action="store_true", help="also data of device types 8, 14, 15")
    add("--tls", action="store_true", help="https with a self-signed certificate")
    add("--clock", type=_moment, metavar="ISO", help="simulated time at the start")
    add("--timezone", metavar="IANA", help="time zone of the plants")
    add(
        "--location",
        type=_location,
        metavar="LAT,LON",
        help="location of the plants",
    )
    add(
        "--no-quirks",
        action="store_true",
        help="no deviations from the reference, no lag",
    )
    add("--no-alarms", action="store_true", help="no alarms but those that are raised")
    add("--quiet", action="store_true", help="do not log every call")
    return command


def _fault(text: str) -> Fault:
    try:
        return Fault.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def plants(options: argparse.Namespace) -> list[Plant]:
    """Build the plants from the options plants, houses, seed, timezone and location."""
    place = {
        key: value
        for key, value in (
            ("timezone", options.timezone),
            ("location", options.location),
        )
        if value is not None
    }
    if options.houses:
        return fleet.many(options.plants, seed=options.seed, **place)
    built = [fleet.residential(seed=options.seed, **place)]
    if options.plants > 1:
        built.append(fleet.utility(seed=options.seed + 2, **place))
    more = max(0, options.plants - 2)
    return built + fleet.many(more, seed=options.seed, **place)


async def run(options: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM."""
    clock = Clock()
    if options.clock:
        clock.set(options.clock)
    sim = Simulator(
        plants(options),
        Dialect(options.dialect),
        username=options.user,
        password=options.password,
        clock=clock,
        quirks=not options.no_quirks,
        window=options.window,
        all_types=options.all_types,
    )
    sim.alarms.automatic = not options.no_alarms
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    for fault in options.fault:
        sim.faults.add(fault)
    for plant in sim.plants:
        # Simulate the plant's past now: a first client would wait seconds for it.
        plant.world.totals(clock.now())
    async with serve(sim, options.host, options.port, options.tls) as url:
        print(f"SmartPVMS {sim.dialect} simulator: {url}")
        print(f"login: {options.user} / {options.password}", flush=True)
        owner = sim.owner
        print(f"owner: {owner.username} / {owner.password}", end=", ")
        print(f"client: {owner.client_id} / {owner.client_secret}", flush=True)
        await stop.wait()
    print("stopped", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    options = parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.WARNING if options.quiet else logging.INFO,
        format="%(asctime)s %(message)s",
    )
    try:
        asyncio.run(run(options))
    except OSError as error:
        print(f"cannot listen: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
