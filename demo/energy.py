"""The plants' history, and the Energy dashboard that shows it."""

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
# What a plant's whole life is complete with, if not yet in detail.
COARSE: Final = ("years_left", "months_left")
# The first calls follow one another at once, then the account's limits set the pace.
AT_REST: Final = 10
# Before any plant's first day.
BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC).isoformat()
# Money flows both ways.
MAY_FALL: Final = ("revenue", "grid_import_cost", "grid_export_compensation")
# So says `energy/validate` of a sensor until the recorder has looked at it, which
# it does every five minutes.
NEW: Final = "statistics_not_defined"
LIVE: Final = "sensor."
NOISE: Final = 1e-4

type Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class History:
    """How far the import of a plant is, as its sensor "History import" says.

    `left`: questions to go, by attribute; `statistics`: ids by series.
    """

    entity_id: str
    percent: int
    left: dict[str, int]
    statistics: dict[str, str]

    @property
    def is_useful(self) -> bool:
        """Whether all years and months are there."""
        return bool(self.statistics) and not any(self.left[key] for key in COARSE)


async def histories(client: HomeAssistantClient) -> list[History]:
    """Return the import of each plant."""
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
    """Return the imports when each is useful and rests, or time (seconds) is up."""
    known: list[History] = []
    since = time.monotonic()
    deadline = since + patience
    while True:
        now, before = time.monotonic(), known
        known = await histories(home_assistant.client)
        if known != before:
            since = now
        is_useful = known and all(history.is_useful for history in known)
        if (is_useful and now - since > AT_REST) or now > deadline:
            return known
        home_assistant.child.raise_if_ended()
        await asyncio.sleep(2)


async def rows_of(
    client: HomeAssistantClient, statistics: Iterable[str], period: str
) -> dict[str, Rows]:
    """Return the rows of statistics, `change` in each, by id."""
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
    """Return what is wrong with the statistics of the plants."""
    faults: list[str] = []
    known = list(known)
    if not known:
        faults.append("no plant tells how far its import is")
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
                yield f"{statistic} has a bar of {lowest}"


async def put_in(
    client: HomeAssistantClient, device_ids: Collection[str] = ()
) -> Counter[str]:
    """Put plants into the Energy dashboard, all of them without device ids.

    Returns how many sources were added, changed and left alone.
    """
    data = {"device_id": list(device_ids)} if device_ids else {}
    answers = (await client.post(ACTION, data))["service_response"]
    outcomes: Counter[str] = Counter()
    for answer in answers.values():
        for outcome in ("added", "changed", "left_alone"):
            outcomes[outcome] += len(answer[outcome])
    return outcomes


async def sources(client: HomeAssistantClient) -> list[dict[str, Any]]:
    """Return the sources of the Energy dashboard; none if it was never set up."""
    try:
        preferences = await client.command("energy/get_prefs")
    except DemoError:
        return []
    found: list[dict[str, Any]] = preferences["energy_sources"]
    return found


async def complaints_of_energy(client: HomeAssistantClient) -> list[dict[str, Any]]:
    """Return what Home Assistant has to say about the dashboard's sources."""
    found = await client.command("energy/validate")
    return [issue for issues in found["energy_sources"] for issue in issues]


def is_new_sensor(complaint: dict[str, Any]) -> bool:
    """Whether a complaint is about a sensor that is too young for statistics."""
    affected = [entity for entity, _ in complaint["affected_entities"]]
    return complaint["type"] == NEW and all(key.startswith(LIVE) for key in affected)


async def house(client: HomeAssistantClient) -> dict[str, Any]:
    """Return the residential plant's device: the one with the fewest devices."""
    devices = await integration_devices(client)
    plants = [device for device in devices if device["entry_type"] == "service"]
    if not plants:
        raise DemoError("The integration has no plants")

    def size(plant: dict[str, Any]) -> int:
        return sum(device["via_device_id"] == plant["id"] for device in devices)

    return min(plants, key=size)
