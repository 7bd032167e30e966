import assert from "node:assert/strict";
import { test } from "node:test";

import { bestDay, bestMonth, yearSum } from "../../custom_components/smartpvms/dashboard/browser/records.js";
import { monthSums, sumsOf } from "../../custom_components/smartpvms/dashboard/browser/sums.js";
import { plantOf } from "../../custom_components/smartpvms/dashboard/browser/registry.js";
import { recorded } from "./house.js";

const ZONE = "America/Los_Angeles";
const NOW = Date.parse("2026-03-15T20:00:00Z");
const month = (month, change, year = 2026) => ({ year, month, change });

test("a year is told when none of its months is missing", () => {
  const sums = (rows, isDone) => monthSums(rows, NOW, ZONE, isDone);
  const whole = [month(12, 9, 2025), month(1, 1), month(2, 2), month(3, 3)];
  assert.deepEqual(sums(whole, false), { month: 3, year: 6 });
  assert.deepEqual(sums([month(1, 1), month(3, 3)], true), { month: 3, year: undefined });
  // The plant's first month, or one whose earlier ones are on their way.
  assert.deepEqual(sums([month(2, 2), month(3, 3)], true), { month: 3, year: 5 });
  assert.deepEqual(sums([month(2, 2), month(3, 3)], false), { month: 3, year: undefined });
  assert.deepEqual(sums([], true), { month: undefined, year: undefined });
});

test("sums are what the plant says, or else its statistics, with what is not in them yet", async () => {
  const hass = recorded();
  const id = "smartpvms:ne_33554785_consumption";
  const set = (key, state, unit_of_measurement = "kWh") => {
    hass.states[`sensor.sonnenhof_${key}`] = { state, attributes: { unit_of_measurement } };
  };
  set("pv_energy_this_month", "1.5", "MWh");
  set("energy_consumed_today", "6");
  const history = hass.states["sensor.sonnenhof_history_import"].attributes;
  Object.assign(history, { statistic_ids: { consumption: id }, years_left: 0, months_left: 0 });
  hass.callWS = async ({ type, period }) => {
    if (type === "recorder/statistic_during_period") return { change: 1000 };
    const start = (date) => Date.parse(`${date}T08:00:00Z`);
    const months = [1, 2, 3].map((one) => ({ start: start(`2026-0${one}-01`), change: 100 }));
    return { [id]: period === "month" ? months : [{ start: NOW, change: 5 }] };
  };
  const rows = await sumsOf(hass, plantOf(hass, "sonnenhof"), NOW);
  const values = Object.fromEntries(rows.map(({ name, values: found }) => [name, found]));
  assert.equal(values.pv_energy.month, 1500);
  assert.deepEqual(values.consumption, { month: 101, year: 301, total: 1001 });
  assert.ok(!("co2" in values));
});

const day = (date, change) => {
  const [year, month_, number] = date.split("-").map(Number);
  return { year, month: month_, day: number, change };
};

test("records are the best, and a year with days missing has no sum", () => {
  const days = [day("2025-06-01", 60), day("2025-06-02", 20), day("2025-07-01", 70)];
  assert.equal(bestDay(days).change, 70);
  assert.deepEqual(bestMonth(days), { year: 2025, month: 6, change: 80 });
  assert.equal(bestDay([]), undefined);
  assert.equal(yearSum(days, true), undefined);
  assert.equal(yearSum(days.slice(0, 2), true), 80);
  assert.equal(yearSum(days.slice(0, 2), false), undefined);
  assert.equal(yearSum([day("2025-01-01", 1), day("2025-01-02", 2)], false), 3);
});
