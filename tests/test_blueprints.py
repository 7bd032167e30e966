"""The blueprints and the documented automations, run as a user runs them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from html import unescape
import json
from pathlib import Path
import re
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint import Blueprint
from homeassistant.components.persistent_notification import (
    _async_get_or_create_notifications as shown_notifications,
)
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict, parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.smartpvms.const import DOMAIN
from simulator import Dialect, Simulator, Type, fleet
from tests.automations import PLANT, TWO_POLLS, automate, registry_device
from tests.conftest import device_of

type Wait = Callable[..., Awaitable[None]]

ROOT = Path(__file__).parent.parent
BLUEPRINTS = ROOT / "blueprints/automation/smartpvms"
NOTIFICATION = "alarm_notification"
DIGEST = "alarm_digest"
EVENT = "event.sonnenhof_alarm"
NAMES = json.loads((ROOT / "tests/data/names.json").read_text())


@pytest.fixture(autouse=True)
async def folder(hass: HomeAssistant, tmp_path: Path) -> None:
    """Give each test a folder of its own that has the blueprints."""
    assert await async_setup_component(hass, "persistent_notification", {})
    hass.config.config_dir = str(tmp_path)
    shutil.copytree(BLUEPRINTS, tmp_path / "blueprints/automation/smartpvms")


@pytest.fixture
def dialect() -> Dialect:
    """Poll every two minutes."""
    return Dialect.V2020


@pytest.fixture
def phone(hass: HomeAssistant) -> str:
    """Return the id of a phone with the app."""
    entry = MockConfigEntry(domain="mobile_app")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={("mobile_app", "1")},
        name="Anna's phone",
    )
    return device.id


@pytest.fixture
def pushed(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what the phone was sent."""
    return async_mock_service(hass, "notify", "mobile_app_anna_s_phone")


@pytest.fixture
async def set_up(hass: HomeAssistant) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Return a coroutine that makes an automation of a blueprint."""

    async def set_up(name: str, **inputs: object) -> None:
        path = f"smartpvms/{name}.yaml"
        await automate(
            hass,
            {"alias": "Test", "use_blueprint": {"path": path, "input": inputs}},
        )

    yield set_up
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "all"}, blocking=True
    )


def shown(hass: HomeAssistant) -> list[tuple[str | None, str]]:
    """Return Home Assistant's own notifications as (title, message)."""
    return [(n["title"], n["message"]) for n in shown_notifications(hass).values()]


@pytest.mark.parametrize("name", [NOTIFICATION, DIGEST])
def test_blueprint_is_valid(name: str) -> None:
    path = BLUEPRINTS / f"{name}.yaml"
    data = load_yaml_dict(str(path))
    blueprint = Blueprint(
        data, expected_domain="automation", schema=AUTOMATION_BLUEPRINT_SCHEMA
    )
    assert blueprint.validate() is None
    source = (
        f"https://github.com/smartpvms/smartpvms/blob/main/{path.relative_to(ROOT)}"
    )
    assert blueprint.metadata["source_url"] == source
    for given in blueprint.inputs.values():
        assert given["name"]
        assert given["selector"]


@pytest.mark.parametrize("path", sorted(BLUEPRINTS.glob("*.yaml")))
def test_texts_lead_to_pages(path: Path) -> None:
    text = " ".join(path.read_text().split())
    assert not re.findall(r"(?<!/main/)docs/", text)


async def test_a_new_alarm(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    set_up: Callable[..., Awaitable[None]],
    phone: str,
    pushed: list[ServiceCall],
    wait: Wait,
) -> None:
    await set_up(NOTIFICATION, alarms_of={"entity_id": EVENT}, phones=[phone])
    inverter = device_of(sim, Type.ENERGY_CENTER)
    sim.alarms.raise_(PLANT, inverter, level=2, name="Grid Loss")
    await wait(TWO_POLLS)
    link = f"/config/devices/device/{registry_device(hass, inverter).id}"
    message = "Sonnenhof, Inverter-1 (major)\nGrid Loss: cause\nGrid Loss: suggestion"
    assert [call.data for call in pushed] == [
        {
            "title": "Grid Loss",
            "message": message,
            "data": {
                "url": link,
                "clickAction": link,
                "actions": [{"action": "URI", "title": "Open the device", "uri": link}],
            },
        }
    ]
    ((title, text),) = shown(hass)
    assert (title, unescape(text)) == (
        "Grid Loss",
        f"{message}\n\n[Open the device]({link})",
    )


async def test_what_others_write_is_plain_text_in_notifications(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    set_up: Callable[..., Awaitable[None]],
    wait: Wait,
) -> None:
    rows = [row for row in NAMES if row["escaped"]]
    await set_up(NOTIFICATION, alarms_of={"entity_id": EVENT})
    for number, row in enumerate(rows):
        sim.alarms.raise_(PLANT, alarm_id=number, name=row["name"])
    await wait(TWO_POLLS)
    messages = [message for _, message in shown(hass)]
    assert len(messages) == len(rows)
    for row in rows:
        cause = f"{row['escaped']}&#58; cause\n".replace(" &#58;", "&#58;")
        assert any(cause in message for message in messages)


