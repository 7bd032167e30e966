/** What a plant has counted today, the best source first. */

import { numberOf } from "./numbers.js";

/** What there is of today. Rows: series, keys (the best first), icon, colour. */
export const TODAY = [
  ["pv_energy", ["day_power", "day_pvyield"], "mdi:solar-power-variant", "orange"],
  [
    "consumption",
    ["day_use_energy", "daily_use_energy", "day_use_power"],
    "mdi:home-lightning-bolt",
    "indigo",
  ],
  [
    "grid_export",
    ["day_on_grid_energy", "daily_on_grid_energy", "day_ongrid_power"],
    "mdi:transmission-tower-import",
    "purple",
  ],
  ["grid_import", ["day_buypower"], "mdi:transmission-tower-export", "blue"],
  ["revenue", ["day_income", "day_power_profit"], "mdi:cash", "green"],
];
const KEYS = Object.fromEntries(TODAY.map(([series, keys]) => [series, keys]));

/** Return the entity that counts a series today, undefined where there is none. */
export const todayEntity = (plant, series) => plant.findAll(KEYS[series] ?? [])[0];

/** Return what a series has counted today, undefined where that is not known. */
export const todayValue = (hass, plant, series) =>
  numberOf(hass.states[todayEntity(plant, series)]);

/** Return the currency of a plant's money. */
export const currencyOf = (hass, plant) =>
  hass.states[todayEntity(plant, "revenue")]?.attributes.unit_of_measurement ??
  hass.config.currency;
