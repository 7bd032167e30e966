import assert from "node:assert/strict";
import { before, test } from "node:test";

import { flow } from "../../custom_components/smartpvms/dashboard/browser/flow.js";
import { modelOf, partsOf, watched } from "../../custom_components/smartpvms/dashboard/browser/flow-model.js";
import { plantOf } from "../../custom_components/smartpvms/dashboard/browser/registry.js";
import { ownTexts } from "../../custom_components/smartpvms/dashboard/browser/texts.js";
import { recorded, serveFiles } from "./house.js";

const NOW = Date.parse("2026-06-15T12:00:00Z");
const HOUSE = "sensor.sonnenhof_";
const SOC = "sensor.battery_1_state_of_charge";
const plain = (text) => text.replaceAll("\u00a0", " ");

let own;
before(async () => {
  serveFiles();
  own = await ownTexts("en");
});

/** Return a house whose states are these, in kW and %; last data a minute ago. */
function house(values = {}, { gone = [] } = {}) {
  const hass = recorded();
  const powers = {
    pv_power: 3.394,
    grid_power: -2.934,
    house_consumption: 0.46,
    battery_power: 0,
    ...values,
  };
  for (const [key, state] of Object.entries(powers)) {
    put(hass, HOUSE + key, state, { unit_of_measurement: "kW" });
  }
  hass.states[`${HOUSE}pv_power`].attributes.installed_capacity = 10.6;
  put(hass, SOC, 78, { unit_of_measurement: "%" });
  put(hass, `${HOUSE}last_data`, "2026-06-15T11:59:00Z", { interval: 300 });
  for (const key of gone) delete hass.entities[HOUSE + key];
  return hass;
}

function put(hass, entity_id, state, attributes = {}) {
  const last_changed = "2026-06-15T09:30:00Z";
  hass.states[entity_id] = { entity_id, state: String(state), attributes, last_changed };
}

function shown(hass, plant = "sonnenhof", isBeside = false) {
  return modelOf(hass, partsOf(plantOf(hass, plant)), own, NOW, isBeside);
}

test("each node has its word, a power without a sign, and what that does", () => {
  const { nodes } = shown(house());
  const texts = Object.entries(nodes).map(([name, { word, value, note }]) =>
    [name, word, value, note].map(plain),
  );
  assert.deepEqual(texts, [
    ["solar", "Solar", "3.39 kW", "of 10.6 kWp"],
    ["battery", "Battery 78%", "0 kW", ""],
    ["house", "House", "0.46 kW", ""],
    ["grid", "Grid", "2.93 kW", "feeding in"],
  ]);
  const other = shown(house({ grid_power: 1, battery_power: -1 })).nodes;
  assert.deepEqual([other.grid.note, other.battery.note], ["importing", "charging"]);
  assert.equal(shown(house({ battery_power: 1 })).nodes.battery.note, "discharging");
});

test("a flow goes the way of the power, the more the thicker", () => {
  const ways = (values) =>
    Object.values(shown(house(values)).nodes).map(({ way, step }) => [way, step]);
  assert.deepEqual(ways({ pv_power: 10.6, battery_power: -0.05, grid_power: 5 }), [
    [1, 5],
    [-1, 1],
    [-1, 2],
    [1, 4],
  ]);
  // Less than the interface's noise stands still.
  assert.deepEqual(ways({ pv_power: 0.009, battery_power: 0, grid_power: "unknown" })[0], [0, 0]);
  assert.deepEqual(ways({ grid_power: "unknown" })[3], [0, 0]);
});

test("the picture is a sentence", () => {
  const said = (hass) => plain(shown(hass).sentence);
  assert.equal(
    said(house({ battery_power: -0.05 })),
    "Sonnenhof: the roof gives 3.39 kW, 2.93 kW go to the grid, " +
      "0.05 kW go into the battery, the house uses 0.46 kW, Battery 78%",
  );
  const still = house({ pv_power: 0, grid_power: 0, house_consumption: 0 });
  assert.equal(said(still), "Sonnenhof: no power flows, Battery 78%");
  const other = house({ pv_power: 0, grid_power: 0.3, battery_power: 0.2, house_consumption: 0.5 });
  assert.match(said(other), /0.3 kW come from the grid, 0.2 kW come from the battery/);
});

