"""Flows as a user meets them: every form and every end must be readable."""

import json
from pathlib import Path
import re
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.smartpvms
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.flows.options import MENU

# Home Assistant aborts so, with a text that is ours to give.
COMMON_ABORTS = {"already_configured"}


def texts(*path: str) -> Any:
    """Return a part of the English texts."""
    folder = Path(custom_components.smartpvms.__file__).parent
    found = json.loads((folder / "translations/en.json").read_text(encoding="utf-8"))
    for key in path:
        found = found[key]
    return found


def placeholders(text: str) -> set[str]:
    """Return the placeholders of a text."""
    return set(re.findall(r"{(\w+)}", text))


def assert_readable(result: ConfigFlowResult, kind: str = "config") -> None:
    """Assert that all that a form or an abort shows has its text and values."""
    given = set(result.get("description_placeholders") or {})
    shown: list[str] = []
    if result["type"] is FlowResultType.FORM:
        step = texts(kind, "step", result["step_id"])
        shown = [step["title"], step.get("description", "")]
        schema = result["data_schema"]
        assert schema
        fields = {str(field) for field in schema.schema}
        assert fields <= step["data"].keys()
        assert fields <= step["data_description"].keys()
        shown += step["data_description"].values()
        errors = result["errors"] or {}
        assert errors.keys() <= fields | {"base"}
        shown += [texts(kind, "error", key) for key in errors.values()]
    elif result["type"] is FlowResultType.MENU:
        step = texts(kind, "step", result["step_id"])
        shown = [step["title"], step.get("description", "")]
        assert list(result["menu_options"]) == list(step["menu_options"])
        assert step["menu_options"].keys() == step["menu_option_descriptions"].keys()
    elif result["type"] is FlowResultType.ABORT and result.get("translation_domain"):
        # Home Assistant has a text of its own, and ours would not be shown.
        assert result["reason"] not in texts(kind, "abort")
    elif result["type"] is FlowResultType.ABORT:
        shown = [texts(kind, "abort", result["reason"])]
    for text in shown:
        assert placeholders(text) <= given


def account(url: str, **changes: Any) -> dict[str, Any]:
    """Return the form of the first step, filled in."""
    return {
        CONF_HOST: url,
        CONF_USERNAME: "user",
        CONF_PASSWORD: "pass",
        CONF_VERIFY_SSL: True,
        **changes,
    }


async def submit(
    hass: HomeAssistant, result: ConfigFlowResult, data: dict[str, Any]
) -> ConfigFlowResult:
    """Fill in a form of a config flow."""
    after = await hass.config_entries.flow.async_configure(result["flow_id"], data)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert_readable(after)
    return after


async def add(hass: HomeAssistant, data: dict[str, Any]) -> ConfigFlowResult:
    """Start to add an entry and fill in the first form."""
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "user"
    assert not form["errors"]
    assert_readable(form)
    return await submit(hass, form, data)


async def reauth(
    hass: HomeAssistant, entry: MockConfigEntry, password: str
) -> ConfigFlowResult:
    """Start to log in again and enter a password."""
    form = await entry.start_reauth_flow(hass)
    assert form["step_id"] == "reauth_confirm"
    assert_readable(form)
    return await submit(hass, form, {CONF_PASSWORD: password})


async def reconfigure(
    hass: HomeAssistant, entry: MockConfigEntry, data: dict[str, Any]
) -> ConfigFlowResult:
    """Start to change an account and fill in the form."""
    form = await entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure"
    assert_readable(form)
    return await submit(hass, form, data)


async def open_options(
    hass: HomeAssistant, entry: MockConfigEntry, step_id: str = "settings"
) -> ConfigFlowResult:
    """Choose a step in the menu of the options; return what it shows."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == list(MENU)
    assert_readable(menu, "options")
    result = await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": step_id}
    )
    assert_readable(result, "options")
    return result


def suggested(result: ConfigFlowResult) -> dict[str, Any]:
    """Return what a form shows filled in."""
    schema = result["data_schema"]
    assert schema
    shown = {}
    for field in schema.schema:
        description = field.description or {}
        if "suggested_value" in description:
            shown[str(field)] = description["suggested_value"]
        elif callable(field.default):
            shown[str(field)] = field.default()
    return shown


def choices(result: ConfigFlowResult, field: str) -> dict[str, str]:
    """Return the labels of a selector's options by value."""
    schema = result["data_schema"]
    assert schema
    return {
        option["value"]: option["label"]
        for option in schema.schema[field].config["options"]
    }
