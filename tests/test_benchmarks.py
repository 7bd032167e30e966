"""The benchmarks in their smallest form: they run."""

import json
from pathlib import Path
import subprocess
import sys
from typing import Final

import pytest

from benchmarks.__main__ import CASES
from benchmarks.home import FLOOR
from benchmarks.stage import OURS

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
