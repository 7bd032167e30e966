/** What a plant has given this month, this year and in its life. */

import { numberOf, partsOf } from "./numbers.js";
import { statisticsOf } from "./registry.js";
import { isImported, lastDays, realMonths, rowsOf, versionOf, yearStart } from "./statistics.js";
import { todayValue } from "./today.js";

const LONG_AGO = "2000-01-01T00:00:00Z";

/** Rows: name, unit's kind, and the entities of month, year and life that may be there. */
export const SUMS = [
  { name: "pv_energy", kind: "energy", month: ["month_power"], total: ["total_power"] },
  { name: "consumption", kind: "energy", month: ["month_use_power"], year: ["year_use_power"] },
  { name: "grid_export", kind: "energy", month: ["month_ongrid_power"], year: ["year_ongrid_power"] },
  { name: "grid_import", kind: "energy", month: ["month_buypower"], year: ["year_buypower"] },
  {
    name: "revenue",
    kind: "money",
    month: ["month_power_profit"],
    year: ["year_power_profit"],
    total: ["total_income"],
  },
  { name: "saved", kind: "money", month: ["month_saved"], year: ["year_saved"], total: ["total_saved"] },
  {
    name: "co2",
    kind: "unit",
    month: ["month_reduction_total_co2"],
    year: ["year_reduction_total_co2"],
  },
  {
    name: "trees",
    kind: "unit",
    month: ["month_reduction_total_tree"],
    year: ["year_reduction_total_tree"],
  },
];
export const SPANS = ["month", "year", "total"];
/** The series of statistics among the rows. */
const SERIES = ["pv_energy", "consumption", "grid_export", "grid_import", "revenue"];

/** Return the entities that the sums are made of. */
export const sumEntities = (plant) =>
  plant.findAll(SUMS.flatMap((row) => SPANS.flatMap((span) => row[span] ?? [])));

/** Return rows with values (`month`, `year`, `total`), those without any left out. */
export async function sumsOf(hass, plant, now = Date.now()) {
  const counted = await countedOf(hass, plant, now);
  const rows = SUMS.map((row) => {
    const values = {};
    let unit;
    for (const span of SPANS) {
      const entity = plant.findAll(row[span] ?? [])[0];
      const state = hass.states[entity];
      values[span] = numberOf(state) ?? counted[row.name]?.[span];
      unit ??= state?.attributes.unit_of_measurement;
    }
    return { ...row, values, unit };
  });
  return rows.filter(({ values }) => SPANS.some((span) => values[span] !== undefined));
}

/** Return sums out of statistics by series, only those of which nothing is missing. */
async function countedOf(hass, plant, now) {
  const zone = hass.config.time_zone;
  const ids = statisticsOf(hass, plant);
  const known = SERIES.filter((key) => ids[key]);
  const version = versionOf(hass, plant);
  const asked = { ids: known.map((key) => ids[key]), types: ["change"], version };
  const { today } = lastDays(hass, now);
  const { year } = partsOf(now, zone);
  const [months, days, totals] = await Promise.all([
    // From the last year's end on, to tell a year that stands at its last month.
    rowsOf(hass, { ...asked, period: "month", start: yearStart(hass, year - 1) }),
    rowsOf(hass, { ...asked, period: "day", start: today }),
    Promise.all(known.map((key) => lifeOf(hass, plant, ids[key], version))),
  ]);
  const isDone = isImported(hass, plant, "month");
  const found = {};
  for (const [at, key] of known.entries()) {
    // Statistics are up to an hour late.
    const late = lateness(hass, plant, key, days[ids[key]]?.[0]?.change);
    const sums = monthSums(realMonths(months[ids[key]] ?? [], zone, isDone), now, zone, isDone);
    const add = (sum) => (sum === undefined ? undefined : sum + late);
    found[key] = { month: add(sums.month), year: add(sums.year), total: add(totals[at]) };
  }
  return found;
}

/** Return what a plant has counted today beyond its statistics of today. */
export const lateness = (hass, plant, key, counted = 0) =>
  Math.max(0, (todayValue(hass, plant, key) ?? counted) - counted);

/**
 * Return the sums of the running month and year.
 *
 * A year is told when none of its months is missing since its first or the plant's first one.
 */
export function monthSums(rows, now, zone, isImported) {
  const { year, month } = partsOf(now, zone);
  const ours = rows.filter((row) => row.year === year);
  const byMonth = new Map(ours.map((row) => [row.month, row.change]));
  const first = Math.min(...byMonth.keys());
  const all = Array.from({ length: Math.max(0, month - first + 1) }, (_, at) => first + at);
  const isWhole = all.length > 0 && all.every((one) => byMonth.has(one)) && (first === 1 || isImported);
  return {
    month: byMonth.get(month),
    year: isWhole ? all.reduce((sum, one) => sum + byMonth.get(one), 0) : undefined,
  };
}

const lives = new Map();

/** Return what a statistic has counted in all; undefined while years are missing. */
async function lifeOf(hass, plant, id, version) {
  if (hass.states[plant.find("history_import")]?.attributes.years_left !== 0) return undefined;
  const key = `${id} ${version} ${Math.floor(Date.now() / 600_000)}`;
  if (!lives.has(key)) {
    if (lives.size > 500) lives.clear();
    lives.set(
      key,
      hass
        .callWS({
          type: "recorder/statistic_during_period",
          statistic_id: id,
          fixed_period: { start_time: LONG_AGO },
          types: ["change"],
          units: { energy: "kWh" },
        })
        .then(({ change }) => change ?? undefined)
        .catch(() => undefined),
    );
  }
  return lives.get(key);
}
