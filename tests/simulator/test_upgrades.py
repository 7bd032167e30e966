"""Upgrades and the registration of serials."""

from datetime import timedelta
from typing import Any

from simulator import Dialect, Oddity

from .conftest import Northbound, Opener, house, of_type, park

MINUTE = timedelta(minutes=1)


async def record(client: Northbound, *ids: int) -> list[dict[str, Any]]:
    """Return the upgrade records of string inverters."""
    rows: list[dict[str, Any]] = await client.data(
        "getDevUpgradeInfo", devIds=",".join(map(str, ids)), devTypeId=1
    )
    return rows


async def test_an_upgrade_takes_its_time(opened: Opener) -> None:
    plant = park()
    good, bad, current = (device.id for device in of_type(plant, 1))
    async with opened(plant) as client:
        asked = {"devIds": f"{good},{bad},{current}", "devTypeId": "1"}
        rows = await client.data("devUpgrade", **asked)
        assert [(row["result"], row["failCode"]) for row in rows] == [
            (True, 0),
            (True, 0),
            (False, 20020),
        ]
        rows = await record(client, good, bad, current)
        assert [row["upgradeResult"] for row in rows] == [0, 0]
        client.sim.clock.advance(2 * MINUTE)
        rows = await record(client, good, bad)
        assert [row["upgradeResult"] for row in rows] == [4, 4]
        assert 0 < rows[0]["process"] < 100
        again = await client.data("devUpgrade", devIds=good, devTypeId=1)
        assert again[0]["result"] is True
        client.sim.clock.advance(9 * MINUTE)
        rows = await record(client, good, bad)
        assert [row["upgradeResult"] for row in rows] == [1, 2]
        assert rows[0]["targetVersion"] == "V300R001C00SPC136"
        listed = await client.data("getDevList", stationCodes=plant.code)
        versions = {row["id"]: row["softwareVersion"] for row in listed}
        assert versions[good] == "V300R001C00SPC136"
        assert versions[bad] == "V300R001C00SPC121"
        [done] = await client.data("devUpgrade", devIds=good, devTypeId=1)
        assert done["result"] is False


async def test_registered_serials(opened: Opener) -> None:
    plant = house()
    serial = plant.devices[0].serial
    async with opened(plant) as client:
        body = await client.call(
            "snIsRegister", SN=f"{serial},X1", userName="erika@example.com", key="k"
        )
        assert body["success"] is True
        assert body["data"] == {"detail": {serial: True, "X1": False}, "key": "k"}
        assert body["buildCode"] == "2"


async def test_unknown_users_and_wrong_serials_are_refused(opened: Opener) -> None:
    many = ",".join(f"S{number}" for number in range(21))
    known = "erika@example.com"
    async with opened(house(), dialect=Dialect.V2020) as client:
        for asked, message in (
            ({"SN": "X1", "userName": "nobody"}, "user does not exist"),
            ({"SN": "", "userName": known}, "SN can not be empty"),
            ({"SN": many, "userName": known}, "SN exceeds the maximum number 20"),
            (
                {"SN": "X1", "userName": known, "key": "k" * 257},
                "key exceeds the maximum length 256",
            ),
        ):
            body = await client.call("snIsRegister", **asked)
            assert (body["success"], body["failCode"]) == (False, 0)
            assert body["message"] == message
        body = await client.call("snIsRegister", SN="X1", userName=known)
        assert body["data"]["detail"] == {"X1": False}


def test_oddities_say_what_they_do() -> None:
    assert all(" " in oddity for oddity in Oddity)