async def test_what_others_write_is_plain_text_in_a_digest(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    set_up: Callable[..., Awaitable[None]],
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    await hass.config.async_set_time_zone("UTC")
    rows = [row for row in NAMES if row["escaped"]]
    for number, row in enumerate(rows):
        sim.alarms.raise_(PLANT, alarm_id=number, name=row["name"])
    await set_up(DIGEST, at="14:00:00")
    await wait(TWO_POLLS)
    await at(hass, freezer, "2026-06-15T14:00:00+00:00")
    ((_, digest),) = shown(hass)
    for row in rows:
        assert f"- {row['escaped']} (" in digest
    assert digest.count("\n") == len(rows)


async def test_a_phone_that_is_gone_and_an_action_of_ones_own(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    set_up: Callable[..., Awaitable[None]],
    phone: str,
    pushed: list[ServiceCall],
    wait: Wait,
) -> None:
    own = async_mock_service(hass, "script", "siren")
    await set_up(
        NOTIFICATION,
        alarms_of={"device_id": registry_device(hass, PLANT).id},
        phones=["gone", phone],
        actions=[
            {"action": "script.siren", "data": {"text": "{{ title }}: {{ link }}"}}
        ],
    )
    sim.alarms.raise_(PLANT, name="Grid Loss", level=9)
    await wait(TWO_POLLS)
    (call,) = pushed
    assert call.data["message"].startswith("Sonnenhof (other)\n")
    (call,) = own
    plant = registry_device(hass, PLANT).id
    assert call.data == {"text": f"Grid Loss: /config/devices/device/{plant}"}
    assert shown(hass) == []


async def test_minimum_severity(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    set_up: Callable[..., Awaitable[None]],
    wait: Wait,
) -> None:
    await set_up(NOTIFICATION, alarms_of={"entity_id": EVENT}, minimum_severity="minor")
    for level in (1, 2, 3, 4, 9):
        sim.alarms.raise_(PLANT, alarm_id=level, level=level, name=f"Level {level}")
    await wait(TWO_POLLS)
    titles = sorted(title or "" for title, _ in shown(hass))
    assert titles == ["Level 1", "Level 2", "Level 3"]


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        # It is noon, UTC; Home Assistant's zone in the tests is seven hours behind.
        ({}, ["grave", "slight"]),
        ({"quiet_start": "22:00:00", "quiet_end": "02:00:00"}, ["grave", "slight"]),
        ({"quiet_start": "02:00:00", "quiet_end": "05:00:00"}, ["grave"]),
        ({"quiet_start": "22:00:00", "quiet_end": "05:00:00"}, ["grave"]),
        ({"quiet_start": "02:00:00", "quiet_end": "02:00:00"}, ["grave", "slight"]),
        (
            {
                "quiet_start": "22:00:00",
                "quiet_end": "05:00:00",
                "critical_always": False,
            },
            [],
        ),
    ],
)
async def test_quiet_hours(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    set_up: Callable[..., Awaitable[None]],
    wait: Wait,
    inputs: dict[str, object],
    told: list[str],
) -> None:
    await set_up(NOTIFICATION, alarms_of={"entity_id": EVENT}, **inputs)
    sim.alarms.raise_(PLANT, alarm_id=1, level=1, name="grave")
    sim.alarms.raise_(PLANT, alarm_id=2, level=2, name="slight")
    await wait(TWO_POLLS)
    assert sorted(title or "" for title, _ in shown(hass)) == told


