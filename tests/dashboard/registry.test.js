import assert from "node:assert/strict";
import { test } from "node:test";

import { capacityOf, isPark, plantsOf, statisticsOf } from "../../custom_components/smartpvms/dashboard/browser/registry.js";
import { recorded } from "./house.js";

const names = (things) => things.map(({ name }) => name);

test("plants come by name, each with its devices", () => {
  const plants = plantsOf(recorded());
  assert.deepEqual(names(plants), ["Solarpark Süd", "Sonnenhof"]);
  const [, house] = plants;
  assert.deepEqual(names(house.of("inverter")), ["Inverter-1", "Inverter-2"]);
  assert.deepEqual(names(house.of("battery")), ["Battery-1"]);
  assert.deepEqual(names(house.of("meter")), ["Meter-1"]);
  assert.deepEqual(names(house.of("other")), ["Dongle-1"]);
});

test("numbers in names count as numbers", () => {
  const hass = recorded();
  hass.devices.inverter_1.name_by_user = "Inverter-10";
  const [house] = plantsOf(hass, ["sonnenhof"]);
  assert.deepEqual(names(house.of("inverter")), ["Inverter-2", "Inverter-10"]);
});

test("only some plants", () => {
  assert.deepEqual(names(plantsOf(recorded(), ["sonnenhof"])), ["Sonnenhof"]);
  assert.deepEqual(plantsOf(recorded(), ["gone"]), []);
});

test("a renamed entity is found, a guessed one is not", () => {
  const hass = recorded();
  const entry = hass.entities["sensor.sonnenhof_pv_power"];
  delete hass.entities[entry.entity_id];
  hass.entities["sensor.roof"] = { ...entry, entity_id: "sensor.roof" };
  const [house] = plantsOf(hass, ["sonnenhof"]);
  assert.equal(house.find("pv_power"), "sensor.roof");
});

test("what is hidden, disabled or not ours is left out", () => {
  const hass = recorded();
  hass.entities["sensor.sonnenhof_pv_power"].hidden = true;
  hass.entities["sensor.sonnenhof_grid_power"].platform = "template";
  hass.devices.inverter_1.disabled_by = "user";
  const [house] = plantsOf(hass, ["sonnenhof"]);
  assert.equal(house.find("pv_power"), undefined);
  assert.equal(house.find("grid_power"), undefined);
  assert.deepEqual(names(house.of("inverter")), ["Inverter-2"]);
});

test("the domain tells entities of one key apart", () => {
  const [house] = plantsOf(recorded(), ["sonnenhof"]);
  assert.equal(house.find("refresh"), undefined);
  assert.equal(house.find("refresh", "button"), "button.sonnenhof_refresh");
});

test("numbered entities come in the order of their numbers", () => {
  const hass = recorded();
  for (const number of [10, 2, 1]) {
    const entity_id = `sensor.string_${number}`;
    hass.entities[entity_id] = {
      entity_id,
      device_id: "inverter_1",
      platform: "smartpvms",
      translation_key: `pv${number}_u`,
    };
  }
  const [house] = plantsOf(hass, ["sonnenhof"]);
  const [inverter] = house.of("inverter");
  const found = inverter.numbered(/^sensor\.pv(\d+)_u$/).map(([number]) => number);
  assert.deepEqual(found, [1, 2, 10]);
});

test("statistics are those of the sensor's attribute", () => {
  const hass = recorded();
  const [house] = plantsOf(hass, ["sonnenhof"]);
  assert.equal(statisticsOf(hass, house).pv_energy, "smartpvms:ne_33554785_pv_energy");
  delete hass.states["sensor.sonnenhof_history_import"];
  assert.deepEqual(statisticsOf(hass, house), {});
});

test("the installed power of a plant that does not answer is known", () => {
  const hass = recorded();
  const [house] = plantsOf(hass, ["sonnenhof"]);
  hass.states["sensor.sonnenhof_pv_power"] = { state: "unavailable", attributes: {} };
  assert.equal(capacityOf(hass, house), undefined);
  const attributes = { installed_capacity: 250 };
  hass.states["sensor.sonnenhof_last_data"] = { state: "unknown", attributes };
  assert.equal(capacityOf(hass, house), 250);
  assert.ok(isPark(hass, house));
});
