"""The independent client pyhfs, from PyPI, understands the simulator."""

import asyncio
from datetime import timedelta
from typing import Any

from pyhfs.client import Client
from pyhfs.exception import FrequencyLimit, LoginFailed
from pyhfs.session import Session
import pytest

from simulator import fleet

from .conftest import NOON, SINCE, Opener, house, park


def everything(url: str, password: str = "pass") -> dict[str, Any]:
    """Return the rows of every method of pyhfs by its subject."""
    with Session("user", password, url) as session, Client(session) as client:
        plants = client.get_plant_list()
        codes = [plant["plantCode"] for plant in plants]
        return {
            "plants": plants,
            "now": client.get_plant_realtime_data(codes),
            "hours": client.get_plant_hourly_data(codes, NOON),
            "days": client.get_plant_daily_data(codes, NOON),
            "months": client.get_plant_monthly_data(codes, NOON),
            "years": client.get_plant_yearly_data(codes, NOON),
            "alarms": client.get_alarms_list(codes, NOON - timedelta(days=30), NOON),
        }


async def test_pyhfs_reads_everything(opened: Opener) -> None:
    plants = [house(), park(), fleet.emma(connected=SINCE)]
    async with opened(*plants, quirks=True, window=1, login=False) as client:
        read = await asyncio.to_thread(everything, client.url)
        assert [plant["plantCode"] for plant in read["plants"]] == [
            plant.code for plant in plants
        ]
        sizes = {name: len(rows) for name, rows in read.items() if name != "alarms"}
        # With the cloud's lag the hour before noon is not complete.
        assert sizes == {
            "plants": 3,
            "now": 3,
            "hours": 33,
            "days": 45,
            "months": 18,
            "years": 3,
        }
        assert read["alarms"]
        assert all(row["dataItemMap"]["total_power"] > 0 for row in read["now"])
        assert client.sim.count(fail_code=0) == len(client.sim.calls) == 8


async def test_pyhfs_recognises_failures(opened: Opener) -> None:
    async with opened(house(), window=1, login=False) as client:
        with pytest.raises(LoginFailed):
            await asyncio.to_thread(everything, client.url, "wrong")
        await asyncio.to_thread(everything, client.url)
        with pytest.raises(FrequencyLimit):
            await asyncio.to_thread(everything, client.url)
