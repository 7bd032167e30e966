"""Serves a fleet of simulated plants until standard input ends."""

import argparse
import asyncio
import sys

from benchmarks.fleet import DEVICES, plants
from simulator import Dialect, Simulator, serve


async def run(count: int, devices: int, dialect: Dialect) -> None:
    """Serve an account with `count` plants of `devices` devices; print its address."""
    sim = Simulator(plants(count, devices), dialect, window=0.0, all_types=True)
    sim.alarms.automatic = False
    # At noon, when every device has values.
    sim.clock.set(sim.clock.at().replace(hour=12, minute=0))
    now = sim.clock.now()
    for world in {id(plant.world): plant.world for plant in sim.plants}.values():
        world.totals(now)
    async with serve(sim) as url:
        print(url, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plants", type=int, default=100)
    parser.add_argument("--devices", type=int, default=DEVICES)
    parser.add_argument("--dialect", default=Dialect.V2022.value)
    options = parser.parse_args()
    asyncio.run(run(options.plants, options.devices, Dialect(options.dialect)))


if __name__ == "__main__":
    main()
