"""Options: settings of the account, and its plants in the Energy dashboard."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, CONF_TOKEN, UnitOfTime
from homeassistant.exceptions import HomeAssistantError
from homeassistant.generated.currencies import ACTIVE_CURRENCIES
from homeassistant.helpers.selector import (
    ChooseSelector,
    ChooseSelectorChoiceConfig,
    ChooseSelectorConfig,
    ConstantSelector,
    ConstantSelectorConfig,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..account.account import Account
from ..account.meters import NO_METER, meters_of
from ..account.options import excluded_plants, replaced_price
from ..account.user_language import async_user_language
from ..account.wording import async_load_words, async_meanings, word
from ..catalogue import DEVICE_TYPES, Role
from ..const import (
    CONF_CURRENCY,
    CONF_EARLIER_PRICES,
    CONF_EXCLUDED_PLANTS,
    CONF_EXPORT_PRICE,
    CONF_GRID_METERS,
    CONF_HISTORY_DAYS,
    CONF_IMPORT_PRICE,
    CONF_PLANTS,
    CONF_QUOTA_PROFILE,
    CONF_TURNED_BATTERIES,
    CONF_TURNED_METERS,
    DEFAULT_HISTORY_DAYS,
    QUOTA_AUTO,
)
from ..control.options import ControlStep
from ..energy_dashboard.dashboard import async_plan, plants_of
from ..energy_dashboard.later import async_set_up_and_complete
from ..energy_dashboard.texts import Texts
from ..history.prices import is_price
from ..hub.hub import Hub, SmartPvmsConfigEntry
from ..northbound import Device
from ..northbound.limits import ACCOUNT_PROFILES
from ..welcome.forms import several
from ..welcome.step import NextStep

MENU: Final = ("settings", "energy_dashboard", "control", "dashboards", "permissions")
MAX_HISTORY_DAYS: Final = 3650
NO_PRICE: Final = "none"
PRICE_DOMAINS: Final = ["sensor", "input_number", "number"]
_BATTERIES: Final = frozenset({Role.DC_BATTERY, Role.AC_STORAGE})
PRICES: Final = (CONF_IMPORT_PRICE, CONF_EXPORT_PRICE)


def one_of(
    options: Iterable[str], translation_key: str | None = None
) -> SelectSelector:
    """Return a selector of one of these."""
    config = SelectSelectorConfig(
        options=list(options), mode=SelectSelectorMode.DROPDOWN
    )
    if translation_key:
        config["translation_key"] = translation_key
    return SelectSelector(config)


def price(value: float | str | None, meaning: str) -> ChooseSelector:
    """Return a selector of no price, a number or an entity, to show this value.

    Without "none" a form could not take a price back. The frontend explains a number
    and an entity by the field's description, but shows none beside a constant.
    """
    if value in (None, NO_PRICE):
        shown = NO_PRICE
    else:
        shown = "entity" if isinstance(value, str) else "number"
    selectors: dict[str, Selector[Any]] = {
        NO_PRICE: ConstantSelector(
            ConstantSelectorConfig(value=NO_PRICE, label=meaning)
        ),
        "number": NumberSelector(
            NumberSelectorConfig(mode=NumberSelectorMode.BOX, step="any")
        ),
        "entity": EntitySelector(EntitySelectorConfig(domain=PRICE_DOMAINS)),
    }
    return ChooseSelector(
        ChooseSelectorConfig(
            # It takes selectors as dictionaries only, and the frontend shows a
            # value as one of the first choice's.
            choices={
                name: ChooseSelectorChoiceConfig(
                    selector=selectors[name].serialize()["selector"]
                )
                for name in sorted(selectors, key=lambda name: name != shown)
            },
            translation_key="price",
        )
    )


class SmartPvmsOptionsFlow(ControlStep, NextStep):
    """Settings that are stored, and a step that changes the Energy dashboard."""

    _offered: frozenset[str] = frozenset()  # by the form as it was opened

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the user choose what to do; what is next comes by itself after a set-up."""
        if self._follows_set_up():
            return await self.async_step_next_steps()
        return self.async_show_menu(step_id="init", menu_options=list(MENU))

    @property
    def _hub(self) -> Hub | None:
        """Return the hub, None where the entry is not loaded."""
        entry: SmartPvmsConfigEntry = self.config_entry
        return entry.runtime_data if entry.state is ConfigEntryState.LOADED else None

    async def async_step_energy_dashboard(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say what will be done to the Energy dashboard, then do it."""
        if (hub := self._hub) is None:
            return self.async_abort(reason="not_loaded")
        names = {code: plant.name for code, plant in hub.account.plants.items()}
        wanted = (user_input or {}).get(CONF_PLANTS, names)
        plants = plants_of(self.hass, hub)
        chosen = [target for target in plants if target.plant_code in wanted]
        errors: dict[str, str] = {}
        if not chosen and names:
            errors[CONF_PLANTS] = "no_plants_selected"
            chosen = plants
        confirmed = user_input is not None and not errors
        try:
            step = async_set_up_and_complete if confirmed else async_plan
            plan = await step(self.hass, chosen)
        except HomeAssistantError as error:
            return self._energy_failed(error.translation_key)
        language = await async_user_language(self.hass)
        texts = await Texts.async_load(self.hass, language)
        placeholders = {"changes": texts.ticks(plan.notes, names)}
        if not plan.changes:
            return self.async_abort(
                reason="energy_unchanged", description_placeholders=placeholders
            )
        if not confirmed:
            return self.async_show_form(
                step_id="energy_dashboard",
                data_schema=_plants_field(names),
                errors=errors,
                description_placeholders=placeholders,
            )
        return self.async_abort(
            reason="energy_done",
            description_placeholders={**placeholders, "undo": texts.undo_hint()},
        )

    def _energy_failed(self, key: str | None) -> ConfigFlowResult:
        if key == "energy_not_loaded":
            return self.async_abort(reason="energy_not_loaded")
        if key == "nothing_imported":
            return self.async_abort(reason="nothing_imported")
        return self.async_abort(reason="energy_refused")

    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the options that the account has a choice of."""
        entry: SmartPvmsConfigEntry = self.config_entry
        account = self._hub.account if self._hub else None
        errors: dict[str, str] = {}
        if user_input is not None:
            options = self._options(user_input, account, errors)
            if not errors:
                return self.async_create_entry(data=options)
        if account:
            self._offered = self._offered or frozenset(account.inventory.plants)
        suggested = user_input or _suggested(entry, account)
        language = await async_user_language(self.hass)
        await async_load_words(self.hass, language)
        meanings = await async_meanings(self.hass, PRICES, language)
        schema = vol.Schema(
            {
                **(_account_fields(account, language) if account else {}),
                vol.Required(CONF_CURRENCY, default=self.hass.config.currency): one_of(
                    sorted(ACTIVE_CURRENCIES)
                ),
                **{
                    vol.Optional(key): price(suggested.get(key), meanings[key])
                    for key in PRICES
                },
                vol.Required(
                    CONF_HISTORY_DAYS, default=DEFAULT_HISTORY_DAYS
                ): NumberSelector(
                    NumberSelectorConfig(
                        min=0,
                        max=MAX_HISTORY_DAYS,
                        step=1,
                        unit_of_measurement=UnitOfTime.DAYS,
                        mode=NumberSelectorMode.BOX,
                    )
                ),
                **({} if CONF_TOKEN in entry.data else _quota_field()),
            }
        )
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
        )

    def _is_price(self, price: float | str, currency: str) -> bool:
        """Tell whether it is a number, or an entity whose unit can be converted."""
        if not isinstance(price, str) or not (state := self.hass.states.get(price)):
            return True
        return is_price(state.attributes.get(ATTR_UNIT_OF_MEASUREMENT), currency)

    def _options(
        self,
        user_input: Mapping[str, Any],
        account: Account | None,
        errors: dict[str, str],
    ) -> dict[str, Any]:
        """Return the options to store; what cannot be is named in `errors`."""
        stored = self.config_entry.options
        options = {
            **stored,
            CONF_CURRENCY: user_input[CONF_CURRENCY],
            CONF_HISTORY_DAYS: int(user_input[CONF_HISTORY_DAYS]),
        }
        now = dt_util.utcnow().timestamp()
        earlier: dict[str, Any] = {}
        for key in PRICES:
            options.pop(key, None)
            if user_input.get(key, NO_PRICE) != NO_PRICE:
                options[key] = user_input[key]
                if not self._is_price(user_input[key], options[CONF_CURRENCY]):
                    errors[key] = "no_price_of_energy"
            if known := replaced_price(stored, key, options.get(key), now):
                earlier[key] = known
        if earlier:
            options[CONF_EARLIER_PRICES] = earlier
        if account and CONF_PLANTS in user_input:
            chosen = set(user_input[CONF_PLANTS])
            deselected = excluded_plants(stored) | self._offered
            options[CONF_EXCLUDED_PLANTS] = sorted(deselected - chosen)
            if not chosen:
                errors[CONF_PLANTS] = "no_plants_selected"
        for key in (CONF_QUOTA_PROFILE, CONF_TURNED_METERS, CONF_TURNED_BATTERIES):
            if key in user_input:
                options[key] = user_input[key]
        if account and CONF_GRID_METERS in user_input:
            options[CONF_GRID_METERS], is_unclear = _picked_meters(
                account, user_input[CONF_GRID_METERS], stored.get(CONF_GRID_METERS, {})
            )
            if is_unclear:
                errors[CONF_GRID_METERS] = "one_meter_per_plant"
        # An option that was never chosen goes on following its default.
        defaults = {
            CONF_QUOTA_PROFILE: QUOTA_AUTO,
            CONF_CURRENCY: self.hass.config.currency,
            CONF_HISTORY_DAYS: DEFAULT_HISTORY_DAYS,
            CONF_TURNED_METERS: [],
            CONF_TURNED_BATTERIES: [],
            CONF_GRID_METERS: {},
        }
        return {
            key: value
            for key, value in options.items()
            if key in stored or value != defaults.get(key)
        }


