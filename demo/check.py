"""The demo as a check: everything has a value, and all stayed quiet."""

from collections import Counter
from pathlib import Path
import re
import time
from typing import Any, Final

from .entities import PACES, Entity, settled_entities
from .report import calls_table, table
from .stage import Stage

TOO_MANY_CALLS: Final = "407"
OUTCOMES: Final = {"0": "ok", "none": "no code"}

LOG_LINE: Final = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S* (\w+) \(.*?\) \[(.*?)\]"
)
# Home Assistant says this of every custom integration.
USUAL_WARNING: Final = "We found a custom integration smartpvms"


async def check(running: Stage) -> int:
    """Wait, report, and return 0 if nothing is wrong."""
    started = time.monotonic()
    entities = await settled_entities(running.home_assistant, PACES[running.dialect])
    calls = _calls(await running.simulator.state())
    print(f"\nEntities after {time.monotonic() - started:.0f} s")
    print(_entities_table(entities))
    print("\nCalls")
    print(calls_table(calls))
    faults = [
        *_entity_faults(entities),
        *_call_faults(calls),
        *_log_faults(running.home_assistant.log),
    ]
    if faults:
        print("\nWrong:")
        print("\n".join(f"- {fault}" for fault in faults))
        return 1
    print(
        "\nEvery enabled entity has a value, no call was one too many, the log is quiet."
    )
    return 0


def _entities_table(entities: list[Entity]) -> str:
    enabled = Counter(entity.platform for entity in entities if entity.enabled)
    disabled = Counter(entity.platform for entity in entities if not entity.enabled)
    lacking = Counter(entity.platform for entity in entities if entity.lacks_value)
    rows = [
        (platform, enabled[platform], disabled[platform], lacking[platform])
        for platform in sorted(enabled | disabled)
    ]
    rows.append(("all", enabled.total(), disabled.total(), lacking.total()))
    return table(("platform", "enabled", "disabled", "without value"), rows)


def _calls(state: dict[str, Any]) -> dict[str, Counter[str]]:
    """Return how many calls of each interface ended with which fail code."""
    return {
        interface: Counter(
            {OUTCOMES.get(code, code): count for code, count in codes.items()}
        )
        for interface, codes in state["calls"].items()
    }


def _entity_faults(entities: list[Entity]) -> list[str]:
    if not entities:
        return ["the integration has no entities"]
    return [
        f"{entity.entity_id} is {entity.state or 'without a state'}"
        for entity in entities
        if entity.lacks_value
    ]


def _call_faults(calls: dict[str, Counter[str]]) -> list[str]:
    if not calls:
        return ["the simulator was never called"]
    return [
        f"{interface} was called too often {outcomes[TOO_MANY_CALLS]} times (407)"
        for interface, outcomes in calls.items()
        if outcomes[TOO_MANY_CALLS]
    ]


def _log_faults(log: Path) -> list[str]:
    return [
        f"the log says: {line}"
        for line in log.read_text(errors="replace").splitlines()
        if (found := LOG_LINE.match(line))
        and found[1] in ("WARNING", "ERROR", "CRITICAL")
        and "smartpvms" in line
        and USUAL_WARNING not in line
    ]
