/** Graphs of a plant: its powers over the day, its energies by day, month and year. */

import { heading, ownCard, section } from "./cards.js";
import { POWERS } from "./powers.js";

const ENERGIES = ["pv_energy", "consumption", "grid_export", "grid_import"];
const STORED = ["battery_charge", "battery_discharge"];

/** Return the section of today's powers, undefined where the plant has none. */
export function powerSection(plant, statistics, texts) {
  const known = POWERS.some((key) => plant.find(key) || statistics[key]);
  const title = heading(texts.own.power, "mdi:chart-bell-curve");
  return section([title, known && ownCard("curve", plant)], 2);
}

/** Return sections by name with the plant's energies, its battery's, its revenue, its days. */
export function energySections(plant, statistics, texts) {
  const bars = (series, title, icon, span, more) => {
    const found = series.filter((key) => statistics[key]);
    const card = found.length > 0 && ownCard("bars", plant, { series: found, ...more });
    return section([heading(title, icon), card], span);
  };
  const days = statistics.pv_energy && ownCard("calendar", plant);
  return {
    energy: bars(ENERGIES, texts.own.energy, "mdi:solar-power", 2),
    battery: bars(STORED, texts.own.battery, "mdi:home-battery", 1),
    revenue: bars(["revenue"], texts.series("revenue"), "mdi:cash", 1, { money: true }),
    calendar: section([heading(texts.own.all_days, "mdi:calendar-month"), days], 2),
  };
}

/** Return a graph of several plants' PV energy, by installed power. */
export function fleetSection(plants, statisticsOf, texts) {
  const known = plants.filter((plant) => statisticsOf(plant).pv_energy).map(({ id }) => id);
  const card = known.length > 0 && ownCard("fleet", undefined, { plants: known });
  return section([heading(texts.series("pv_energy"), "mdi:solar-power"), card], 2);
}
