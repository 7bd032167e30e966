/**
 * What the picture of the power flow says, out of states: no DOM, no time of its own.
 *
 * A positive grid power is import, a positive battery power discharge.
 */

import { ago, kilowatts, moment, percent, power } from "./flow-format.js";
import { plantsOf } from "./registry.js";

/** Less is standstill: the interface has its noise (kW). */
const STANDSTILL = 0.01;
/** How thick and how fast a flow is, from 1 on. */
export const STEPS = 5;
/** A plant is new for so long (seconds): values that it lacks are on their way. */
const NEW = 15 * 60;
/** Seconds between two rounds of values where the sensor does not tell. */
const ROUND = 300;
/** Seconds that an answer may take. */
const GRACE = 60;
const LATE_ROUNDS = 2;
const OLD_ROUNDS = 3;
const NOTHING = "–";
const ON_THE_WAY = "…";

/**
 * Rows: name, the plant's power, the kinds of device that let expect it, its word, and for
 * a positive and a negative power the way (1: to the middle), the note and the sentence.
 */
export const NODES = [
  {
    name: "solar",
    key: "pv_power",
    kinds: ["inverter"],
    word: (own) => own.flow_solar,
    positive: { way: 1, says: (own) => own.flow_says_solar },
  },
  {
    name: "battery",
    key: "battery_power",
    kinds: ["battery"],
    word: (own) => own.battery,
    positive: {
      way: 1,
      note: (own) => own.flow_discharge,
      says: (own) => own.flow_says_discharge,
    },
    negative: {
      way: -1,
      note: (own) => own.flow_charge,
      says: (own) => own.flow_says_charge,
    },
  },
  {
    name: "house",
    key: "house_consumption",
    kinds: ["meter"],
    word: (own) => own.flow_house,
    positive: { way: -1, says: (own) => own.flow_says_house },
  },
  {
    name: "grid",
    key: "grid_power",
    kinds: ["meter"],
    word: (own) => own.flow_grid,
    positive: { way: 1, note: (own) => own.flow_import, says: (own) => own.flow_says_import },
    negative: { way: -1, note: (own) => own.flow_export, says: (own) => own.flow_says_export },
  },
];
/** The order of what a sentence says. */
const SAID = ["solar", "grid", "battery", "house"];

let known = {};

/** Return a plant by its device id. A hundred cards look through the registries once. */
export function plantOf(hass, id) {
  if (known.entities !== hass.entities || known.devices !== hass.devices) {
    const plants = new Map(plantsOf(hass).map((plant) => [plant.id, plant]));
    known = { entities: hass.entities, devices: hass.devices, plants };
  }
  return known.plants.get(id);
}

/** Return the entities that a plant's picture is made of. */
export function partsOf(plant) {
  const powers = Object.fromEntries(NODES.map(({ name, key }) => [name, plant.find(key)]));
  const batteries = plant
    .of("battery")
    .map((battery) => battery.find("battery_soc"))
    .filter(Boolean);
  const stored = plant.find("energy_stored");
  const last = plant.find("last_data");
  return { plant, powers, batteries, stored, last };
}

/** Return the ids of all entities that the picture follows. */
export function watched({ powers, batteries, stored, last }) {
  return [...Object.values(powers), ...batteries, stored, last, "sun.sun"].filter(Boolean);
}

/** Tell whether there is anything to draw of a plant, now or soon. */
export function isDrawn(plant) {
  const { powers, last } = partsOf(plant);
  const hasPower = Object.values(powers).some(Boolean);
  return hasPower || Boolean(last && plant.of("inverter").length);
}

/** Return all that the picture shows; `own`: texts, `now`: milliseconds. */
export function modelOf(hass, parts, own, now) {
  const state = (id) => (id ? hass.states[id] : undefined);
  const seconds = (now - createdAt(hass, parts.plant)) / 1000;
  const isNew = seconds < NEW;
  const capacity = positive(state(parts.powers.solar)?.attributes.installed_capacity);
  const charge = chargeOf(hass, parts);
  const readings = NODES.map((node) => {
    const entity = parts.powers[node.name];
    const hasDevice = node.kinds.some((kind) => parts.plant.of(kind).length);
    const isExpected = !entity && isNew && hasDevice;
    return { node, entity, isExpected, value: kilowatts(state(entity)) };
  }).filter(({ entity, isExpected }) => entity || isExpected);
  const values = readings.map(({ value }) => value).filter((value) => value !== undefined);
  const full = capacity ?? Math.max(1, ...values.map(Math.abs));
  const nodes = Object.fromEntries(
    readings.map((reading) => [reading.node.name, nodeOf(hass, reading, own, full)]),
  );
  if (nodes.solar && capacity && values.length) {
    nodes.solar.note = filled(own.flow_of, { capacity: power(hass, capacity, "p") });
  }
  if (nodes.battery && charge !== undefined) {
    nodes.battery.word += ` ${percent(hass, charge)}`;
  }
  const last = timeOf(state(parts.last));
  const notice = values.length
    ? undefined
    : noticeOf(hass, parts, own, { isNew, seconds, last, now });
  return {
    nodes,
    charge,
    isNight: isNight(hass, nodes.solar),
    age: notice ? undefined : ageOf(hass, state(parts.last), now),
    notice,
    sentence: `${parts.plant.name}: ${notice?.text ?? sentenceOf(hass, readings, own, charge)}`,
  };
}