def _quota_field() -> dict[vol.Marker, SelectSelector]:
    """Return the field of the quota; an owner's is always the same."""
    profiles = one_of((QUOTA_AUTO, *ACCOUNT_PROFILES), CONF_QUOTA_PROFILE)
    return {vol.Required(CONF_QUOTA_PROFILE, default=QUOTA_AUTO): profiles}


def _account_fields(
    account: Account, language: str
) -> dict[vol.Marker, SelectSelector]:
    """Return the fields that depend on what the account has."""
    fields: dict[vol.Marker, SelectSelector] = {}
    plants = account.inventory.plants
    if len(plants) > 1:
        fields[vol.Required(CONF_PLANTS, default=list(plants))] = several(
            (code, plant.name) for code, plant in plants.items()
        )
    for key, devices in _to_turn(account).items():
        if devices:
            fields[vol.Optional(key, default=[])] = several(_labels(account, devices))
    if meters := _meter_choices(account, language):
        fields[vol.Optional(CONF_GRID_METERS, default=[])] = several(
            (key, choice.label) for key, choice in meters.items()
        )
    return fields


def _to_turn(account: Account) -> dict[str, list[Device]]:
    """Return the devices whose sign may be reversed, by the key of the option."""
    devices = account.devices.values()
    return {
        CONF_TURNED_METERS: meters_of(devices),
        CONF_TURNED_BATTERIES: [
            device
            for device in devices
            if (kind := DEVICE_TYPES.get(device.type_id)) and kind.role in _BATTERIES
        ],
    }


