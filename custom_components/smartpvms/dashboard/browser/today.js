/** What a plant has counted today, the best source first. */

import { numberOf } from "./numbers.js";

/** Keys by series. */
export const TODAY_KEYS = {
  pv_energy: ["day_power", "day_pvyield"],
  consumption: ["day_use_energy", "daily_use_energy", "day_use_power"],
  grid_export: ["day_on_grid_energy", "daily_on_grid_energy", "day_ongrid_power"],
  grid_import: ["day_buypower"],
  revenue: ["day_income", "day_power_profit"],
};

/** Return the entity that counts a series today, undefined where there is none. */
export const todayEntity = (plant, series) => plant.findAll(TODAY_KEYS[series] ?? [])[0];

/** Return what a series has counted today, undefined where that is not known. */
export const todayValue = (hass, plant, series) =>
  numberOf(hass.states[todayEntity(plant, series)]);

/** Return the currency of a plant's money. */
export const currencyOf = (hass, plant) =>
  hass.states[todayEntity(plant, "revenue")]?.attributes.unit_of_measurement ??
  hass.config.currency;
