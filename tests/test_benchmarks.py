"""The benchmarks in their smallest form: they run."""

import json
from pathlib import Path
import subprocess
import sys
from typing import Final

import pytest

from benchmarks.__main__ import CASES, DAYS
from benchmarks.home import FLOOR
from benchmarks.stage import OURS
from benchmarks.table import days

ROOT: Final = Path(__file__).parent.parent


def bench(folder: Path, *arguments: str) -> str:
    """Run a part of the benchmarks in a process of its own."""
    command = [sys.executable, "-m", "benchmarks", str(folder), *arguments]
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=100
    )
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folders of both sides, with one plant."""
    folder = tmp_path_factory.mktemp("bench")
    bench(folder, "prepare", "--plants", "1", "--devices", "3", "--entities", "60")
    return folder


def measured(folder: Path, case: str, side: str) -> float:
    """Return what a case prints."""
    return float(json.loads(bench(folder, case, "--side", side).splitlines()[-1]))


def test_both_sides_are_measured(folder: Path) -> None:
    assert measured(folder, "restart", FLOOR) > 0
    assert measured(folder, "all_changed", OURS) > 0


@pytest.mark.slow
@pytest.mark.parametrize("side", [OURS, FLOOR])
@pytest.mark.parametrize("case", CASES)
def test_a_case_is_measured(folder: Path, case: str, side: str) -> None:
    assert measured(folder, case, side) > 0


@pytest.mark.slow
@pytest.mark.parametrize("case", DAYS)
def test_a_day_is_measured(tmp_path: Path, case: str) -> None:
    found = json.loads(
        bench(tmp_path, case, "--plants", "1", "--seconds", "60").splitlines()[-1]
    )
    assert found["seconds"] > 0


def test_what_is_not_there_yet_is_expected() -> None:
    house = {
        "seconds": 41.5,
        "marks": {"first": 0.0, "all": 60.0, "done": 2.5 * 86400, "entities": 50},
        "best": {"hour": 2 * 86400.0},
    }
    shown = days(house, {"seconds": 900.0, "entities": 20_000}).splitlines()
    assert "| A house, its first day | 50 | 42 s |" in shown
    assert "| A fleet at noon | 20000 | 900 s |" in shown
    assert "| First value | 0 s | 0 s |" in shown
    assert "| Hours imported | 2.5 d expected | 2 d |" in shown
