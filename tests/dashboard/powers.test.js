import assert from "node:assert/strict";
import { test } from "node:test";

import {
  energyPoints,
  linesOf,
  powersOf,
  valueAt,
  waysOf,
} from "../../custom_components/smartpvms/dashboard/browser/powers.js";
import { recorded } from "./house.js";

const HOUR = 3600_000;
const MIDNIGHT = Date.parse("2026-11-28T08:00:00Z");
const NOON = MIDNIGHT + 12 * HOUR;

/** Return a frontend whose recorder knows these rows by statistic and period. */
function knowing(rows) {
  const hass = recorded();
  hass.asked = [];
  hass.callWS = async (message) => {
    hass.asked.push(message);
    const found = rows[message.period] ?? {};
    return Object.fromEntries(
      message.statistic_ids.filter((id) => found[id]).map((id) => [id, found[id]]),
    );
  };
  return hass;
}

test("today and yesterday are asked, and nothing before", async () => {
  const hass = knowing({});
  await powersOf(hass, { live: { pv_power: "sensor.pv" }, imported: { pv_power: "x:pv" } }, NOON);
  const start = new Date(MIDNIGHT - 24 * HOUR).toISOString();
  assert.deepEqual(
    hass.asked.map(({ period, start_time }) => [period, start_time]),
    [["5minute", start], ["hour", start]],
  );
});

test("an imported hour stands only where no live value does", async () => {
  const hass = knowing({
    "5minute": { "sensor.pv1": [{ start: NOON, mean: 4 }] },
    hour: {
      "x:pv1": [
        { start: NOON - HOUR, mean: 3 },
        { start: NOON, mean: 3.5 },
      ],
    },
  });
  const ids = { live: { pv_power: "sensor.pv1" }, imported: { pv_power: "x:pv1" } };
  const { pv_power } = await powersOf(hass, ids, NOON + 2 * HOUR);
  assert.deepEqual(pv_power, [
    [NOON - HOUR / 2, 3],
    [NOON + HOUR / 24, 4],
  ]);
});

test("the house's imported hours are made of all that the plant has", async () => {
  const rows = (...means) => means.map((mean, at) => ({ start: NOON + at * HOUR, mean }));
  const hass = knowing({
    hour: { "x:pv2": rows(5, 4), "x:grid2": rows(-2, -1), "x:battery2": rows(-1) },
  });
  const imported = { pv_power: "x:pv2", grid_power: "x:grid2", battery_power: "x:battery2" };
  const { house_consumption } = await powersOf(hass, { live: {}, imported }, NOON + 3 * HOUR);
  assert.deepEqual(house_consumption, [[NOON + HOUR / 2, 2]]);
});

test("hours of energies are powers, as long as none of the day is missing", () => {
  const row = (hour, change) => ({ start: MIDNIGHT + hour * HOUR, change });
  const rows = {
    "x:import": [row(0, 1), row(1, 0), row(3, 9)],
    "x:export": [row(0, 0), row(1, 2), row(3, 0)],
  };
  const ids = { grid_import: "x:import", grid_export: "x:export" };
  const points = (now) => energyPoints(ids, rows, [MIDNIGHT], now).grid_power;
  assert.deepEqual(points(MIDNIGHT + 5 * HOUR), [
    [MIDNIGHT + HOUR / 2, 1],
    [MIDNIGHT + 1.5 * HOUR, -2],
  ]);
  // The running hour is half of one.
  assert.deepEqual(points(MIDNIGHT + 1.5 * HOUR), [[MIDNIGHT + HOUR / 2, 1]]);
});

test("the last hours are not counted while all of them are zeros", () => {
  const ids = { pv_energy: "a:pv", consumption: "a:house" };
  const hour = (at, change) => ({ start: MIDNIGHT + at * HOUR, change });
  const rows = {
    "a:pv": [hour(0, 0), hour(1, 2), hour(2, 0), hour(3, 0)],
    "a:house": [hour(0, 1), hour(1, 1), hour(2, 1), hour(3, 0)],
  };
  const found = energyPoints(ids, rows, [MIDNIGHT], MIDNIGHT + 5 * HOUR);
  assert.deepEqual(found.pv_power.map(([, power]) => power), [0, 2, 0]);
  assert.deepEqual(found.house_consumption.map(([, power]) => power), [1, 1, 1]);
});

test("a pause ends a line, and has no value", () => {
  const points = [[0, 1], [HOUR, 2], [4 * HOUR, 3]];
  assert.deepEqual(linesOf(points).map((line) => line.length), [2, 1]);
  assert.equal(valueAt(points, HOUR + 60_000), 2);
  assert.equal(valueAt(points, 2.5 * HOUR), undefined);
  assert.equal(valueAt([], 0), undefined);
});

test("a line is parted where it crosses zero", () => {
  const flow = (...values) => values.map((value, at) => [at * HOUR, value]);
  assert.deepEqual(waysOf(flow(0, 3, -1, 0, -2)), [
    { sign: 1, part: [[0, 0], [HOUR, 3], [1.75 * HOUR, 0]] },
    { sign: -1, part: [[1.75 * HOUR, 0], [2 * HOUR, -1], [3 * HOUR, 0], [4 * HOUR, -2]] },
  ]);
  assert.deepEqual(waysOf(flow(0, 0)), [{ sign: 1, part: flow(0, 0) }]);
  assert.deepEqual(waysOf(flow(0, -1)), [{ sign: -1, part: flow(0, -1) }]);
});
