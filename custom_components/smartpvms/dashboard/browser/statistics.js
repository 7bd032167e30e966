/**
 * Long-term statistics, asked once for all cards that need them.
 *
 * An imported year or month stands at its last hour until its months or days are there
 * (docs/history.md): such a lump is no day, and no month.
 */

import { dayStart, midnight, partsOf } from "./numbers.js";

const MINUTE = 60_000;
const LEFT = ["years_left", "months_left", "days_left"];
/** How long an answer is good, by the period. */
const KEPT = { "5minute": 4 * MINUTE, hour: 10 * MINUTE, day: 10 * MINUTE, month: 10 * MINUTE, year: 10 * MINUTE };
const answers = new Map();
const MOST_ANSWERS = 200;

/**
 * Return rows by statistic: start (ms), mean and change. Empty without a recorder.
 *
 * asked: `ids`, `period`, `start` and `end` (ms); `version`: what makes an answer old, such as
 * the progress of an import.
 */
export async function rowsOf(hass, { ids, period, start, end, types, version = "" }) {
  if (!ids.length) return {};
  const key = JSON.stringify([ids, period, start, end, types, version]);
  const kept = answers.get(key);
  if (kept && Date.now() - kept.at < KEPT[period]) return kept.rows;
  const rows = hass
    .callWS({
      type: "recorder/statistics_during_period",
      start_time: new Date(start).toISOString(),
      ...(end && { end_time: new Date(end).toISOString() }),
      statistic_ids: ids,
      period,
      types,
      units: { energy: "kWh", power: "kW" },
    })
    .catch(() => {
      answers.delete(key);
      return {};
    });
  if (answers.size >= MOST_ANSWERS) answers.delete(answers.keys().next().value);
  answers.set(key, { at: Date.now(), rows });
  return rows;
}

/** Return those days (rows of the period day) that are days: all of them when all are imported. */
export function realDays(rows, timeZone, isImported = false) {
  const dated = rows.map((row) => ({ ...row, ...datedBy(row.start, timeZone) }));
  if (isImported) return dated;
  const count = counted(dated, ({ year, month }) => `${year}-${month}`);
  return dated.filter(
    ({ year, month, day }) =>
      count.get(`${year}-${month}`) > 1 || day !== lastDay(year, month),
  );
}

/** Return those months (rows of the period month) that are months, as `realDays` does. */
export function realMonths(rows, timeZone, isImported = false) {
  const dated = rows.map((row) => ({ ...row, ...datedBy(row.start, timeZone) }));
  if (isImported) return dated;
  const count = counted(dated, ({ year }) => year);
  return dated.filter(({ year, month }) => count.get(year) > 1 || month !== 12);
}

function datedBy(start, timeZone) {
  const { year, month, day } = partsOf(start, timeZone);
  return { year, month, day };
}

function counted(rows, key) {
  const count = new Map();
  for (const row of rows) count.set(key(row), (count.get(key(row)) ?? 0) + 1);
  return count;
}

const lastDay = (year, month) => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** Return the span of today, and of yesterday, in the server's time zone. */
export function lastDays(hass, now = Date.now()) {
  const zone = hass.config.time_zone;
  const start = dayStart(now, zone);
  return { yesterday: dayStart(now, zone, -1), today: start, tomorrow: dayStart(now, zone, 1) };
}

/** Tell whether no row of a period (day, month, year) is left to import. */
export function isImported(hass, plant, period) {
  const { attributes } = hass.states[plant.find("history_import")] ?? {};
  const coarser = { day: LEFT, month: LEFT.slice(0, 2), year: LEFT.slice(0, 1) };
  return coarser[period].every((key) => attributes?.[key] === 0);
}

/** Return what changes when an import has brought finer rows. */
export function versionOf(hass, plant) {
  const { attributes } = hass.states[plant.find("history_import")] ?? {};
  return LEFT.map((key) => attributes?.[key] ?? "").join(" ");
}

/** Return when a year begins on the server. */
export const yearStart = (hass, year) => midnight(year, 1, 1, hass.config.time_zone);

/** Return the days of a series in a year, or in one of its months. */
export async function daysOfYear(hass, plant, id, year, month) {
  const zone = hass.config.time_zone;
  const start = midnight(year, month ?? 1, 1, zone);
  const end = month ? midnight(year, month + 1, 1, zone) : midnight(year + 1, 1, 1, zone);
  const version = versionOf(hass, plant);
  const asked = { ids: [id], period: "day", start, end, types: ["change"], version };
  const rows = (await rowsOf(hass, asked))[id] ?? [];
  // The recorder answers with the day that begins at the end, too.
  return realDays(rows.filter((row) => row.start < end), zone, isImported(hass, plant, "day"));
}