test("nobody lives at a park: a large plant, or one with a weather station", () => {
  const large = house();
  large.states[`${HOUSE}pv_power`].attributes.installed_capacity = 250;
  const { nodes, isPark, sentence } = shown(large);
  assert.ok(isPark);
  assert.deepEqual([nodes.solar.word, nodes.house.word], ["Solar", "Consumption"]);
  assert.equal(plain(sentence), "Sonnenhof: Solar 3.39 kW, 2.93 kW go to the grid, Consumption 0.46 kW, Battery 78%");
  assert.ok(shown(house(), "solarpark_sud").isPark);
  assert.ok(!shown(house()).isPark);
});

test("several batteries are filled by their capacity", () => {
  const hass = recorded();
  put(hass, "sensor.solarpark_sud_battery_power", 5, { unit_of_measurement: "kW" });
  put(hass, "sensor.storage_1_state_of_charge", 10);
  put(hass, "sensor.office_battery_state_of_charge", 90);
  const park = () => shown(hass, "solarpark_sud").charge;
  // Without their capacities, each counts the same.
  assert.equal(park(), 0.5);
  const stored = (state, unit) =>
    put(hass, "sensor.solarpark_sud_energy_stored", state, {
      unit_of_measurement: unit,
      capacity: 415,
    });
  stored(53.5, "kWh");
  assert.equal(park().toFixed(3), "0.129");
  stored(0.0535, "MWh");
  assert.equal(park().toFixed(3), "0.129");
  put(hass, "sensor.storage_1_state_of_charge", "unavailable");
  assert.equal(park(), undefined);
});

test("what a plant does not have is not drawn", () => {
  const { nodes, charge } = shown(house({}, { gone: ["battery_power", "house_consumption"] }));
  assert.deepEqual(Object.keys(nodes), ["solar", "grid"]);
  assert.equal(charge, 0.78);
});

const UNKNOWN = {
  pv_power: "unavailable",
  grid_power: "unavailable",
  house_consumption: "unavailable",
  battery_power: "unavailable",
};
const SILENT = {
  ...UNKNOWN,
  status: "unavailable",
  pv_energy_today: "unavailable",
  pv_lifetime_energy: "unavailable",
};

test("a plant that does not answer is calm, and says since when", () => {
  const { nodes, notice, age, sentence, isCalm } = shown(house(SILENT));
  assert.deepEqual(
    Object.values(nodes).map(({ value, step }) => [value, step]),
    Array(4).fill(["–", 0]),
  );
  assert.ok(isCalm);
  assert.equal(notice.kind, "silent");
  assert.match(notice.text, /^No data of this plant since .*59/);
  assert.equal(sentence, `Sonnenhof: ${notice.text}`);
  assert.equal(age, undefined);
  const hass = house(SILENT);
  delete hass.states[`${HOUSE}last_data`];
  assert.equal(shown(hass).notice.text, "FusionSolar gives no data of this plant.");
});

test("while Home Assistant starts, no plant is said to be silent", () => {
  const hass = house(SILENT);
  hass.config.state = "STARTING";
  assert.deepEqual(shown(hass).notice, { kind: "first", text: "No values yet." });
  hass.config.state = "RUNNING";
  assert.equal(shown(hass).notice.kind, "silent");
});

test("a plant that answers without its powers is told from one that is silent", () => {
  const hass = house({ ...SILENT, status: "healthy" });
  assert.match(shown(hass).notice.text, /^FusionSolar gives no powers/);
});

test("what the card of the state says beside it is not said twice", () => {
  const beside = (values) => shown(house(values), "sonnenhof", true);
  assert.equal(beside({}).age, undefined);
  const silent = beside(SILENT);
  assert.ok(silent.isCalm);
  assert.equal(silent.notice, undefined);
  assert.match(silent.sentence, /No data of this plant since/);
  assert.match(beside({ ...SILENT, status: "healthy" }).notice.text, /no powers/);
});

