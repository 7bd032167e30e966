"""A release is made in a repository of its own, with real git."""

from datetime import UTC, datetime
import json
import os
from pathlib import Path
import shutil
import subprocess

import pytest

ROOT = Path(__file__).parent.parent.parent
MANIFEST = "custom_components/smartpvms/manifest.json"
CHANGELOG = """\
# Changelog

## Unreleased

### Added

- One thing.

### Fixed

- Another thing.

## 0.9.0 - 2026-01-01

### Added

- All of it.
"""
NOTES = "### Added\n\n- One thing.\n\n### Fixed\n\n- Another thing.\n"


class Repository:
    """A copy of what a release changes and runs, at version 0.9.0."""

    def __init__(self, root: Path) -> None:
        """Copy, and commit it."""
        self.root = root
        for name in (
            MANIFEST,
            "pyproject.toml",
            "script/pack",
            "script/release",
            "script/release-notes",
        ):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        manifest = json.loads((ROOT / MANIFEST).read_text())
        for name in (MANIFEST, "pyproject.toml"):
            path = root / name
            path.write_text(path.read_text().replace(manifest["version"], "0.9.0", 1))
        (root / "CHANGELOG.md").write_text(CHANGELOG)
        (root / ".gitignore").write_text("smartpvms.zip\n")
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit("all")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it, without the settings of the machine."""
        who = {"NAME": "A", "EMAIL": "a@example.com"}
        return subprocess.run(  # noqa: S603
            command,
            cwd=self.root,
            env={
                "PATH": os.environ["PATH"],
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
                **{f"GIT_AUTHOR_{key}": value for key, value in who.items()},
                **{f"GIT_COMMITTER_{key}": value for key, value in who.items()},
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def git(self, *arguments: str) -> str:
        """Run git and return its output."""
        done = self.run("git", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, message: str) -> None:
        """Commit all files."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def read(self, name: str) -> str:
        """Return the text of a file."""
        return (self.root / name).read_text()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Return a repository that is ready for a release."""
    return Repository(tmp_path)


@pytest.mark.parametrize("version", ["0.9.1", "0.10.0", "1.0.0"])
def test_release(repository: Repository, version: str) -> None:
    before = datetime.now(UTC).date()
    done = repository.run("script/release", version)
    dates = {str(before), str(datetime.now(UTC).date())}

    assert done.returncode == 0, done.stderr
    assert repository.git("status", "--porcelain") == ""
    assert repository.git("log", "-1", "--format=%s") == f"release: {version}"
    assert repository.git("describe") == f"v{version}"
    assert repository.git("show", "--format=", "--name-only").split() == [
        "CHANGELOG.md",
        MANIFEST,
        "pyproject.toml",
    ]
    assert json.loads(repository.read(MANIFEST))["version"] == version
    assert f'\nversion = "{version}"\n' in repository.read("pyproject.toml")
    dated = (
        CHANGELOG.replace(
            "## Unreleased\n", f"## Unreleased\n\n## {version} - {date}\n"
        )
        for date in dates
    )
    assert repository.read("CHANGELOG.md") in dated


def test_only_the_version_changes(repository: Repository) -> None:
    repository.run("script/release", "0.9.1")
    for name in (MANIFEST, "pyproject.toml"):
        changed = repository.git("diff", "--numstat", "HEAD^", "--", name)
        assert changed.split()[:2] == ["1", "1"]


def test_notes_and_pack_of_a_release(repository: Repository) -> None:
    repository.run("script/release", "0.9.1")
    assert repository.run("script/release-notes", "0.9.1").stdout == NOTES
    assert repository.run("script/pack", "0.9.1").returncode == 0
    assert repository.run("script/pack", "0.9.0").returncode == 1


def test_an_older_release_has_its_notes(repository: Repository) -> None:
    done = repository.run("script/release-notes", "0.9.0")
    assert done.stdout == "### Added\n\n- All of it.\n"


@pytest.mark.parametrize("version", ["0.9.2", "0.9", "0"])
def test_a_version_without_notes(repository: Repository, version: str) -> None:
    done = repository.run("script/release-notes", version)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f"CHANGELOG.md says nothing under {version}.\n"


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("0.9.0", "Version 0.9.0 is not newer than 0.9.0."),
        ("0.8.10", "Version 0.8.10 is not newer than 0.9.0."),
        ("0.10", "Usage: script/release X.Y.Z"),
        ("v0.10.0", "Usage: script/release X.Y.Z"),
        ("0.10.0b1", "Usage: script/release X.Y.Z"),
        ("0.010.0", "Usage: script/release X.Y.Z"),
        ("", "Usage: script/release X.Y.Z"),
    ],
)
def test_refused_version(repository: Repository, version: str, reason: str) -> None:
    assert_refused(repository, version, reason)


@pytest.mark.parametrize("name", ["pyproject.toml", "new.py"])
def test_a_dirty_tree_is_refused(repository: Repository, name: str) -> None:
    with (repository.root / name).open("a") as file:
        file.write("\n")
    assert_refused(repository, "0.10.0", "Not everything is committed.")


def test_a_second_release_without_changes_is_refused(repository: Repository) -> None:
    repository.run("script/release", "0.10.0")
    reason = "CHANGELOG.md says nothing under Unreleased."
    assert_refused(repository, "0.11.0", reason)


def test_a_tag_that_exists_is_refused(repository: Repository) -> None:
    repository.git("tag", "v0.10.0")
    assert_refused(repository, "0.10.0", "The tag v0.10.0 exists.")


def assert_refused(repository: Repository, version: str, reason: str) -> None:
    """Assert that a release fails for a reason and changes nothing."""

    def state() -> tuple[str, ...]:
        return tuple(
            repository.git(*command)
            for command in (
                ("rev-parse", "HEAD"),
                ("tag", "--list"),
                ("status", "--porcelain"),
                ("diff",),
            )
        )

    before = state()
    done = repository.run("script/release", version)
    assert done.returncode == 1
    assert done.stderr == f"{reason}\n"
    assert state() == before
