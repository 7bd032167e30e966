"""The import of the plants' history, and the Energy dashboard."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
import time
from typing import Any, Final

from .client import HomeAssistantClient
from .entities import integration_devices
from .entry import DOMAIN
from .home_assistant import HomeAssistant
from .processes import DemoError

ACTION: Final = f"/api/services/{DOMAIN}/setup_energy_dashboard?return_response"
# At 0, the plant's lifetime is complete in coarse periods.
COARSE: Final = ("years_left", "months_left")
# Seconds without a change after which an import waits for its quota: the first calls
# follow one another at once, later ones only as the account's limits allow.
IDLE_SECONDS: Final = 10
# Before any plant's first day.
BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC).isoformat()
# Money may fall: prices can be negative.
MAY_FALL: Final = ("revenue", "grid_import_cost", "grid_export_compensation")
# Type of the issue in `energy/validate` for a sensor before its first statistics, which
# the recorder makes every five minutes.
NEW: Final = "statistics_not_defined"
LIVE: Final = "sensor."
NOISE: Final = 1e-4

type Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class History:
    """Progress of a plant's import, from its sensor "History import".

    `left`: remaining questions by attribute, such as `years_left`; `statistics`:
    statistic ids by series.
    """

    entity_id: str
    percent: int
    left: dict[str, int]
    statistics: dict[str, str]

    @property
    def is_useful(self) -> bool:
        """Return whether all years and months are imported."""
        return bool(self.statistics) and not any(self.left[key] for key in COARSE)


async def histories(client: HomeAssistantClient) -> list[History]:
    """Return the progress of each plant's import."""
    return [
        History(
            state["entity_id"],
            int(state["state"]),
            {key: n for key, n in known.items() if key.endswith("_left")},
            known["statistic_ids"],
        )
        for state in await client.get("/api/states")
        if "statistic_ids" in (known := state["attributes"])
    ]


async def imported(home_assistant: HomeAssistant, patience: float) -> list[History]:
    """Return the imports once each is useful and idle, or after `patience` seconds."""
    known: list[History] = []
    since = time.monotonic()
    deadline = since + patience
    while True:
        now, before = time.monotonic(), known
        known = await histories(home_assistant.client)
        if known != before:
            since = now
        is_useful = known and all(history.is_useful for history in known)
        if (is_useful and now - since > IDLE_SECONDS) or now > deadline:
            return known
        home_assistant.child.raise_if_ended()
        await asyncio.sleep(2)


async def rows_of(
    client: HomeAssistantClient, statistics: Iterable[str], period: str
) -> dict[str, Rows]:
    """Return the rows of statistics, with `change` and `sum`, by statistic id."""
    found: dict[str, Rows] = await client.command(
        "recorder/statistics_during_period",
        start_time=BEGINNING,
        statistic_ids=list(statistics),
        period=period,
        types=["change", "sum"],
    )
    return found


async def history_faults(
    client: HomeAssistantClient, known: Iterable[History]
) -> list[str]:
    """Return the faults of imports and statistics, one text each."""
    faults: list[str] = []
    known = list(known)
    if not known:
        faults.append("no plant has a sensor of its import")
    for history in known:
        if not history.is_useful:
            faults.append(f"{history.entity_id}: {history.left}")
        rows = await rows_of(client, history.statistics.values(), "hour")
        faults += _row_faults(history, rows)
    return faults


def _row_faults(history: History, rows: dict[str, Rows]) -> Iterator[str]:
    for series, statistic in history.statistics.items():
        if statistic not in rows:
            yield f"{statistic} has no rows"
        elif series not in MAY_FALL:
            lowest = min(row.get("change") or 0.0 for row in rows[statistic])
            if lowest < -NOISE:
                yield f"{statistic} falls by {-lowest}"


async def add_plants(
    client: HomeAssistantClient, device_ids: Collection[str] = ()
) -> Counter[str]:
    """Add plants to the Energy dashboard; without device ids all of them.

    Returns the number of sources by outcome: `added`, `changed`, `left_alone`.
    """
    data = {"device_id": list(device_ids)} if device_ids else {}
    answers = (await client.post(ACTION, data))["service_response"]
    outcomes: Counter[str] = Counter()
    for answer in answers.values():
        for outcome in ("added", "changed", "left_alone"):
            outcomes[outcome] += len(answer[outcome])
    return outcomes


async def sources(client: HomeAssistantClient) -> list[dict[str, Any]]:
    """Return the sources of the Energy dashboard; empty if it was never set up."""
    try:
        preferences = await client.command("energy/get_prefs")
    except DemoError:
        return []
    found: list[dict[str, Any]] = preferences["energy_sources"]
    return found


async def complaints_of_energy(client: HomeAssistantClient) -> list[dict[str, Any]]:
    """Return the issues that Home Assistant reports about the dashboard's sources."""
    found = await client.command("energy/validate")
    return [issue for issues in found["energy_sources"] for issue in issues]


def is_new_sensor(complaint: dict[str, Any]) -> bool:
    """Return whether a complaint is about a sensor before its first statistics."""
    affected = [entity for entity, _ in complaint["affected_entities"]]
    return complaint["type"] == NEW and all(key.startswith(LIVE) for key in affected)


async def house(client: HomeAssistantClient) -> dict[str, Any]:
    """Return the registry device of the house: the plant with the fewest devices."""
    devices = await integration_devices(client)
    plants = [device for device in devices if device["entry_type"] == "service"]
    if not plants:
        raise DemoError("The integration has no plants")

    def size(plant: dict[str, Any]) -> int:
        return sum(device["via_device_id"] == plant["id"] for device in devices)

    return min(plants, key=size)
