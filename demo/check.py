"""The demo as a check of values, history, Energy dashboard, calls and log."""

import asyncio
from collections import Counter
import time
from typing import Any, Final

from .client import HomeAssistantClient
from .energy import (
    History,
    add_plants,
    complaints_of_energy,
    history_faults,
    imported,
    is_new_sensor,
)
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
    """Run at least so many minutes and report; returns 0 without a fault, else 1."""
    started = time.monotonic()
    home_assistant = running.home_assistant
    pace = PACES[running.dialect]
    entities = await settled_entities(home_assistant, pace)
    histories = await imported(home_assistant, pace.patience)
    if (left := started + minutes * 60 - time.monotonic()) > 0:
        await asyncio.sleep(left)
        # The token may have expired: it is valid for half an hour.
        await home_assistant.log_in()
        entities = await integration_entities(home_assistant.client)
    history = await history_faults(home_assistant.client, histories)
    energy = await _energy_faults(home_assistant.client)
    calls = _calls(await running.simulator.state())
    print(f"\nEntities after {time.monotonic() - started:.0f} s")
    print(_entities_table(entities))
    if silent := await silent_devices(home_assistant.client, entities):
        print(f"  devices without: {', '.join(silent)}")
    print("\nHistory")
    print(_histories_table(histories))
    print("\nCalls")
    print(calls_table(calls))
    # Stopped before the log is read, so that errors while stopping are found.
    await home_assistant.stop()
    faults = [
        *_entity_faults(entities),
        *history,
        *energy,
        *_call_faults(calls),
        *(f"in the log: {record}" for record in complaints(home_assistant.log)),
    ]
    if faults:
        print("\nFaults:")
        print("\n".join(f"- {fault}" for fault in faults))
        return 1
    print(
        "\nEvery enabled entity has a value, years and months are imported, the Energy "
        "dashboard has its sources, no call was refused by a quota, the log has no "
        "warning."
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


def _histories_table(histories: list[History]) -> str:
    rows = [
        (known.entity_id, known.percent, *known.left.values(), len(known.statistics))
        for known in histories
    ]
    left = ("years left", "months left", "days left", "hours left")
    return table(("sensor", "%", *left, "statistics"), rows)


async def _energy_faults(client: HomeAssistantClient) -> list[str]:
    """Add all plants to the Energy dashboard twice; return its faults.

    The second time must change nothing.
    """
    done, again = await add_plants(client), await add_plants(client)
    faults = [
        f"the Energy dashboard: {complaint}"
        for complaint in await complaints_of_energy(client)
        if not is_new_sensor(complaint)
    ]
    if not done["added"]:
        faults.append("no source was added to the Energy dashboard")
    if again["added"] or again["changed"]:
        faults.append(f"the Energy dashboard was changed a second time: {dict(again)}")
    return faults


def _calls(state: dict[str, Any]) -> dict[str, Counter[str]]:
    """Return the number of calls by interface and fail code."""
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
        f"{interface} exceeded its quota {outcomes[TOO_MANY_CALLS]} times (407)"
        for interface, outcomes in calls.items()
        if outcomes[TOO_MANY_CALLS]
    ]