function nodeOf(hass, { node, entity, isExpected, value }, own, full) {
  const direction = directionOf(node, value);
  const share = Math.min(1, Math.abs(value ?? 0) / full);
  return {
    word: node.word(own),
    entity,
    value: value === undefined ? unknown(isExpected) : power(hass, size(value)),
    note: direction?.note?.(own) ?? "",
    kind: value < 0 ? "out" : "in",
    way: direction?.way ?? 0,
    step: direction ? 1 + Math.round((STEPS - 1) * Math.sqrt(share)) : 0,
  };
}

const unknown = (isExpected) => (isExpected ? ON_THE_WAY : NOTHING);
const size = (value) => (Math.abs(value) < STANDSTILL ? 0 : Math.abs(value));

function directionOf(node, value) {
  if (value === undefined || !size(value)) return undefined;
  return value > 0 ? node.positive : node.negative;
}

/** Return how full all batteries are, from 0 to 1, each by its capacity. */
function chargeOf(hass, { batteries, stored }) {
  const levels = batteries
    .map((id) => Number.parseFloat(hass.states[id]?.state))
    .filter(Number.isFinite);
  if (!levels.length || levels.length < batteries.length) return undefined;
  const energy = hass.states[stored];
  const capacity = positive(energy?.attributes.capacity);
  const kilowattHours = { Wh: 1e-3, kWh: 1, MWh: 1e3 };
  const factor = kilowattHours[energy?.attributes.unit_of_measurement];
  const filling = Number.parseFloat(energy?.state) * factor;
  const isWeighted = levels.length > 1 && capacity && Number.isFinite(filling);
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length / 100;
  return Math.min(1, Math.max(0, isWeighted ? filling / capacity : mean));
}

/** Return why there is no picture: values that are still to come, or a silent plant. */
function noticeOf(hass, { plant, powers }, own, { isNew, seconds, last, now }) {
  if (isNew && last === undefined) {
    const asked = plant.devices.filter(({ kind }) => kind !== "other");
    const models = new Set(asked.map(({ id }) => hass.devices[id].model_id));
    // One type of device is asked a minute.
    const minutes = Math.max(1, Math.ceil(models.size + 1 - seconds / 60));
    return { kind: "first", text: filled(own.flow_first, { minutes }) };
  }
  const changes = Object.values(powers)
    .map((id) => Date.parse(hass.states[id]?.last_changed))
    .filter(Number.isFinite);
  const since = last ?? (changes.length ? Math.min(...changes) : undefined);
  if (since === undefined) return { kind: "silent", text: own.flow_nothing };
  const time = moment(hass, new Date(since), new Date(now));
  return { kind: "silent", text: filled(own.flow_silent, { time }) };
}

/** Return how old the values are, and how bad that is. */
function ageOf(hass, state, now) {
  const at = timeOf(state);
  if (at === undefined) return undefined;
  const seconds = Math.max(0, (now - at) / 1000);
  const round = positive(state.attributes.interval) ?? ROUND;
  const late = (rounds) => seconds > rounds * round + GRACE;
  const level = late(OLD_ROUNDS) ? "old" : late(LATE_ROUNDS) ? "late" : "fresh";
  return { text: ago(hass, seconds), level };
}

function isNight(hass, solar) {
  // Plants may be far away from Home Assistant's own sun.
  if (solar?.way) return false;
  return hass.states["sun.sun"]?.state === "below_horizon";
}

/** Return the whole picture in words. */
function sentenceOf(hass, readings, own, charge) {
  const clauses = SAID.flatMap((name) => readings.filter(({ node }) => node.name === name))
    .map(({ node, value }) => [directionOf(node, value), value])
    .filter(([direction]) => direction)
    .map(([direction, value]) =>
      filled(direction.says(own), { power: power(hass, Math.abs(value)) }),
    );
  if (!clauses.length) clauses.push(own.flow_says_nothing);
  if (charge !== undefined) clauses.push(`${own.battery} ${percent(hass, charge)}`);
  return clauses.join(own.flow_comma);
}

const filled = (text, values) =>
  text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

function positive(value) {
  return Number(value) > 0 ? Number(value) : undefined;
}

function timeOf(state) {
  const at = Date.parse(state?.state);
  return Number.isFinite(at) ? at : undefined;
}

/** Return when a plant's device was added (milliseconds). */
function createdAt(hass, plant) {
  // The device registry tells seconds.
  return (hass.devices[plant.id]?.created_at ?? 0) * 1000;
}
