/** Graphs of a plant: its powers over a day, its energies by day, month and year. */

import { COLORS, WIDE, heading, section } from "./cards.js";

/** What a plant's powers are called, live and imported. */
export const POWERS = ["pv_power", "house_consumption", "grid_power", "battery_power"];
const ENERGIES = ["pv_energy", "consumption", "grid_export", "grid_import"];
const STORED = ["battery_charge", "battery_discharge"];
/** All of the same height, so that neighbours end on one line. */
const GRAPH = { ...WIDE, rows: 5 };
const HOUR = 3600_000;
/** From so many hours on, the live values' own statistics tell a day better. */
const ENOUGH_HOURS = 12;

/** Rows: text, period, days to show. */
const PERIODS = [
  ["by_day", "day", 14],
  ["by_month", "month", 365],
  ["by_year", "year", 3650],
];

/**
 * Return the section of the last day's powers.
 *
 * The live values' own statistics of five minutes, as soon as they reach back far enough;
 * before, the hours that were imported; without them, what live values there are.
 */
export async function powerSection(hass, plant, statistics, texts) {
  const live = series(POWERS, (key) => plant.find(key), texts.entity);
  const imported = series(POWERS, (key) => statistics[key], texts.series);
  const title = heading(texts.own.power, "mdi:chart-bell-curve");
  if (await reachesBack(hass, live)) {
    return section([title, powerGraph("5minute", 1, live)], 2);
  }
  if (imported.length) return section([title, powerGraph("hour", 2, imported)], 2);
  const entities = live.map(({ entity, name }) => ({ entity, name }));
  const graph = { type: "history-graph", hours_to_show: 24, entities, grid_options: GRAPH };
  return section([title, live.length && graph], 2);
}

function powerGraph(period, days, entities) {
  return {
    type: "statistics-graph",
    chart_type: "line",
    period,
    days_to_show: days,
    stat_types: ["mean"],
    entities,
    grid_options: GRAPH,
  };
}

async function reachesBack(hass, live) {
  if (!live.length) return false;
  const id = live[0].entity;
  const asked = {
    type: "recorder/statistics_during_period",
    start_time: new Date(Date.now() - 24 * HOUR).toISOString(),
    statistic_ids: [id],
    period: "hour",
    types: ["mean"],
  };
  try {
    return ((await hass.callWS(asked))[id]?.length ?? 0) >= ENOUGH_HOURS;
  } catch {
    // There is no recorder.
    return false;
  }
}

/** Return a section per period with the plant's energies, and one with its battery's. */
export function energySections(statistics, texts) {
  const energies = series(ENERGIES, (key) => statistics[key], texts.series);
  const stored = series(STORED, (key) => statistics[key], texts.series);
  const revenue = series(["revenue"], (key) => statistics[key], texts.series);
  const [days, months, years] = PERIODS;
  return [
    section([bars(days, stored, texts, "mdi:home-battery", texts.own.battery)]),
    section([bars(days, energies, texts, "mdi:solar-power")], 2),
    section([bars(years, energies, texts, "mdi:solar-power")]),
    section([bars(months, energies, texts, "mdi:solar-power")], 2),
    section([bars(months, revenue, texts, "mdi:cash", texts.series("revenue"))]),
  ];
}

/** Return a graph of several plants' PV energy, stacked, for the last days. */
export function fleetSection(plants, statisticsOf, texts) {
  const entities = plants
    .map((plant) => ({ entity: statisticsOf(plant).pv_energy, name: plant.name }))
    .filter(({ entity }) => entity);
  const graph = { ...graphOf(PERIODS[0], entities), chart_type: "bar-stack" };
  const title = `${texts.series("pv_energy")} · ${texts.own.by_day}`;
  return section([heading(title, "mdi:solar-power"), entities.length && graph], 3);
}

function bars(row, entities, texts, icon, subject = texts.own.energy) {
  if (!entities.length) return [];
  const [text] = row;
  return [heading(`${subject} · ${texts.own[text]}`, icon), graphOf(row, entities)];
}

function graphOf([, period, days], entities) {
  return {
    type: "statistics-graph",
    chart_type: "bar",
    period,
    days_to_show: days,
    stat_types: ["change"],
    entities,
    ...(entities.length === 1 && { hide_legend: true }),
    grid_options: GRAPH,
  };
}

function series(keys, find, name) {
  return keys
    .map((key) => ({ entity: find(key), name: name(key), color: COLORS[key] }))
    .filter(({ entity }) => entity);
}
