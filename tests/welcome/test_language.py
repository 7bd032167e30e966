"""Dialogs of a user whose language is not Home Assistant's."""

import json
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.components.frontend.storage import async_user_store
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

FLOW = "/api/config/config_entries/options/flow"


@pytest.fixture
async def client(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> TestClient[Any, Any]:
    """Return the frontend of the user."""
    assert await async_setup_component(hass, "config", {})
    return await hass_client()


async def answered(
    client: TestClient[Any, Any],
    entry: MockConfigEntry,
    step: str,
    sent: dict[str, Any] | None = None,
    **headers: str,
) -> dict[str, Any]:
    """Open a step of the options, send its form, and return the last answer."""
    answer = await client.post(FLOW, json={"handler": entry.entry_id}, headers=headers)
    form = await answer.json()
    for data in ({"next_step_id": step}, *([sent] if sent else [])):
        url = f"{FLOW}/{form['flow_id']}"
        answer = await client.post(url, json=data, headers=headers)
        form = await answer.json()
    known: dict[str, Any] = form
    return known


async def placeholders(*asked: Any, **headers: str) -> str:
    """Return what is put into the text of a step."""
    form = await answered(*asked, **headers)
    return " ".join(form["description_placeholders"].values())


async def test_the_words_in_a_dialog_are_in_the_users_language(
    hass: HomeAssistant,
    setup: MockConfigEntry,
    client: TestClient[Any, Any],
    hass_admin_user: MockUser,
) -> None:
    store = await async_user_store(hass, hass_admin_user.id)
    await store.async_set_item("language", {"language": "es"})
    assert "lista de plantas" in await placeholders(client, setup, "permissions")
    assert "lista de plantas" in await placeholders(client, setup, "dashboards")
    chosen = {"dashboard": False, "energy": False}
    settings = await answered(client, setup, "settings")
    assert "Ninguno de los contadores" in json.dumps(settings["data_schema"])
    done = await placeholders(client, setup, "dashboards", chosen)
    assert "No se ha cambiado nada" in done
    assert hass.config.language == "en"


async def test_a_user_without_a_choice_has_the_browsers_language(
    hass: HomeAssistant, setup: MockConfigEntry, client: TestClient[Any, Any]
) -> None:
    german = {"Accept-Language": "de-DE;q=1.0, en;q=0.5"}
    assert "alarms" in await placeholders(client, setup, "permissions")
    for header in ("*", ""):
        none = {"Accept-Language": header}
        assert "alarms" in await placeholders(client, setup, "permissions", **none)
    found = await placeholders(client, setup, "permissions", **german)
    assert "Liste der Anlagen" in found
