"""The integration's records in Home Assistant's log."""

from collections.abc import Iterable, Iterator
from pathlib import Path
import re
from typing import Final

from .configuration import ROOT
from .entry import DOMAIN

HEAD: Final = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S* (?P<level>[A-Z]+) \(.*?\) \["
)
LEVELS: Final = ("WARNING", "ERROR", "CRITICAL")
# Home Assistant logs this for every custom integration.
USUAL: Final = f"We found a custom integration {DOMAIN}"


def complaints(log: Path) -> list[str]:
    """Return the warnings and errors that name the integration."""
    return [
        record
        for record in _records(log.read_text(errors="replace").splitlines())
        if (head := HEAD.match(record))
        and head["level"] in LEVELS
        and _names_integration(record, log.parent)
        and USUAL not in record
    ]


def _records(lines: Iterable[str]) -> Iterator[str]:
    """Yield records with their further lines, such as a traceback."""
    record: list[str] = []
    for line in lines:
        if HEAD.match(line) and record:
            yield "\n".join(record)
            record = []
        record.append(line)
    if record:
        yield "\n".join(record)


def _names_integration(record: str, folder: Path) -> bool:
    """Return whether a record names the integration, apart from paths of the demo."""
    for path in (folder, ROOT):
        record = record.replace(str(path), "")
    return DOMAIN in record
