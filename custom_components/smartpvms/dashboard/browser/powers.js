/**
 * A plant's powers over today and yesterday, as far as they are known.
 *
 * The live values' own statistics of five minutes; in hours without any, the imported powers of
 * the hour, or else what its imported energies are as a mean: kWh in an hour are kW. A positive grid power is import, a positive battery power discharge.
 */

import { lastDays, rowsOf } from "./statistics.js";

/** What a plant's powers are called, live and imported. */
export const POWERS = ["pv_power", "house_consumption", "grid_power", "battery_power"];
const [PV, HOUSE, GRID, BATTERY] = POWERS;
const HOUR = 3600_000;
const FIVE_MINUTES = HOUR / 12;

/** Rows by power: the energies that flow one way, and those that flow the other. */
const ENERGIES = {
  pv_power: [["pv_energy"], []],
  house_consumption: [["consumption"], []],
  grid_power: [["grid_import"], ["grid_export"]],
  battery_power: [["battery_discharge"], ["battery_charge"]],
};

/**
 * Return points by power: a list of [time in ms, kW], in order of time.
 *
 * ids: the plant's live entities and its imported statistics, by power.
 */
export async function powersOf(hass, { live, imported }, now = Date.now()) {
  const days = lastDays(hass, now);
  const { yesterday } = days;
  const energies = Object.values(ENERGIES).flat(2);
  const [fine, coarse, counted] = await Promise.all([
    rowsOf(hass, asked(live, "5minute", yesterday)),
    rowsOf(hass, asked(imported, "hour", yesterday)),
    rowsOf(hass, {
      ids: energies.map((key) => imported[key]).filter(Boolean),
      period: "hour",
      start: yesterday,
      types: ["change"],
    }),
  ]);
  const means = pointsOf(imported, coarse, HOUR);
  const exact = merged(pointsOf(live, fine, FIVE_MINUTES), means, housePoints(means));
  const whole = energyPoints(imported, counted, [days.yesterday, days.today], now);
  return merged(exact, whole, whole.house_consumption);
}

/**
 * Return the means of hours whose energies are known, by power.
 *
 * An hour counts while all hours of its day before it are there, too: what stands after a gap
 * may be all that was counted until then. Hours at today's end in which nothing at all flowed
 * are not counted yet: FusionSolar gives zeros for some time.
 */
export function energyPoints(ids, rows, starts, now) {
  const found = Object.fromEntries(POWERS.map((key) => [key, []]));
  const amounts = (key) => new Map((rows[ids[key]] ?? []).map(({ start, change }) => [start, change]));
  for (const [power, [ways, back]] of Object.entries(ENERGIES)) {
    const parts = [...ways, ...back].filter((key) => ids[key]);
    if (!parts.length) continue;
    const known = parts.map((key) => [back.includes(key) ? -1 : 1, amounts(key)]);
    for (const [at, start] of starts.entries()) {
      // The running hour is not over.
      const end = starts[at + 1] ?? now - HOUR;
      for (let time = start; time <= end && time !== starts[at + 1]; time += HOUR) {
        if (!known.every(([, values]) => values.has(time))) break;
        const sum = known.reduce((all, [sign, values]) => all + sign * values.get(time), 0);
        found[power].push([time + HOUR / 2, sum]);
      }
    }
  }
  const flowed = Object.values(found).flatMap((points) => points.filter(([, sum]) => sum));
  const last = Math.max(starts.at(-1), ...flowed.map(([time]) => time));
  return Object.fromEntries(
    Object.entries(found).map(([power, points]) => [power, points.filter(([time]) => time <= last)]),
  );
}

function asked(ids, period, start) {
  const known = POWERS.map((key) => ids[key]).filter(Boolean);
  return { ids: known, period, start, types: ["mean"] };
}

/** Return points by power; a mean stands in the middle of its time. */
function pointsOf(ids, rows, span) {
  return Object.fromEntries(
    POWERS.map((key) => [
      key,
      (rows[ids[key]] ?? [])
        .filter(({ mean }) => mean !== null && mean !== undefined)
        .map(({ start, mean }) => [start + span / 2, mean]),
    ]),
  );
}

const hourOf = ([time]) => Math.floor(time / (HOUR / 2));

/** Return the fine points, and the coarse ones of half hours that have no fine one. */
export function merged(fine, coarse, house) {
  const found = {};
  for (const key of POWERS) {
    const points = fine[key] ?? [];
    const halves = new Set(points.map(hourOf));
    const hours = (key === HOUSE ? house : coarse[key]) ?? [];
    const missing = hours.filter((point) => {
      const half = hourOf(point);
      return !halves.has(half) && !halves.has(half - 1);
    });
    found[key] = [...points, ...missing].sort(([one], [other]) => one - other);
  }
  return found;
}

/**
 * Return the house's consumption in the imported hours, which is not imported itself.
 *
 * An hour counts where all is known that the plant has: PV, grid, and a battery if there is one.
 */
function housePoints(coarse) {
  const parts = [PV, GRID, ...(coarse[BATTERY]?.length ? [BATTERY] : [])];
  const byTime = parts.map((key) => new Map(coarse[key] ?? []));
  return (coarse[GRID] ?? [])
    .map(([time]) => [time, byTime.map((values) => values.get(time))])
    .filter(([, values]) => values.every((value) => value !== undefined))
    .map(([time, values]) => [time, Math.max(0, values.reduce((sum, value) => sum + value, 0))]);
}

/** Return lines: a longer pause than an imported hour ends one. */
export function linesOf(points) {
  const lines = [];
  for (const point of points) {
    const line = lines.at(-1);
    if (line && point[0] - line.at(-1)[0] <= 1.25 * HOUR) line.push(point);
    else lines.push([point]);
  }
  return lines;
}

/** Return the value of the point that is nearest to a time, undefined where none is near. */
export function valueAt(points, time) {
  let best;
  for (const point of points) {
    if (!best || Math.abs(point[0] - time) < Math.abs(best[0] - time)) best = point;
  }
  return best && Math.abs(best[0] - time) <= HOUR / 2 + FIVE_MINUTES ? best[1] : undefined;
}

/** Return the parts of a line above and below zero: their sign, and their points. */
export function waysOf(line) {
  const parts = [];
  for (const [at, point] of line.entries()) {
    // What is zero goes on as what is before it, or after it at the beginning.
    const last = parts.at(-1);
    const sign = Math.sign(point[1]) || last?.sign || firstSign(line);
    if (last?.sign === sign) {
      last.part.push(point);
      continue;
    }
    const meeting = last && crossing(line[at - 1], point);
    if (last) last.part.push(meeting);
    parts.push({ sign, part: meeting ? [meeting, point] : [point] });
  }
  return parts;
}

const firstSign = (line) => Math.sign(line.find(([, value]) => value)?.[1] ?? 1);

/** Return where a line between two points of other signs is zero. */
function crossing([start, before], [end, after]) {
  return [start + ((end - start) * before) / (before - after), 0];
}
