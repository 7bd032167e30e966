"""The plants that the user of an assistant may see, and the names they go by."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final
import unicodedata

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.homeassistant import async_should_expose
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.llm import LLMContext

from ..const import DOMAIN
from ..hub.hub import Hub
from .periods import CannotAnswerError

LONGEST_TEXT: Final = 255


@dataclass(frozen=True, slots=True)
class SeenPlant:
    """A plant that may be seen: how it is called, and all names it answers to."""

    hub: Hub
    code: str = field(repr=False)
    name: str = field(repr=False)
    names: frozenset[str] = field(repr=False)

    @property
    def zone(self) -> tzinfo:
        """Return its time zone."""
        return self.hub.account.zone(self.code)


async def async_seen_plants(
    hass: HomeAssistant, context: LLMContext, *, exposed_only: bool
) -> list[SeenPlant]:
    """Return the plants of all accounts that the asking user may see.

    A plant is seen by an entity of it or of its devices: the user may read one and,
    with `exposed_only`, it is exposed to the assistant. Without a user (a voice
    satellite) only the latter counts.
    """
    user = None
    if context.context and context.context.user_id:
        user = await hass.auth.async_get_user(context.context.user_id)
        if user is None:
            return []
    assistant = context.assistant if exposed_only else None
    return [
        plant
        for plant, entities in _plants(hass)
        if any(
            (user is None or user.permissions.check_entity(entity, POLICY_READ))
            for entity in _exposed(hass, assistant, entities)
        )
    ]


@callback
def any_exposed(hass: HomeAssistant, assistant: str | None) -> bool:
    """Tell whether an assistant (None: one that sees everything) sees any plant."""
    return any(
        True
        for _, entities in _plants(hass)
        for _ in _exposed(hass, assistant, entities)
    )


def named(plants: Sequence[SeenPlant], names: Iterable[str]) -> list[SeenPlant]:
    """Return the plants of these names, all without a name.

    A part of a name is enough where only one plant has it. Raises CannotAnswerError.
    """
    found: dict[str, SeenPlant] = {}
    for name in names:
        wanted = _normal(name)
        same = [plant for plant in plants if wanted in plant.names]
        like = same or [p for p in plants if any(wanted in known for known in p.names)]
        if not wanted or not like or (not same and len(like) > 1):
            known = ", ".join(sorted(plant.name for plant in plants))
            raise CannotAnswerError(
                f"no plant is called {plain(name)!r}; there are: {known}"
            )
        found |= {plant.code: plant for plant in like}
    return list(found.values()) if found else list(plants)


def plain(text: str) -> str:
    """Return what a server or a user wrote as one line of plain text, not too long."""
    printable = "".join(
        sign if sign.isprintable() or sign.isspace() else " " for sign in text
    )
    return " ".join(printable.split())[:LONGEST_TEXT]


def _plants(hass: HomeAssistant) -> Iterator[tuple[SeenPlant, list[er.RegistryEntry]]]:
    """Yield each plant of a loaded entry with its entities and those of its devices."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        hub: Hub = entry.runtime_data
        devices = {
            key: device
            for device in dr.async_entries_for_config_entry(
                dr.async_get(hass), entry.entry_id
            )
            for domain, key in device.identifiers
            if domain == DOMAIN
        }
        entities: dict[str, list[er.RegistryEntry]] = {}
        for entity in er.async_entries_for_config_entry(
            er.async_get(hass), entry.entry_id
        ):
            if entity.device_id and not entity.disabled_by:
                entities.setdefault(entity.device_id, []).append(entity)
        for code, plant in hub.account.plants.items():
            if (device := devices.get(code)) is None:
                continue
            own = entities.get(device.id, [])
            below = [
                entity
                for item in hub.account.devices_of(code)
                if (known := devices.get(str(item.id)))
                for entity in entities.get(known.id, [])
            ]
            name = plain(device.name_by_user or plant.name)
            names = {plant.name, name, *_area_names(hass, device), *_aliases(own)}
            known_as = frozenset(filter(None, map(_normal, names)))
            yield SeenPlant(hub, code, name, known_as), [*own, *below]


def _exposed(
    hass: HomeAssistant, assistant: str | None, entities: Iterable[er.RegistryEntry]
) -> Iterator[str]:
    for entity in entities:
        if assistant is None or async_should_expose(hass, assistant, entity.entity_id):
            yield entity.entity_id


def _area_names(hass: HomeAssistant, device: dr.DeviceEntry) -> set[str]:
    """Return the names of the area that the user has put a plant in."""
    area = ar.async_get(hass).async_get_area(device.area_id or "")
    return {area.name, *area.aliases} if area else set()


def _aliases(entities: Iterable[er.RegistryEntry]) -> set[str]:
    """Return what the user calls the entities of a plant itself."""
    # The entity's own name is among them, as a mark that is no text.
    return {a for entity in entities for a in entity.aliases if isinstance(a, str)}


def _normal(name: str) -> str:
    return unicodedata.normalize("NFKC", plain(name)).casefold()