class _MeterChoice(NamedTuple):
    """A plant's meter, or none of them, as the form shows it and as it is stored."""

    plant_code: str
    stored: str
    label: str


def _meter_choices(
    account: Account, language: str | None = None
) -> dict[str, _MeterChoice]:
    """Return the meters to choose from, and none of them, for plants that have any.

    A lone meter may be one of a load, too.
    """
    none = word(account.hass, "no_meter", "None of the meters", language)
    choices: dict[str, _MeterChoice] = {}
    for code, plant in account.plants.items():
        meters = meters_of(account.listed_devices_of(code))
        for key, label in _labels(account, meters):
            choices[key] = _MeterChoice(code, key, label)
        if meters:
            label = f"{plant.name}: {none}"
            choices[f"{NO_METER}:{code}"] = _MeterChoice(code, NO_METER, label)
    return choices


def _picked_meters(
    account: Account, picked: Iterable[str], stored: Mapping[str, str]
) -> tuple[dict[str, str], bool]:
    """Return what to store, and whether several were picked for one plant.

    What was chosen for plants that the form does not show stays.
    """
    choices = _meter_choices(account)
    chosen = [choices[key] for key in picked]
    offered = {choice.plant_code for choice in choices.values()}
    kept = {code: key for code, key in stored.items() if code not in offered}
    meters = {choice.plant_code: choice.stored for choice in chosen}
    return {**kept, **meters}, len(meters) < len(chosen)


def _labels(account: Account, devices: Iterable[Device]) -> list[tuple[str, str]]:
    return [
        (str(device.id), f"{account.plants[device.plant_code].name}: {device.name}")
        for device in devices
    ]


def _plants_field(names: Mapping[str, str]) -> vol.Schema:
    """Return a form to choose plants, without fields where there is one only."""
    if len(names) < 2:
        return vol.Schema({})
    plants = several(names.items())
    return vol.Schema({vol.Required(CONF_PLANTS, default=list(names)): plants})


def _suggested(entry: SmartPvmsConfigEntry, account: Account | None) -> dict[str, Any]:
    """Return the options as the form shows them."""
    suggested = dict(entry.options)
    if account:
        excluded = excluded_plants(entry.options)
        plants = account.inventory.plants
        suggested[CONF_PLANTS] = [code for code in plants if code not in excluded]
        # A form cannot deselect an item that it does not offer.
        for key, devices in _to_turn(account).items():
            ids = {str(device.id) for device in devices}
            turned = entry.options.get(key, ())
            suggested[key] = [known for known in turned if known in ids]
        stored = entry.options.get(CONF_GRID_METERS, {})
        suggested[CONF_GRID_METERS] = [
            key
            for key, choice in _meter_choices(account).items()
            if stored.get(choice.plant_code) == choice.stored
        ]
    return suggested
