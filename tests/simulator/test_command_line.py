"""python -m simulator."""

import asyncio
from pathlib import Path
import signal
import sys

import aiohttp
import pytest

from simulator.__main__ import main, parser, plants

ROOT = Path(__file__).parents[2]


def test_help_names_options_faults_and_routes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for word in ("--dialect", "--window", "examples:", "empty_map", "/simulator/state"):
        assert word in text


@pytest.mark.parametrize("wrong", [["--fault", "fire"], ["--dialect", "1999"]])
def test_wrong_options_are_refused(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(wrong)
    assert "error" in capsys.readouterr().err


@pytest.mark.parametrize("count", [1, 2, 5])
def test_plants_of_the_command_line(count: int) -> None:
    options = ["--plants", str(count), "--timezone", "Asia/Kolkata"]
    built = plants(parser().parse_args([*options, "--location", "28.6,77.2"]))
    assert len(built) == count
    assert (built[0].site.timezone, built[0].site.latitude) == ("Asia/Kolkata", 28.6)


async def test_it_serves_until_a_signal(socket_enabled: None) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator",
        *("--port", "0", "--plants", "1", "--clock", "2023-06-21T12:00:00"),
        *("--user", "me", "--password", "secret", "--fault", "code=20009:stations"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().split()[-1]
        assert b"me / secret" in await process.stdout.readline()
        assert b"client: 100000001" in await process.stdout.readline()
        async with aiohttp.ClientSession() as http:
            asked = {"userName": "me", "systemCode": "secret"}
            async with http.post(f"{url}/thirdData/login", json=asked) as response:
                headers = {"XSRF-TOKEN": response.headers["XSRF-TOKEN"]}
            async with http.post(
                f"{url}/thirdData/stations", json={}, headers=headers
            ) as response:
                assert (await response.json())["failCode"] == 20009
            async with http.get(f"{url}/simulator/state") as response:
                assert (await response.json())["clock"].startswith("2023-06-21T12:00")
        process.send_signal(signal.SIGINT)
        out, log = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    assert out.strip() == b"stopped"
    assert b"stations: HTTP 200, failCode 20009" in log
    assert b"secret" not in log


def test_houses_of_a_second_account() -> None:
    """No other account of the command line has them; they are where it says."""
    there = [
        "--plants",
        "2",
        "--timezone",
        "Pacific/Honolulu",
        "--location=21.3,-157.9",
    ]
    first, second = (
        plants(parser().parse_args(arguments))
        for arguments in (there, [*there, "--houses"])
    )
    assert len(first) == len(second) == 2
    assert not {plant.code for plant in first} & {plant.code for plant in second}
    sites = [plant.site for plant in (*first, *second)]
    places = {(site.timezone, site.latitude, site.longitude) for site in sites}
    assert places == {("Pacific/Honolulu", 21.3, -157.9)}
