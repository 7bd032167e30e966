import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";

import { FEW_PLANTS, overviewView } from "../../custom_components/smartpvms/dashboard/browser/overview.js";
import { plantView } from "../../custom_components/smartpvms/dashboard/browser/plant.js";
import { escaped, table } from "../../custom_components/smartpvms/dashboard/browser/table.js";
import { textsOf } from "../../custom_components/smartpvms/dashboard/browser/texts.js";
import { cards, named, recorded, serveFiles } from "./house.js";

// The same names as the tests of Python have.
const NAMES = new URL("../data/names.json", import.meta.url);

let texts;
before(async () => {
  serveFiles();
  texts = await textsOf(recorded());
});

const house = (hass) => plantView(hass, "sonnenhof", texts);
const headings = (view) =>
  cards(view)
    .filter(({ type }) => type === "heading")
    .map(({ heading }) => heading);

function ownIds(hass, plant) {
  const devices = Object.values(hass.devices).filter(
    ({ id, via_device_id }) => id === plant || via_device_id === plant,
  );
  const ids = new Set(devices.map(({ id }) => id));
  const entities = Object.values(hass.entities).filter(({ device_id }) => ids.has(device_id));
  return new Set([
    ...entities.map(({ entity_id }) => entity_id),
    ...Object.values(hass.states[`sensor.${plant}_history_import`].attributes.statistic_ids),
  ]);
}

test("a plant's view names its own entities and statistics, nothing else", async () => {
  for (const plant of ["sonnenhof", "solarpark_sud"]) {
    const hass = recorded();
    const ids = named(await plantView(hass, plant, texts));
    const own = ownIds(hass, plant);
    assert.ok(ids.length > 25);
    assert.deepEqual(ids.filter((id) => !own.has(id)), []);
  }
});

test("every section has a heading, and something under it", async () => {
  const view = await house(recorded());
  for (const { cards: [first, ...rest] } of view.sections) {
    assert.equal(first.type, "heading");
    assert.ok(first.heading);
    assert.ok(rest.length);
  }
});

test("no text is missing", async () => {
  const view = JSON.stringify([
    await house(recorded()),
    await plantView(recorded(), "solarpark_sud", texts),
    overviewView(recorded(), undefined, texts),
  ]);
  assert.doesNotMatch(view, /undefined/);
  assert.ok(headings(await house(recorded())).includes("Active alarms"));
});

test("what the plant does not have is not shown", async () => {
  for (const gone of Object.keys(recorded().entities)) {
    const hass = recorded();
    delete hass.entities[gone];
    assert.ok(!named(await house(hass)).includes(gone));
  }
});

test("a plant without entities says nothing but its devices' names at most", async () => {
  const hass = recorded();
  hass.entities = {};
  assert.deepEqual(named(await house(hass)), []);
  assert.deepEqual(headings(await house(hass)), []);
});

test("a plant that is gone is told", async () => {
  const hass = recorded();
  delete hass.devices.sonnenhof;
  const [card] = cards(await house(hass));
  assert.equal(card.content, texts.own.no_plant);
});

const FLOW = "custom:smartpvms-power-flow";
const flowOf = (view) => cards(view).find(({ type }) => type === FLOW);

test("the plant's own card shows the flow", async () => {
  assert.deepEqual(flowOf(await house(recorded())), {
    type: FLOW,
    plant: "sonnenhof",
    beside_status: true,
  });
});

test("graphs are there for what the plant has", async () => {
  const hass = recorded();
  const graphs = (view) =>
    cards(view)
      .filter(({ type }) => /smartpvms-(curve|bars)/.test(type))
      .map(({ type, series }) => [type.split("-")[1], ...(series ?? [])]);
  assert.deepEqual(graphs(await house(hass)), [
    ["curve"],
    ["bars", "pv_energy", "consumption", "grid_export", "grid_import"],
    ["bars", "battery_charge", "battery_discharge"],
    ["bars", "revenue"],
  ]);
  hass.states = {};
  assert.deepEqual(graphs(await house(hass)), [["curve"]]);
  hass.entities = {};
  assert.deepEqual(graphs(await house(hass)), []);
});

test("alarms are shown while there are some", async () => {
  const { sections } = await house(recorded());
  const alarms = sections.find(({ cards: [, card] }) => card.type === "custom:smartpvms-alarms");
  assert.deepEqual(alarms.visibility, [
    { condition: "numeric_state", entity: "sensor.sonnenhof_active_alarms", above: 0 },
  ]);
});