test("a new plant's values are on their way", () => {
  const hass = house({}, { gone: Object.keys(UNKNOWN) });
  put(hass, `${HOUSE}last_data`, "unknown");
  hass.devices.sonnenhof.created_at = NOW / 1000 - 90;
  assert.ok(flow(plantOf(hass, "sonnenhof")));
  const { nodes, notice } = shown(hass);
  assert.deepEqual(
    Object.entries(nodes).map(([name, { value, entity }]) => [name, value, entity]),
    ["solar", "battery", "house", "grid"].map((name) => [name, "…", undefined]),
  );
  assert.equal(notice.kind, "first");
  assert.match(notice.text, /^First values in about \d min\.$/);
  // One value is there, others come.
  hass.entities = { ...hass.entities, ...pick(recorded().entities, `${HOUSE}pv_power`) };
  const some = shown(hass);
  assert.equal(plain(some.nodes.solar.value), "3.39 kW");
  assert.equal(some.nodes.grid.value, "…");
  assert.equal(some.notice, undefined);
  // What has not come in twenty minutes is not there.
  const created_at = NOW / 1000 - 1201;
  hass.devices = { ...hass.devices, sonnenhof: { ...hass.devices.sonnenhof, created_at } };
  assert.deepEqual(Object.keys(shown(hass).nodes), ["solar"]);
});

const pick = (things, key) => ({ [key]: things[key] });

test("without a power, and without a sign of one, there is no card", () => {
  const hass = house({}, { gone: [...Object.keys(UNKNOWN), "last_data"] });
  assert.equal(flow(plantOf(hass, "sonnenhof")), undefined);
  // Its first row is on the way.
  const created_at = Date.now() / 1000 - 60;
  hass.devices = { ...hass.devices, sonnenhof: { ...hass.devices.sonnenhof, created_at } };
  assert.ok(flow(plantOf(hass, "sonnenhof")));
});

test("values get older in colour, by the rounds that the account can have", () => {
  const aged = (minutes, attributes) => {
    const hass = house();
    const at = new Date(NOW - minutes * 60_000).toISOString();
    put(hass, `${HOUSE}last_data`, at, attributes);
    return shown(hass).age;
  };
  assert.deepEqual(aged(1, {}), { text: "1 minute ago", level: "good" });
  assert.deepEqual(aged(12, { interval: 300 }), { text: "12 minutes ago", level: "warning" });
  assert.equal(aged(17, { interval: 300 }).level, "bad");
  assert.equal(aged(17, { interval: 900 }).level, "good");
  assert.equal(aged(-5, {}).text, "this minute");
});

test("the sky is dark when the sun is down, and the roof gives nothing", () => {
  const night = (values) => {
    const hass = house(values);
    put(hass, "sun.sun", "below_horizon");
    return shown(hass).isNight;
  };
  assert.ok(night({ pv_power: 0 }));
  // The plant is on the other side of the earth.
  assert.ok(!night({ pv_power: 3 }));
  assert.ok(!shown(house({ pv_power: 0 })).isNight);
});

test("the picture follows its own entities and the sun", () => {
  const hass = recorded();
  const ids = watched(partsOf(plantOf(hass, "sonnenhof")));
  assert.deepEqual(ids.toSorted(), [
    SOC,
    `${HOUSE}battery_power`,
    `${HOUSE}energy_stored`,
    `${HOUSE}grid_power`,
    `${HOUSE}house_consumption`,
    `${HOUSE}last_data`,
    `${HOUSE}pv_power`,
    "sun.sun",
  ]);
  assert.equal(plantOf(hass, "sonnenhof"), plantOf({ ...hass }, "sonnenhof"));
  assert.equal(plantOf(hass, "none"), undefined);
});

test("units of power are those of the entity", () => {
  const hass = house();
  put(hass, `${HOUSE}pv_power`, 3394, { unit_of_measurement: "W" });
  put(hass, `${HOUSE}grid_power`, "", { unit_of_measurement: "kW" });
  const { nodes } = shown(hass);
  assert.equal(plain(nodes.solar.value), "3.39 kW");
  assert.equal(nodes.grid.value, "–");
});
