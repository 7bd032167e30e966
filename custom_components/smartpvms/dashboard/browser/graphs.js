/** Graphs of a plant: its powers over the day, its energies by day, month and year. */

import { COLORS, WIDE, heading, ownCard, section } from "./cards.js";
import { POWERS } from "./powers.js";

const ENERGIES = ["pv_energy", "consumption", "grid_export", "grid_import"];
const STORED = ["battery_charge", "battery_discharge"];
/** All of the same height, so that neighbours end on one line. */
const GRAPH = { ...WIDE, rows: 5 };
const FLEET_DAYS = 14;

/** Return the section of today's powers, undefined where the plant has none. */
export function powerSection(plant, statistics, texts) {
  const known = POWERS.some((key) => plant.find(key) || statistics[key]);
  const title = heading(texts.own.power, "mdi:chart-bell-curve");
  return section([title, known && ownCard("curve", plant)], 2);
}

/** Return sections with the plant's energies, its battery's, and its revenue. */
export function energySections(plant, statistics, texts) {
  const bars = (series, title, icon, span, more) => {
    const found = series.filter((key) => statistics[key]);
    const card = found.length > 0 && ownCard("bars", plant, { series: found, ...more });
    return section([heading(title, icon), card], span);
  };
  return [
    bars(ENERGIES, texts.own.energy, "mdi:solar-power", 2),
    bars(STORED, texts.own.battery, "mdi:home-battery", 1),
    section([
      heading(texts.own.all_days, "mdi:calendar-month"),
      statistics.pv_energy && ownCard("calendar", plant),
    ], 2),
    bars(["revenue"], texts.series("revenue"), "mdi:cash", 1, { money: true }),
  ];
}

/** Return a graph of several plants' PV energy, stacked, for the last days. */
export function fleetSection(plants, statisticsOf, texts) {
  const entities = plants
    .map((plant) => ({ entity: statisticsOf(plant).pv_energy, name: plant.name }))
    .filter(({ entity }) => entity);
  const graph = {
    type: "statistics-graph",
    chart_type: "bar-stack",
    period: "day",
    days_to_show: FLEET_DAYS,
    stat_types: ["change"],
    entities,
    ...(entities.length === 1 && { hide_legend: true }),
    grid_options: GRAPH,
  };
  const title = `${texts.series("pv_energy")} · ${texts.own.by_day}`;
  return section([heading(title, "mdi:solar-power"), entities.length && graph], 3);
}
