/** What is compared in a table of plants or inverters, the most urgent first. */

import { devicePage } from "./cards.js";
import { lightEntities, lightOf, problemLevel } from "./health.js";
import { numberOf } from "./numbers.js";
import { allPlants, capacityOf, plantOf } from "./registry.js";
import { todayEntity } from "./today.js";

const URGENCY = { bad: 0, warning: 1, unknown: 2, good: 3 };

/** Return where a plant's view is, in the dashboard that is open. */
export function viewPath(plant) {
  const [, dashboard = ""] = (globalThis.location?.pathname ?? "").split("/");
  return `/${dashboard}/plant-${plant.id}`;
}

/** Return the table's plants; `plants`: their device ids, all without. */
const plantsIn = (hass, { plants }) =>
  plants ? allPlants(hass).filter(({ id }) => plants.includes(id)) : allPlants(hass);

const invertersIn = (hass, { plant }) => plantOf(hass, plant)?.of("inverter") ?? [];
const powerOf = (inverter) => inverter.find("mppt_power") ?? inverter.find("active_power");
const behindOf = (inverter) => inverter.find("underperformance", "binary_sensor");
const problemOf = (inverter) => inverter.find("problem", "binary_sensor");

/** Rows by kind of table: the entities it follows, and its rows. */
export const TABLES = {
  plants: {
    watched: (hass, config) =>
      plantsIn(hass, config).flatMap((plant) => [
        ...lightEntities(plant),
        ...plant.findAll(["pv_power", "month_power"]),
        todayEntity(plant, "pv_energy"),
      ]),
    rows: (hass, config) =>
      plantsIn(hass, config).map((plant) => ({
        name: plant.name,
        path: viewPath(plant),
        level: lightOf(hass, plant).level,
        power: numberOf(hass.states[plant.find("pv_power")]),
        today: numberOf(hass.states[todayEntity(plant, "pv_energy")]),
        month: numberOf(hass.states[plant.find("month_power")]),
        capacity: capacityOf(hass, plant),
      })),
  },
  inverters: {
    watched: (hass, config) =>
      invertersIn(hass, config).flatMap((one) => [
        powerOf(one),
        one.find("day_cap"),
        problemOf(one),
        behindOf(one),
      ]),
    rows: (hass, config) =>
      invertersIn(hass, config).map((one) => ({
        name: one.name,
        path: devicePage(one),
        level: inverterLevel(hass, one),
        power: numberOf(hass.states[powerOf(one)]),
        today: numberOf(hass.states[one.find("day_cap")]),
      })),
  },
};

function inverterLevel(hass, inverter) {
  const isOn = (entity) => hass.states[entity]?.state === "on";
  if (isOn(problemOf(inverter))) return problemLevel(hass.states[problemOf(inverter)]);
  if (isOn(behindOf(inverter))) return "warning";
  return hass.states[problemOf(inverter)]?.state === "off" ? "good" : "unknown";
}

/** Return rows with `specific` (kWh/kWp of today), those with problems first, then the best. */
export function ranked(rows) {
  const value = ({ specific, power }) => specific ?? power ?? -1;
  return rows
    .map((row) => ({ ...row, specific: specificOf(row) }))
    .sort(
      (one, other) =>
        URGENCY[one.level] - URGENCY[other.level] || value(other) - value(one),
    );
}

const specificOf = ({ today, capacity }) =>
  today === undefined || !capacity ? undefined : today / capacity;

/** Return the sum of a column: `value`, and whether a part of it is missing. */
export function summed(rows, key) {
  const known = rows.map((row) => row[key]).filter((value) => value !== undefined);
  return {
    value: known.length ? known.reduce((sum, value) => sum + value, 0) : undefined,
    isPartial: known.length > 0 && known.length < rows.length,
  };
}
