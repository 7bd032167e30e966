import assert from "node:assert/strict";
import { test } from "node:test";

import {
  ageLevel,
  dataTime,
  firstValuesIn,
  isSilent,
  lightOf,
  reasonsOf,
  roundOf,
} from "../../custom_components/smartpvms/dashboard/browser/health.js";
import { plantOf } from "../../custom_components/smartpvms/dashboard/browser/registry.js";
import { recorded } from "./house.js";

const MINUTE = 60_000;
const NOW = Date.parse("2026-11-28T12:00:00Z");

/** Return a frontend with states of the house, by the end of the entity's id. */
function having(states) {
  const hass = recorded();
  for (const [key, state] of Object.entries(states)) {
    hass.states[`sensor.sonnenhof_${key}`] = { state, attributes: {} };
  }
  return [hass, plantOf(hass, "sonnenhof")];
}

test("the light is the worse of health and alarms", () => {
  const level = (status, highest_severity, pv_power = "5") =>
    lightOf(...having({ status, highest_severity, pv_power })).level;
  assert.equal(level("healthy", "none"), "good");
  assert.equal(level("healthy", "critical"), "bad");
  assert.equal(level("faulty", "none"), "bad");
  assert.equal(level("disconnected", "minor"), "warning");
  assert.equal(level("unavailable", "none"), "good");
  assert.equal(level("unavailable", "unavailable"), "unknown");
  // The alarms of a plant that does not answer may be known still.
  assert.equal(level("unavailable", "none", "unavailable"), "unknown");
  assert.equal(level("unavailable", "minor", "unavailable"), "warning");
});

test("what was well when the last data came is not well for ever", () => {
  const after = (minutes, states) => {
    const last_data = new Date(Date.now() - minutes * MINUTE).toISOString();
    return lightOf(...having({ status: "healthy", highest_severity: "none", last_data, ...states }));
  };
  assert.deepEqual(after(9), { level: "good", health: "healthy", severity: "none" });
  assert.deepEqual(after(18), { level: "unknown", health: undefined, severity: undefined });
  const { level, severity } = after(18, { highest_severity: "major" });
  assert.deepEqual([level, severity], ["bad", "major"]);
});

test("data that are two and three rounds late are told", () => {
  assert.equal(ageLevel(NOW - 6 * MINUTE, NOW), "good");
  assert.equal(ageLevel(NOW - 12 * MINUTE, NOW), "warning");
  assert.equal(ageLevel(NOW - 17 * MINUTE, NOW), "bad");
  const slow = 15 * MINUTE;
  assert.equal(ageLevel(NOW - 17 * MINUTE, NOW, slow), "good");
  assert.equal(ageLevel(NOW - 32 * MINUTE, NOW, slow), "warning");
  const [hass, plant] = having({ last_data: "2026-11-28T12:00:00+00:00" });
  assert.equal(roundOf(hass, plant), 5 * MINUTE);
  hass.states["sensor.sonnenhof_last_data"].attributes.interval = 900;
  assert.equal(roundOf(hass, plant), slow);
  assert.equal(dataTime(...having({ last_data: "2026-11-28T12:00:00+00:00" })), NOW);
  assert.equal(dataTime(...having({ last_data: "unknown" })), undefined);
});

test("a plant is silent when all that it has is unavailable", () => {
  const gone = { status: "unavailable", pv_power: "unavailable", pv_energy_today: "unavailable" };
  assert.ok(isSilent(...having(gone)));
  assert.ok(!isSilent(...having({ ...gone, pv_lifetime_energy: "56163" })));
});

test("first values are announced for a plant that is new, and no longer", () => {
  const [hass, plant] = having({});
  assert.equal(firstValuesIn(hass, plant, NOW), undefined);
  plant.createdAt = NOW - MINUTE;
  for (const device of plant.devices) device.createdAt = NOW - MINUTE;
  const minutes = firstValuesIn(hass, plant, NOW);
  assert.ok(minutes >= 2 && minutes <= 6);
  // What has not come then comes with a later round, and not "in a minute" for ever.
  assert.equal(firstValuesIn(hass, plant, NOW + minutes * MINUTE), 5);
  assert.equal(firstValuesIn(hass, plant, NOW + (minutes + 2) * MINUTE), 3);
  assert.equal(firstValuesIn(hass, plant, NOW + 30 * MINUTE), undefined);
  // One that had values, and does not answer any more.
  const last = { state: "2026-11-28T12:00:00+00:00", attributes: {} };
  for (const key of ["status", "pv_power", "pv_energy_today", "pv_lifetime_energy"])
    hass.states[`sensor.sonnenhof_${key}`] = { state: "unavailable", attributes: {} };
  hass.states["sensor.sonnenhof_last_data"] = last;
  assert.equal(firstValuesIn(hass, plant, NOW), undefined);
  hass.states["sensor.sonnenhof_pv_power"] = { state: "5", attributes: {} };
  assert.equal(firstValuesIn(hass, plant, NOW), undefined);
});

test("reasons are repairs of the plant's own account, asked for once", async () => {
  const [hass, plant] = having({});
  plant.entries = ["one"];
  const issue = (issue_id, translation_key, more) => ({
    domain: "smartpvms",
    issue_id,
    translation_key,
    translation_placeholders: { feature: "Plants" },
    ignored: false,
    ...more,
  });
  let calls = 0;
  hass.connection = {};
  hass.callWS = async ({ type }) => {
    assert.equal(type, "repairs/list_issues");
    calls += 1;
    return {
      issues: [
        issue("two_no_consent", "no_consent"),
        issue("one_no_consent", "no_consent", { ignored: true }),
        // That is no reason.
        issue("one_limits_learnt", "limits_learnt"),
        issue("one_quota_used_up", "quota_used_up"),
        issue("one_no_access_x", "no_access"),
        issue("config_entry_reauth_smartpvms_one", "config_entry_reauth", {
          domain: "homeassistant",
        }),
      ],
    };
  };
  hass.loadBackendTranslation = async (category, domain) => (key, { feature }) =>
    `${category} ${domain} ${key.split(".").at(-2)} ${feature}`;
  assert.deepEqual(await reasonsOf(hass, plant, { now: NOW }), [
    "issues homeassistant config_entry_reauth Plants",
    "issues smartpvms no_access Plants",
    "issues smartpvms quota_used_up Plants",
  ]);
  await reasonsOf(hass, plant, { now: NOW + 29_000 });
  assert.equal(calls, 1);
  await reasonsOf(hass, plant, { now: NOW + 31_000 });
  assert.equal(calls, 2);
  hass.connection = {};
  hass.callWS = async () => assert.fail("unknown command");
  assert.deepEqual(await reasonsOf(hass, plant, { now: NOW }), []);
});