async def at(hass: HomeAssistant, freezer: FrozenDateTimeFactory, time: str) -> None:
    """Let it be a time of the day."""
    freezer.move_to(time)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_digest(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    set_up: Callable[..., Awaitable[None]],
    phone: str,
    pushed: list[ServiceCall],
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """All plants with alarms, the gravest first, and how many are not listed."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    sim.plants.append(fleet.residential("NE=2", 7, name="Second"))
    sim.plants.append(fleet.residential("NE=3", 8, name="Third"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await wait(10)
    await set_up(DIGEST, at="12:30:00", phones=[phone])
    sim.alarms.raise_(PLANT, alarm_id=1, level=4, name="Fan")
    sim.alarms.raise_(PLANT, alarm_id=2, level=1, name="Grid Loss")
    for number in range(22):
        sim.alarms.raise_("NE=2", alarm_id=number, level=9, name="Odd")
    await wait(TWO_POLLS)
    assert pushed == []
    await at(hass, freezer, "2026-06-15T10:30:00+00:00")
    (call,) = pushed
    assert call.data["title"] == "24 alarms are active"
    message = (
        "Second:\n" + 20 * "- Odd (other, since 2026-06-15)\n" + "- and 2 more\n"
        "Sonnenhof:\n"
        "- Grid Loss (critical, since 2026-06-15)\n"
        "- Fan (warning, since 2026-06-15)"
    )
    assert call.data["message"] == message
    link = "/config/integrations/integration/smartpvms"
    assert call.data["data"] == {"url": link, "clickAction": link}
    ((title, text),) = shown(hass)
    assert (title, unescape(text)) == ("24 alarms are active", message)


async def test_a_digest_of_one_plant(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    sim: Simulator,
    set_up: Callable[..., Awaitable[None]],
    phone: str,
    pushed: list[ServiceCall],
    freezer: FrozenDateTimeFactory,
    wait: Wait,
) -> None:
    """No message when nothing is open, neither before nor after."""
    await hass.config.async_set_time_zone("UTC")
    plants = [registry_device(hass, PLANT).id]
    await set_up(DIGEST, at="11:00:00", plants=plants, phones=[phone], actions=[])
    await at(hass, freezer, "2026-06-15T11:00:00+00:00")
    assert pushed == []
    alarm = sim.alarms.raise_(PLANT, device_of(sim, Type.BATTERY), level=3, name="Cold")
    await wait(TWO_POLLS)
    await at(hass, freezer, "2026-06-16T11:00:00+00:00")
    (call,) = pushed
    assert call.data["title"] == "One alarm is active"
    assert (
        call.data["message"]
        == "Sonnenhof:\n- Cold (Battery-1, minor, since 2026-06-15)"
    )
    sim.alarms.clear(alarm)
    await wait(TWO_POLLS)
    await at(hass, freezer, "2026-06-17T11:00:00+00:00")
    assert len(pushed) == 1
    assert shown(hass) == []


def documented(kind: str) -> list[dict[str, Any]]:
    """Return the YAML in the document that has a key."""
    documents = (ROOT / "docs/alarms.md", ROOT / "docs/control.md")
    text = "".join(path.read_text(encoding="utf-8") for path in documents)
    blocks = [
        parse_yaml(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    ]
    return [block for block in blocks if isinstance(block, dict) and kind in block]


async def test_documented_automations(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    told = async_mock_service(hass, "notify", "mobile_app_phone")
    lamp_on = async_mock_service(hass, "light", "turn_on")
    lamp_off = async_mock_service(hass, "light", "turn_off")
    await automate(hass, *documented("triggers"))
    battery = device_of(sim, Type.BATTERY)
    sim.alarms.raise_(PLANT, level=4, name="Fan")
    first = sim.alarms.raise_(PLANT, battery, alarm_id=1, level=2, name="Cold")
    second = sim.alarms.raise_(PLANT, battery, alarm_id=2, level=4, name="Old")
    await wait(TWO_POLLS)
    (call,) = told
    assert call.data["title"] == "Cold (Battery-1)"
    assert call.data["message"] == "Cold: suggestion"
    link = f"/config/devices/device/{registry_device(hass, battery).id}"
    assert call.data["data"] == {"url": link, "clickAction": link}
    assert len(lamp_on) == 2
    sim.alarms.clear(first)
    await wait(TWO_POLLS)
    assert (len(lamp_on), len(lamp_off)) == (3, 0)
    sim.alarms.clear(second)
    await wait(TWO_POLLS)
    assert (len(lamp_on), len(lamp_off)) == (3, 1)


async def test_documented_condition(
    hass: HomeAssistant, setup: MockConfigEntry, sim: Simulator, wait: Wait
) -> None:
    calls = async_mock_service(hass, "test", "automation")
    (condition,) = documented("condition")
    await automate(
        hass,
        {
            "alias": "Test",
            "triggers": {"trigger": "event", "event_type": "now"},
            "conditions": condition,
            "actions": {"action": "test.automation"},
        },
    )
    sim.alarms.raise_(PLANT, device_of(sim, Type.BATTERY), alarm_id=1, level=1)
    await wait(TWO_POLLS)
    hass.bus.async_fire("now")
    await hass.async_block_till_done()
    assert calls == []
    sim.alarms.raise_(PLANT, device_of(sim, Type.ENERGY_CENTER), alarm_id=2, level=2)
    await wait(TWO_POLLS)
    hass.bus.async_fire("now")
    await hass.async_block_till_done()
    assert len(calls) == 1


def test_documented_import_links() -> None:
    documents = (ROOT / "docs/alarms.md", ROOT / "docs/control.md")
    text = "".join(path.read_text(encoding="utf-8") for path in documents)
    for path in BLUEPRINTS.glob("*.yaml"):
        source = load_yaml_dict(str(path))["blueprint"]["source_url"]
        assert source.replace(":", "%3A").replace("/", "%2F") in text
    assert DOMAIN in text
