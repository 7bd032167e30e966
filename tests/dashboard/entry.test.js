import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { before, test } from "node:test";

import { recorded, serveFiles } from "./house.js";

const defined = {};

before(async () => {
  serveFiles();
  globalThis.HTMLElement = class {};
  globalThis.customElements = { define: (tag, element) => (defined[tag] = element) };
  globalThis.localStorage = { getItem: () => '"de"' };
  // Somebody else's strategy was there first.
  globalThis.window = { customStrategies: [{ type: "other" }] };
  await import("../../custom_components/smartpvms/dashboard/browser/smartpvms.js");
});

const generate = (tag, config, hass = recorded()) =>
  defined[`ll-strategy-${tag}`].generate(config, hass);

test("the dashboard is listed in the user's language, beside others", () => {
  const [other, ours] = window.customStrategies;
  assert.equal(other.type, "other");
  assert.equal(ours.type, "smartpvms");
  assert.equal(ours.strategyType, "dashboard");
  assert.equal(ours.name, "Huawei FusionSolar");
  assert.match(ours.description, /^Deine PV-Anlagen/);
});

test("the card is listed in the picker, and knows a plant to begin with", async () => {
  const [card] = window.customCards;
  assert.equal(card.type, "smartpvms-power-flow");
  assert.match(card.name, /Leistungsfluss/);
  const element = defined[card.type];
  assert.deepEqual(element.getStubConfig(recorded()), { plant: "solarpark_sud" });
  const bare = recorded();
  for (const [id, { device_id }] of Object.entries(bare.entities)) {
    if (device_id === "solarpark_sud") delete bare.entities[id];
  }
  assert.deepEqual(element.getStubConfig(bare), { plant: "sonnenhof" });
  assert.deepEqual(element.getStubConfig({ devices: {}, entities: {} }), { plant: "" });
  const { schema, computeLabel } = await element.getConfigForm();
  const generic = (key) => key.split(".").at(-1);
  assert.deepEqual(
    schema.map((row) => computeLabel(row, generic)),
    ["Anlage", "title", "Himmel und Landschaft", "Alter der Daten"],
  );
  assert.deepEqual(schema[0].selector.device.filter, [
    { integration: "smartpvms", model: recorded().devices.sonnenhof.model },
  ]);
});

test("the card is offered for a power of a plant", () => {
  const [{ getEntitySuggestion }] = window.customCards;
  const offered = (id) => getEntitySuggestion(recorded(), id)?.config.plant;
  assert.equal(offered("sensor.sonnenhof_grid_power"), "sonnenhof");
  assert.equal(offered("sensor.battery_1_state_of_charge"), undefined);
  assert.equal(offered("sensor.sun_next_dawn"), undefined);
  assert.equal(offered("sensor.none"), undefined);
});

test("each view is built when somebody looks at it", async () => {
  const { views } = await generate("dashboard-smartpvms", {});
  assert.deepEqual(
    views.map(({ title, path }) => [title, path]),
    [
      ["Overview", "overview"],
      ["Solarpark Süd", "plant-solarpark_sud"],
      ["Sonnenhof", "plant-sonnenhof"],
    ],
  );
  for (const view of views) {
    assert.ok(!view.sections);
    assert.ok(!view.subview);
    const { strategy } = view;
    const built = await generate(`view-${strategy.type.replace("custom:", "")}`, strategy);
    assert.ok(built.sections.length);
  }
});

test("one plant needs no overview", async () => {
  const { views } = await generate("dashboard-smartpvms", { plants: ["sonnenhof"] });
  assert.deepEqual(
    views.map(({ title }) => title),
    ["Sonnenhof"],
  );
});

test("many plants have no tabs", async () => {
  const hass = recorded();
  for (let number = 0; number < 100; number += 1) {
    hass.devices[`p${number}`] = { ...hass.devices.sonnenhof, id: `p${number}` };
  }
  const { views } = await generate("dashboard-smartpvms", {}, hass);
  assert.equal(views.length, 103);
  assert.equal(views.filter(({ subview }) => !subview).length, 1);
});

test("a choice of plants holds for the overview, too", async () => {
  const hass = recorded();
  hass.devices.third = { ...hass.devices.sonnenhof, id: "third", name: "Third" };
  const plants = ["sonnenhof", "third"];
  const { views } = await generate("dashboard-smartpvms", { plants }, hass);
  assert.deepEqual(views[0].strategy.plants, plants);
  const overview = await generate("view-smartpvms-overview", { plants }, hass);
  assert.deepEqual(overview.sections[0].cards[1].plants, plants);
});

test("without a plant the dashboard says so", async () => {
  const { views } = await generate("dashboard-smartpvms", {}, { ...recorded(), devices: {} });
  assert.match(views[0].sections[0].cards[0].content, /No Huawei FusionSolar plant/);
});

test("what is built follows the registries", () => {
  const strategies = Object.keys(defined).filter((tag) => tag.startsWith("ll-strategy-"));
  assert.equal(strategies.length, 3);
  for (const tag of strategies) {
    const element = defined[tag];
    assert.deepEqual(element.registryDependencies, ["entities", "devices"]);
  }
});

test("a view follows the registries and new statistics, and no mere value", () => {
  const { shouldRegenerate } = defined["ll-strategy-view-smartpvms-plant"];
  const hass = recorded();
  const history = hass.states["sensor.sonnenhof_history_import"];
  const withHistory = (state) => ({
    ...hass,
    states: { ...hass.states, [history.entity_id]: state },
  });
  const statistic_ids = { ...history.attributes.statistic_ids, new_one: "smartpvms:new_one" };
  const after = (change) => shouldRegenerate({}, hass, change);
  assert.ok(!after({ ...hass }));
  assert.ok(!after(withHistory({ ...history, state: "99" })));
  assert.ok(after(withHistory({ ...history, attributes: { statistic_ids } })));
  assert.ok(after(withHistory(undefined)));
  assert.ok(after({ ...hass, entities: { ...hass.entities } }));
  assert.ok(after({ ...hass, devices: { ...hass.devices } }));
});

test("a view lacks the sections that are hidden, and no other", async () => {
  const count = async (config) =>
    (await generate("view-smartpvms-plant", { plant: "sonnenhof", ...config })).sections.length;
  const all = await count({});
  assert.equal(await count({ hidden: ["calendar", "system"] }), all - 2);
  const { views } = await generate("dashboard-smartpvms", { hidden: ["calendar"] });
  assert.deepEqual(views.at(-1).strategy.hidden, ["calendar"]);
});

test("the entry names every module: a browser asks for all of them at once", () => {
  const folder = new URL("../../custom_components/smartpvms/dashboard/browser/", import.meta.url);
  const entry = readFileSync(new URL("smartpvms.js", folder), "utf-8");
  const modules = readdirSync(folder).filter((name) => /\.js$/.test(name));
  const named = [...entry.matchAll(/"\.\/([\w-]+\.js)"/g)].map(([, name]) => name);
  assert.deepEqual([...named, "smartpvms.js"].sort(), modules.sort());
});
