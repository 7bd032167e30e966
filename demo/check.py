"""The demo as a check: everything has a value, and all stayed quiet."""

import asyncio
from collections import Counter
import time
from typing import Any, Final

from .entities import (
    PACES,
    Entity,
    integration_entities,
    settled_entities,
    silent_devices,
)
from .log import complaints
from .report import calls_table, table
from .stage import Stage

TOO_MANY_CALLS: Final = "407"
OUTCOMES: Final = {"0": "ok", "none": "no code"}


async def check(running: Stage, minutes: float) -> int:
    """Wait, at least so many minutes, report, and return 0 if nothing is wrong."""
    started = time.monotonic()
    home_assistant = running.home_assistant
    entities = await settled_entities(home_assistant, PACES[running.dialect])
    if (rest := started + minutes * 60 - time.monotonic()) > 0:
        await asyncio.sleep(rest)
        # A token lasts half an hour.
        await home_assistant.log_in()
        entities = await integration_entities(home_assistant.client)
    calls = _calls(await running.simulator.state())
    print(f"\nEntities after {time.monotonic() - started:.0f} s")
    print(_entities_table(entities))
    if silent := await silent_devices(home_assistant.client, entities):
        print(f"  devices without: {', '.join(silent)}")
    print("\nCalls")
    print(calls_table(calls))
    # Its end belongs to what the log is asked about.
    await home_assistant.stop()
    faults = [
        *_entity_faults(entities),
        *_call_faults(calls),
        *(f"the log says: {record}" for record in complaints(home_assistant.log)),
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
