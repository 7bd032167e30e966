"""Sentences to a real Home Assistant's voice assistant, answered by the tools.

The pipeline, the chat log and the call of a tool are Home Assistant's own. In place of
a language model stands an agent that has been told which tool fits which sentence.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
import json
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
import pytest

from demo.client import HomeAssistantClient
from demo.log import complaints
from demo.stage import Options, Stage, stage

from .waiting import until

HANDLER: Final = "stand_in"
# Home Assistant finds custom components in every folder on Python's path.
FOLDER: Final = Path(__file__).parent / "assistant"
AGENT: Final = "conversation.stand_in"
PLANT: Final = "NE=33554785"
NAME: Final = "Sonnenhof"
LAST_MONTH: Final = "How much did Sonnenhof make last month?"
NOW: Final = "How full is the battery, and is it charging?"
BROKEN: Final = "Is anything broken at the plant?"
YEARS: Final = "How was last month, and the same month before?"
NO_ENGINES: Final = dict.fromkeys(
    (
        "stt_engine",
        "stt_language",
        "tts_engine",
        "tts_language",
        "tts_voice",
        "wake_word_entity",
        "wake_word_id",
    )
)
# The rows of the last days may yet be corrected.
SETTLED: Final = timedelta(days=3)
# The months are imported first, a minute or two after the start.
PATIENCE: Final = 600


@pytest.fixture
def dialect() -> str:
    """Return a server that counts calls by the day."""
    return "2022"


@pytest.fixture
async def running(
    tmp_path: Path, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    """Start Home Assistant with the stand-in among its custom components."""
    monkeypatch.setenv("PYTHONPATH", str(FOLDER))
    options = Options(folder=tmp_path, port=0, simulator_port=0, dialect=dialect)
    async with stage(options) as started:
        yield started


def month_before(running: Stage) -> tuple[datetime, datetime]:
    """Return begin and end of the plant's last month whose rows are settled."""
    now = datetime.now(ZoneInfo(running.place.time_zone))
    end = (now - SETTLED).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (end - timedelta(days=1)).replace(day=1), end


async def add_pipeline(client: HomeAssistantClient, sentences: dict[str, Any]) -> str:
    """Set the stand-in up and let a pipeline ask it; returns the pipeline's id."""
    flows = "/api/config/config_entries/flow"
    step = await client.post(flows, {"handler": HANDLER})
    step = await client.post(f"{flows}/{step['flow_id']}", sentences)
    assert step["type"] == "create_entry"
    pipeline = await client.command(
        "assist_pipeline/pipeline/create",
        name="Stand-in",
        language="en",
        conversation_engine=AGENT,
        conversation_language="en",
        **NO_ENGINES,
    )
    return str(pipeline["id"])


async def expose(client: HomeAssistantClient, entity: str) -> None:
    """Expose an entity to assistants, once its first value has made it appear."""

    async def is_there() -> bool:
        return entity in [one["entity_id"] for one in await client.get("/api/states")]

    await until(is_there, PATIENCE)
    await client.command(
        "homeassistant/expose_entity",
        assistants=["conversation"],
        entity_ids=[entity],
        should_expose=True,
    )


async def ask(client: HomeAssistantClient, pipeline: str, text: str) -> Any:
    """Run the pipeline from a text to the answer, here JSON; returns the plant's."""
    async with (
        ClientSession() as session,
        session.ws_connect(f"{client.address}/api/websocket") as socket,
    ):
        await socket.receive_json()
        token = client.tokens["access_token"]
        await socket.send_json({"type": "auth", "access_token": token})
        await socket.receive_json()
        await socket.send_json(
            {
                "id": 1,
                "type": "assist_pipeline/run",
                "pipeline": pipeline,
                "start_stage": "intent",
                "end_stage": "intent",
                "input": {"text": text},
            }
        )
        said = None
        while True:
            event = (await socket.receive_json(timeout=60)).get("event", {})
            assert event.get("type") != "error", event
            if event.get("type") == "intent-end":
                response = event["data"]["intent_output"]["response"]
                said = json.loads(response["speech"]["plain"]["speech"])
            if event.get("type") == "run-end":
                assert said, "no answer"
                assert "plants" in said, said
                (plant,) = said["plants"]
                assert plant["plant"] == NAME
                return plant


async def test_sentences_are_answered(running: Stage) -> None:
    """Energies of the past are what happened; status and alarms are those of now."""
    client = running.home_assistant.client
    begin, end = month_before(running)
    month = f"{begin:%Y-%m}"
    energy: dict[str, Any] = {"plants": [NAME], "quantity": "pv_energy", "from": month}
    pipeline = await add_pipeline(
        client,
        {
            LAST_MONTH: ("smartpvms__get_energy", energy),
            YEARS: ("smartpvms__compare", energy | {"with": "earlier_years"}),
            NOW: ("smartpvms__get_status", {"plants": [NAME]}),
            BROKEN: ("smartpvms__get_alarms", {"plants": [NAME]}),
        },
    )
    await expose(client, "sensor.sonnenhof_pv_power")
    truth = await running.simulator.ask(
        "GET", "truth", plant=PLANT, start=begin.isoformat(), end=end.isoformat()
    )

    async def is_imported() -> bool:
        answer = await ask(client, pipeline, LAST_MONTH)
        return answer["total"] is not None and "missing" not in answer

    await until(is_imported, PATIENCE)
    answer = await ask(client, pipeline, LAST_MONTH)
    assert answer["total"] == pytest.approx(truth["pv"], abs=0.1)
    compared = await ask(client, pipeline, YEARS)
    assert compared["years"][0]["value"] == pytest.approx(truth["pv"], abs=0.1)
    status = await ask(client, pipeline, NOW)
    assert status["batteries"][0]["charge"]["unit"] == "%"
    alarms = await ask(client, pipeline, BROKEN)
    assert all(alarm["state"] == "active" for alarm in alarms["alarms"])
    assert not complaints(running.home_assistant.log)
