import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ENTITY_NAME } from "../../custom_components/smartpvms/dashboard/browser/cards.js";
import { FEW_PLANTS, overviewView } from "../../custom_components/smartpvms/dashboard/browser/overview.js";
import { plantView } from "../../custom_components/smartpvms/dashboard/browser/plant.js";
import { textsOf } from "../../custom_components/smartpvms/dashboard/browser/texts.js";
import { cards, named, recorded, serveFiles } from "./house.js";

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
    assert.ok(ids.length > 6);
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

test("a name that a tile would cut has a row of its own, behind the others", () => {
  const long = { grid_export: "Energia oddana do sieci" };
  const polish = { ...texts, series: (key) => long[key] ?? texts.series(key) };
  const tiles = cards(plantView(recorded(), "sonnenhof", polish))
    .filter(({ type, icon }) => type === "tile" && icon)
    .map(({ name, grid_options: size }) => [name, size?.columns]);
  assert.deepEqual(tiles.slice(0, -1).filter(([, columns]) => columns), []);
  assert.deepEqual(tiles.at(-1), [long.grid_export, "full"]);
});

test("an odd number of today's tiles leaves no hole", () => {
  const hass = recorded();
  const tiles = () =>
    cards(plantView(hass, "sonnenhof", texts))
      .filter(({ type, icon }) => type === "tile" && icon)
      .map(({ entity, grid_options: size }) => [entity, size?.columns]);
  const widths = (all) => all.map(([, columns]) => columns);
  const [first, ...others] = tiles();
  assert.deepEqual(widths(others), [undefined, undefined, undefined, "full"]);
  delete hass.entities[first[0]];
  assert.deepEqual(widths(tiles()), Array(4).fill(undefined));
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

test("devices are folded by kind, many inverters share a table", async () => {
  const hass = recorded();
  const kinds = async (plant) =>
    cards(await plantView(hass, plant, texts))
      .filter(({ type }) => /smartpvms-(devices|table)/.test(type))
      .map(({ kind }) => kind);
  assert.deepEqual(await kinds("sonnenhof"), ["inverter", "battery", "meter", "other"]);
  assert.deepEqual(await kinds("solarpark_sud"), [
    "inverter",
    "battery",
    "meter",
    "weather",
    "other",
  ]);
  for (const number of [3, 4, 5, 6, 7]) {
    const id = `inverter_${number}`;
    hass.devices[id] = { ...hass.devices.inverter_2, id, name: `Inverter-${number}` };
  }
  assert.deepEqual(await kinds("sonnenhof"), ["inverters", "battery", "meter", "other"]);
});

test("the overview has a table of all plants, and a picture of each of a few", () => {
  const view = overviewView(recorded(), undefined, texts);
  const [, table] = cards(view);
  assert.deepEqual([table.type, table.kind], ["custom:smartpvms-table", "plants"]);
  const pictures = cards(view).filter(({ type }) => type === "custom:smartpvms-power-flow");
  assert.equal(pictures.length, 2);
});

test("the overview of many plants is a table with the month", () => {
  const hass = recorded();
  for (let number = 0; number < FEW_PLANTS; number += 1) {
    hass.devices[`p${number}`] = { ...hass.devices.sonnenhof, id: `p${number}` };
  }
  const view = overviewView(hass, undefined, texts);
  assert.deepEqual(
    cards(view).map(({ type, month }) => [type, month]),
    [
      ["heading", undefined],
      ["custom:smartpvms-table", true],
    ],
  );
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
  for (const id of Object.keys(keys)) {
    assert.ok(ids.includes(id));
    // Two of these names beside each other would be cut.
    const tile = cards(view).find(({ type, entity }) => type === "tile" && entity === id);
    assert.equal(tile.grid_options.columns, "full");
    assert.deepEqual(tile.name, ENTITY_NAME);
  }
  // The last limit is grey while it is not in force.
  const limits = cards(view).filter(({ entity }) => entity === "number.limit");
  const [holds] = limits[0].visibility;
  assert.deepEqual(holds.state, ["limited", "zero_export"]);
  assert.equal(holds.entity, "select.export");
  assert.deepEqual(limits[1].visibility, [{ condition: "not", conditions: [holds] }]);
  assert.deepEqual(limits.map(({ color }) => color), ["purple", "disabled"]);
  const told = cards(view).find(({ type }) => type === "custom:smartpvms-command");
  assert.equal(told.plant, "sonnenhof");
  const forces = (of) => cards(of).filter(({ type }) => type.endsWith("forced-charge"));
  assert.equal(forces(view).length, 0);
  add("select.mode", "battery_mode");
  const [card] = forces(await house(hass));
  assert.equal(card.plant, "sonnenhof");
  assert.equal(card.words.stop_forced_charge, "Stop forced charge or discharge");
  assert.equal(card.words.target_soc, "State of charge");
  // Names are in the server's language, which is not always the user's.
  hass.config.language = "it";
  const limit = cards(await house(hass)).find(({ entity }) => entity === "number.limit");
  assert.equal(limit.name, "Feed-in limit");
  // Home Assistant refuses the actions to everybody else.
  hass.user = { is_admin: false };
  assert.equal(forces(await house(hass)).length, 0);
});