test("enabled strings are with their inverter, whoever lags behind only while it does", async () => {
  const hass = recorded();
  const add = (entity_id, translation_key) => {
    const entry = { entity_id, translation_key, device_id: "inverter_1", platform: "smartpvms" };
    hass.entities[entity_id] = entry;
  };
  add("sensor.pv2", "pv2_u");
  add("sensor.pv1", "pv1_u");
  add("binary_sensor.pv2_lags", "pv2_underperformance");
  const view = await house(hass);
  const strings = cards(view).find(({ type }) => type === "glance");
  assert.deepEqual(
    strings.entities.map(({ entity }) => entity),
    ["sensor.pv1", "sensor.pv2"],
  );
  const lags = cards(view).find(({ entity }) => entity === "binary_sensor.pv2_lags");
  assert.deepEqual(lags.visibility, [
    { condition: "state", entity: "binary_sensor.pv2_lags", state: "on" },
  ]);
});

test("many inverters share a table", async () => {
  const hass = recorded();
  for (const number of [3, 4, 5, 6, 7]) {
    const id = `inverter_${number}`;
    hass.devices[id] = { ...hass.devices.inverter_2, id, name: `Inverter-${number}` };
  }
  const view = await house(hass);
  const shared = cards(view).find(({ rows }) => rows?.length === 7);
  assert.match(shared.rows[0].link, /Inverter&#45;1/);
  assert.ok(!headings(view).includes("Inverter-1"));
});

test("many other devices are shown while they have a problem", async () => {
  const hass = recorded();
  for (let number = 1; number < 14; number += 1) {
    const id = `optimizer_${number}`;
    hass.devices[id] = { ...hass.devices.dongle_1, id, name: id };
    const entity_id = `binary_sensor.${id}`;
    const entry = hass.entities["binary_sensor.dongle_1_problem"];
    hass.entities[entity_id] = { ...entry, entity_id, device_id: id };
  }
  const tile = cards(await house(hass)).find(
    ({ entity }) => entity === "binary_sensor.optimizer_3",
  );
  assert.equal(tile.visibility[0].state, "on");
});

test("the overview has a table of all plants, and a picture of each of a few", () => {
  const view = overviewView(recorded(), undefined, texts);
  const list = cards(view).find(({ rows }) => rows);
  assert.deepEqual(
    list.rows.map(({ link }) => link),
    [
      '<a href="./plant-solarpark_sud">Solarpark Süd</a>',
      '<a href="./plant-sonnenhof">Sonnenhof</a>',
    ],
  );
  assert.equal(cards(view).filter(({ type }) => type === FLOW).length, 2);
});

test("the overview of many plants is a table", () => {
  const hass = recorded();
  for (let number = 0; number < FEW_PLANTS; number += 1) {
    hass.devices[`p${number}`] = { ...hass.devices.sonnenhof, id: `p${number}` };
  }
  const view = overviewView(hass, undefined, texts);
  assert.deepEqual(
    cards(view).map(({ type }) => type),
    ["heading", "markdown"],
  );
});

test("a table asks for no entity that is not there", () => {
  const card = table([{ name: "A", path: "a", power: "sensor.a" }], {});
  assert.deepEqual(card.rows[0], {
    link: '<a href="a">A</a>',
    power: "sensor.a",
    today: null,
    month: null,
    problem: null,
  });
  assert.deepEqual(card.watched, { "sensor.a": true });
});

test("a name is a name, whatever is in it", () => {
  for (const { name, escaped: expected } of JSON.parse(readFileSync(NAMES, "utf-8")))
    assert.equal(escaped(name), expected);
});

test("a plant is steered only where it can be", async () => {
  const hass = recorded();
  assert.ok(!headings(await house(hass)).includes("Control"));
  const keys = {
    "sensor.last": "last_command",
    "select.export": "export_control",
    "number.limit": "export_limit",
  };
  const add = (entity_id, translation_key) => {
    hass.entities[entity_id] = {
      entity_id,
      device_id: "sonnenhof",
      platform: "smartpvms",
      translation_key,
    };
  };
  for (const [id, key] of Object.entries(keys)) add(id, key);
  const view = await house(hass);
  assert.ok(headings(view).includes("Control"));
  const ids = named(view);
  for (const id of Object.keys(keys)) assert.ok(ids.includes(id));
  const forces = (of) => cards(of).filter(({ type }) => type.endsWith("forced-charge"));
  assert.equal(forces(view).length, 0);
  add("select.mode", "battery_mode");
  const [card] = forces(await house(hass));
  assert.equal(card.plant, "sonnenhof");
  assert.equal(card.words.stop_forced_charge, "Stop forced charge");
  assert.equal(card.words.target_soc, "State of charge");
  // Home Assistant refuses the actions to everybody else.
  hass.user = { is_admin: false };
  assert.equal(forces(await house(hass)).length, 0);
});
