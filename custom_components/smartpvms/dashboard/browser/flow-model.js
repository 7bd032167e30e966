/**
 * What the picture of the power flow says, out of states: no DOM, no time of its own.
 *
 * A positive grid power is import, a positive battery power discharge.
 */

import {
  FIRST_MINUTES,
  ageLevel,
  dataTime,
  firstValuesIn,
  isSilent,
  isStarting,
  roundOf,
} from "./health.js";
import { NOTHING, numberOf, writer } from "./numbers.js";
import { isPark } from "./registry.js";
import { said } from "./texts.js";

/** Less is standstill: the interface has its noise (kW). */
const STANDSTILL = 0.01;
/** How thick and how fast a flow is, from 1 on. */
export const STEPS = 5;
const ON_THE_WAY = "…";

/**
 * Rows: name, the plant's power, the kinds of device that let expect it, its word, its word
 * where there is no roof and no house, and for a positive and a negative power the way (1: to
 * the middle), the note and the sentence.
 */
export const NODES = [
  {
    name: "solar",
    key: "pv_power",
    kinds: ["inverter"],
    word: (own) => own.solar,
    park: (own) => own.solar,
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
    word: (own) => own.house,
    park: (own) => own.consumption,
    positive: { way: -1, says: (own) => own.flow_says_house },
  },
  {
    name: "grid",
    key: "grid_power",
    kinds: ["meter"],
    word: (own) => own.grid,
    positive: { way: 1, note: (own) => own.flow_import, says: (own) => own.flow_says_import },
    negative: { way: -1, note: (own) => own.flow_export, says: (own) => own.flow_says_export },
  },
];
/** The order of what a sentence says. */
const SAID = ["solar", "grid", "battery", "house"];

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
export function isDrawn(plant, now = Date.now()) {
  const { powers, last } = partsOf(plant);
  if (Object.values(powers).some(Boolean)) return true;
  // Before the first row there is not even the time of the last data.
  return Boolean(last || isNewAt(plant, now)) && plant.of("inverter").length > 0;
}

const isNewAt = (plant, now) => now - plant.createdAt < FIRST_MINUTES;

/**
 * Return all that the picture shows; `own`: texts, `now`: milliseconds.
 *
 * `isBeside`: the card of the plant's state is beside it, and says what that says.
 */
export function modelOf(hass, parts, own, now, isBeside = false) {
  const { plant, powers } = parts;
  const write = writer(hass);
  const state = (id) => (id ? hass.states[id] : undefined);
  const isNew = isNewAt(plant, now);
  const park = isPark(hass, plant);
  const capacity = positive(state(powers.solar)?.attributes.installed_capacity);
  const charge = chargeOf(hass, parts);
  const readings = NODES.map((node) => {
    const entity = powers[node.name];
    const hasDevice = node.kinds.some((kind) => plant.of(kind).length);
    const isExpected = !entity && isNew && hasDevice;
    const parkWord = park && node.park?.(own);
    return { node, entity, isExpected, parkWord, value: numberOf(state(entity)) };
  }).filter(({ entity, isExpected }) => entity || isExpected);
  const values = readings.map(({ value }) => value).filter((value) => value !== undefined);
  const full = capacity ?? Math.max(1, ...values.map(Math.abs));
  const nodes = Object.fromEntries(
    readings.map((reading) => [reading.node.name, nodeOf(write, reading, own, full)]),
  );
  if (nodes.solar && capacity && values.length) {
    nodes.solar.note = said(own.flow_of, { capacity: `${write.power(capacity)}p` });
  }
  if (nodes.battery && charge !== undefined) {
    nodes.battery.word += ` ${write.percent(100 * charge)}`;
  }
  const missing = values.length ? undefined : missingOf(hass, plant, own, now, write);
  const words = missing?.text ?? sentenceOf(write, readings, own, charge);
  return {
    nodes,
    charge,
    isPark: park,
    isNight: isNight(hass, nodes.solar),
    isCalm: Boolean(missing),
    age: missing || isBeside ? undefined : ageOf(hass, plant, now, write),
    notice: isBeside && missing?.isTold ? undefined : missing,
    sentence: `${plant.name}: ${words}`,
  };
}

function nodeOf(write, { node, entity, isExpected, parkWord, value }, own, full) {
  const direction = directionOf(node, value);
  const share = Math.min(1, Math.abs(value ?? 0) / full);
  return {
    word: parkWord || node.word(own),
    entity,
    value: value === undefined ? unknown(isExpected) : write.power(size(value)),
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
export function chargeOf(hass, { batteries, stored }) {
  const levels = batteries.map((id) => numberOf(hass.states[id]));
  if (!levels.length || levels.includes(undefined)) return undefined;
  const capacity = positive(hass.states[stored]?.attributes.capacity);
  const energy = numberOf(hass.states[stored]);
  const isWeighted = levels.length > 1 && capacity && energy !== undefined;
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length / 100;
  return Math.min(1, Math.max(0, isWeighted ? energy / capacity : mean));
}

/** Return why there is no power: it is still to come, or something does not answer. */
function missingOf(hass, plant, own, now, write) {
  if (isStarting(hass)) return { kind: "first", text: own.not_yet };
  const minutes = firstValuesIn(hass, plant, now);
  if (minutes) {
    const text = said(own.first_values, { minutes: write.number(minutes) });
    return { kind: "first", text, isTold: true };
  }
  if (!isSilent(hass, plant)) return { kind: "silent", text: own.flow_nothing };
  const time = dataTime(hass, plant);
  const text = time
    ? said(own.no_answer_since, { time: write.moment(time) })
    : own.no_answer;
  return { kind: "silent", text, isTold: true };
}

/** Return how old the values are, and how bad that is. */
function ageOf(hass, plant, now, write) {
  const time = dataTime(hass, plant);
  if (time === undefined) return undefined;
  const level = ageLevel(time, now, roundOf(hass, plant));
  return { text: write.ago(Math.min(time, now), now), level };
}

function isNight(hass, solar) {
  // Plants may be far away from Home Assistant's own sun.
  if (solar?.way) return false;
  return hass.states["sun.sun"]?.state === "below_horizon";
}

/** Return the whole picture in words. */
function sentenceOf(write, readings, own, charge) {
  const clauses = SAID.flatMap((name) => readings.filter(({ node }) => node.name === name))
    .map(({ node, parkWord, value }) => [directionOf(node, value), parkWord, value])
    .filter(([direction]) => direction)
    .map(([direction, parkWord, value]) => {
      const power = write.power(Math.abs(value));
      return parkWord ? `${parkWord} ${power}` : said(direction.says(own), { power });
    });
  if (!clauses.length) clauses.push(own.flow_says_nothing);
  if (charge !== undefined) clauses.push(`${own.battery} ${write.percent(100 * charge)}`);
  return clauses.join(own.flow_comma);
}

function positive(value) {
  return Number(value) > 0 ? Number(value) : undefined;
}
