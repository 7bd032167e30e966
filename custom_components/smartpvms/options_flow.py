"""Options: quota profile, plants, currency, and what the meters mean."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.generated.currencies import ACTIVE_CURRENCIES
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from .account import Account, SmartPvmsConfigEntry
from .balance import grid_meters
from .catalogue import DEVICE_TYPES, Role
from .const import (
    CONF_CURRENCY,
    CONF_EXCLUDED_PLANTS,
    CONF_GRID_METERS,
    CONF_PLANTS,
    CONF_QUOTA_PROFILE,
    CONF_TURNED_METERS,
    QUOTA_AUTO,
)
from .northbound import Device, Profile


def several(options: Iterable[tuple[str, str]]) -> SelectSelector:
    """Return a selector of several of these (value, label)."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=value, label=label) for value, label in options
            ],
            multiple=True,
            mode=SelectSelectorMode.LIST,
        )
    )


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


class SmartPvmsOptionsFlow(OptionsFlowWithReload):
    """Quota profile, plants, currency, and what the meters mean."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the options that the account has a choice of."""
        entry: SmartPvmsConfigEntry = self.config_entry
        account = entry.runtime_data if entry.state is ConfigEntryState.LOADED else None
        errors: dict[str, str] = {}
        if user_input is not None:
            options = self._options(user_input, account, errors)
            if not errors:
                return self.async_create_entry(data=options)
        schema = vol.Schema(
            {
                **(_account_fields(account) if account else {}),
                vol.Required(CONF_CURRENCY, default=self.hass.config.currency): one_of(
                    sorted(ACTIVE_CURRENCIES)
                ),
                vol.Required(CONF_QUOTA_PROFILE, default=QUOTA_AUTO): one_of(
                    (QUOTA_AUTO, *Profile), CONF_QUOTA_PROFILE
                ),
            }
        )
        suggested = user_input or _suggested(entry, account)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
        )

    def _options(
        self,
        user_input: Mapping[str, Any],
        account: Account | None,
        errors: dict[str, str],
    ) -> dict[str, Any]:
        """Return the options to store; what cannot be is named in `errors`."""
        options = {
            **self.config_entry.options,
            CONF_QUOTA_PROFILE: user_input[CONF_QUOTA_PROFILE],
            CONF_CURRENCY: user_input[CONF_CURRENCY],
        }
        if account and CONF_PLANTS in user_input:
            chosen = set(user_input[CONF_PLANTS])
            offered = account.inventory.data.plants.keys()
            options[CONF_EXCLUDED_PLANTS] = sorted(offered - chosen)
            if not chosen:
                errors[CONF_PLANTS] = "no_plants_selected"
        if CONF_TURNED_METERS in user_input:
            options[CONF_TURNED_METERS] = user_input[CONF_TURNED_METERS]
        if account and CONF_GRID_METERS in user_input:
            picked = [account.devices[int(key)] for key in user_input[CONF_GRID_METERS]]
            options[CONF_GRID_METERS] = {d.plant_code: str(d.id) for d in picked}
            if len(options[CONF_GRID_METERS]) < len(picked):
                errors[CONF_GRID_METERS] = "one_meter_per_plant"
        # What was never chosen goes on following its default.
        defaults = {
            CONF_QUOTA_PROFILE: QUOTA_AUTO,
            CONF_CURRENCY: self.hass.config.currency,
            CONF_TURNED_METERS: [],
            CONF_GRID_METERS: {},
        }
        return {
            key: value
            for key, value in options.items()
            if key in self.config_entry.options or value != defaults.get(key)
        }


def _account_fields(account: Account) -> dict[vol.Marker, SelectSelector]:
    """Return the fields that depend on what the account has."""
    fields: dict[vol.Marker, SelectSelector] = {}
    plants = account.inventory.data.plants
    if len(plants) > 1:
        fields[vol.Required(CONF_PLANTS, default=list(plants))] = several(
            (code, plant.name) for code, plant in plants.items()
        )
    if meters := _meters(account):
        fields[vol.Optional(CONF_TURNED_METERS, default=[])] = several(
            _labels(account, meters)
        )
    if unclear := _unclear_meters(account):
        fields[vol.Optional(CONF_GRID_METERS, default=[])] = several(
            _labels(account, unclear)
        )
    return fields


def _meters(account: Account) -> list[Device]:
    """Return all meters."""
    return [
        device
        for device in account.devices.values()
        if (kind := DEVICE_TYPES.get(device.type_id)) and kind.role is Role.METER
    ]


def _unclear_meters(account: Account) -> list[Device]:
    """Return the meters of plants where several may be the grid's."""
    return [
        device
        for code in account.plants
        if len(candidates := grid_meters(account.devices_of(code))) > 1
        for device in candidates
    ]


def _labels(account: Account, devices: Iterable[Device]) -> list[tuple[str, str]]:
    return [
        (str(device.id), f"{account.plants[device.plant_code].name}: {device.name}")
        for device in devices
    ]


def _suggested(entry: SmartPvmsConfigEntry, account: Account | None) -> dict[str, Any]:
    """Return the options as the form shows them."""
    suggested = dict(entry.options)
    if account:
        excluded = set(entry.options.get(CONF_EXCLUDED_PLANTS, ()))
        plants = account.inventory.data.plants
        suggested[CONF_PLANTS] = [code for code in plants if code not in excluded]
        # A form does not take back what it does not offer.
        turned = entry.options.get(CONF_TURNED_METERS, ())
        suggested[CONF_TURNED_METERS] = _offered(_meters(account), turned)
        picked = entry.options.get(CONF_GRID_METERS, {}).values()
        suggested[CONF_GRID_METERS] = _offered(_unclear_meters(account), picked)
    return suggested


def _offered(devices: Iterable[Device], keys: Iterable[str]) -> list[str]:
    offered = {str(device.id) for device in devices}
    return [key for key in keys if key in offered]
