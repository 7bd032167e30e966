import assert from "node:assert/strict";
import { test } from "node:test";

import { plantOf } from "../../custom_components/smartpvms/dashboard/browser/registry.js";
import {
  isImported,
  lastDays,
  realDays,
  realMonths,
  rowsOf,
} from "../../custom_components/smartpvms/dashboard/browser/statistics.js";
import { recorded } from "./house.js";

const ZONE = "Europe/Berlin";
const on = (date) => ({ start: Date.parse(`${date}T00:00:00+01:00`), change: 1 });
const dates = (rows) => rows.map(({ year, month, day }) => [year, month, day]);

test("a year or month at its last day is no day", () => {
  const rows = ["2024-12-31", "2025-01-31", "2025-02-27", "2025-02-28"].map(on);
  assert.deepEqual(dates(realDays(rows, ZONE)), [
    [2025, 2, 27],
    [2025, 2, 28],
  ]);
});

test("what is imported to the end is what it is: a plant may begin on a last day", () => {
  const first = [on("2024-12-31")];
  assert.equal(realDays(first, ZONE, true).length, 1);
  assert.equal(realMonths([on("2024-12-01")], ZONE, true).length, 1);
  const hass = recorded();
  const plant = plantOf(hass, "sonnenhof");
  const { attributes } = hass.states["sensor.sonnenhof_history_import"];
  assert.ok(!isImported(hass, plant, "month"));
  Object.assign(attributes, { years_left: 0, months_left: 0, days_left: 3 });
  assert.ok(isImported(hass, plant, "month"));
  assert.ok(!isImported(hass, plant, "day"));
});

test("a year at its last month is no month", () => {
  const rows = ["2024-12-01", "2025-01-01", "2025-12-01"].map(on);
  assert.deepEqual(dates(realMonths(rows, ZONE)), [
    [2025, 1, 1],
    [2025, 12, 1],
  ]);
});

test("days are the server's, and may be 23 hours long", () => {
  const hass = { config: { time_zone: ZONE } };
  const { yesterday, today, tomorrow } = lastDays(hass, Date.parse("2026-03-29T20:00:00Z"));
  assert.equal(new Date(yesterday).toISOString(), "2026-03-27T23:00:00.000Z");
  assert.equal(new Date(today).toISOString(), "2026-03-28T23:00:00.000Z");
  assert.equal(new Date(tomorrow).toISOString(), "2026-03-29T22:00:00.000Z");
});

test("an answer is kept for all cards, a failure is not", async () => {
  const hass = recorded();
  let calls = 0;
  hass.callWS = async () => {
    calls += 1;
    if (calls === 1) throw new Error("no recorder");
    return { "x:kept": [on("2025-02-28")] };
  };
  const asked = { ids: ["x:kept"], period: "day", start: 0, types: ["change"] };
  assert.deepEqual(await rowsOf(hass, asked), {});
  const [one, other] = await Promise.all([rowsOf(hass, asked), rowsOf(hass, asked)]);
  assert.equal(one, other);
  assert.equal(calls, 2);
  assert.deepEqual(await rowsOf(hass, { ...asked, ids: [] }), {});
  await rowsOf(hass, { ...asked, version: "finer" });
  assert.equal(calls, 3);
});
