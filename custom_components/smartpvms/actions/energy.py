"""The action that puts plants into the Energy dashboard."""

from collections.abc import Sequence
from typing import Final, cast

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.util.json import JsonArrayType, JsonObjectType
import voluptuous as vol

from ..energy_dashboard.dashboard import all_plants
from ..energy_dashboard.later import async_set_up_and_complete
from ..energy_dashboard.sources import EnergySource, Note, Outcome
from ..energy_dashboard.texts import Texts
from ..hub.targets import find_targets
from .fields import DEVICES

SCHEMA: Final = vol.Schema({vol.Optional(ATTR_DEVICE_ID): DEVICES})


async def async_setup_energy_dashboard(
    hass: HomeAssistant, call: ServiceCall
) -> ServiceResponse:
    """Put plants in; return a report by the device id that was passed.

    All plants where no device is given. `added`, `changed` and `left_alone` list
    sources as the dashboard stores them, before and after; `text` and `undo` say
    the same in words.
    """
    if ATTR_DEVICE_ID in call.data:
        targets = find_targets(hass, call.data[ATTR_DEVICE_ID])
    else:
        targets = all_plants(hass)
    notes = (await async_set_up_and_complete(hass, targets)).notes
    texts = await Texts.async_load(hass)
    return {
        target.registry_id: _answer(notes[target.plant_code], texts)
        for target in targets
    }


def _answer(notes: Sequence[Note], texts: Texts) -> JsonObjectType:
    return {
        **{outcome.value: _sources(notes, outcome) for outcome in Outcome},
        "text": texts.report(notes),
        "undo": texts.undo(notes),
    }


def _sources(notes: Sequence[Note], outcome: Outcome) -> JsonArrayType:
    """Return the sources with this outcome, as they were and as they are."""
    return [
        {
            "type": note.kind.value,
            "reason": note.reason and note.reason.value,
            "before": _json(note.before),
            "after": _json(note.after),
        }
        for note in notes
        if note.outcome is outcome
    ]


def _json(source: EnergySource | None) -> JsonObjectType | None:
    # The dashboard keeps nothing in its file but JSON.
    return cast("JsonObjectType", dict(source)) if source is not None else None
