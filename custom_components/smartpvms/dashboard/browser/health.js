/** How a plant is: one light, the age of its data, and what is missing for a reason. */

import { numberOf } from "./numbers.js";

const MINUTE = 60_000;
/** Plants are asked every five minutes; later than two and three rounds is late. */
const LATE = 11 * MINUTE;
const VERY_LATE = 16 * MINUTE;
/** The values of all types of device are there after this at the latest. */
const FIRST_MINUTES = 20 * MINUTE;
/** What is told of them: one type of device a minute is asked. */
const PER_TYPE = 1;
const NO_STATE = ["unknown", "unavailable"];
/** What a plant that answers has. */
const ANSWERED = ["real_health_state", "day_power", "pv_power", "day_pvyield", "total_power"];

/** From best to worst. */
export const LEVELS = ["good", "unknown", "warning", "bad"];
const HEALTH = { healthy: "good", disconnected: "warning", other: "warning", faulty: "bad" };
const SEVERITY = {
  none: "good",
  warning: "warning",
  minor: "warning",
  other: "warning",
  major: "bad",
  critical: "bad",
};
export const COLOR = {
  good: "var(--success-color, #43a047)",
  unknown: "var(--disabled-text-color, #9e9e9e)",
  warning: "var(--warning-color, #ffa600)",
  bad: "var(--error-color, #db4437)",
};
export const ICON = {
  good: "mdi:check-circle",
  unknown: "mdi:help-circle",
  warning: "mdi:alert-circle",
  bad: "mdi:close-octagon",
};

/** Return the entities that a plant's light depends on. */
export const lightEntities = (plant) =>
  plant.findAll(["real_health_state", "highest_severity", "active_alarms"]);

/** Return the plant's light (`level`), and whether its health and its alarms are known. */
export function lightOf(hass, plant) {
  const stateOf = (key) => hass.states[plant.find(key)]?.state;
  const [health, severity] = [stateOf("real_health_state"), stateOf("highest_severity")];
  const levels = [HEALTH[health], SEVERITY[severity]].filter(Boolean);
  const level = levels.length ? worst(levels) : "unknown";
  return { level, health: health in HEALTH ? health : undefined, severity: severity in SEVERITY ? severity : undefined };
}

const worst = (levels) => LEVELS[Math.max(...levels.map((level) => LEVELS.indexOf(level)))];

/** Return when the plant's data came (ms), undefined before the first ones. */
export function dataTime(hass, plant) {
  const time = Date.parse(hass.states[plant.find("last_data")]?.state);
  return Number.isNaN(time) ? undefined : time;
}

/** Return the level of an age of data. */
export function ageLevel(time, now = Date.now()) {
  if (now - time > VERY_LATE) return "bad";
  return now - time > LATE ? "warning" : "good";
}

/** Tell whether all that a plant that answers has is unavailable. */
export function isSilent(hass, plant) {
  const states = plant.findAll(ANSWERED).map((id) => hass.states[id]?.state);
  return states.length > 0 && states.every((state) => !state || NO_STATE.includes(state));
}

/**
 * Return in how many minutes the first values are expected; undefined where they are there.
 *
 * A plant's own values come with the first call, its powers with those of its devices, of
 * which one type a minute may be asked.
 */
export function firstValuesIn(hass, plant, now = Date.now()) {
  const created = Math.max(plant.createdAt, ...plant.of("inverter").map((one) => one.createdAt));
  if (!created || now - created > FIRST_MINUTES) return undefined;
  const hasPower = numberOf(hass.states[plant.find("pv_power")]) !== undefined;
  const hasPlant = !isSilent(hass, plant) && plant.findAll(ANSWERED).length > 0;
  if (hasPower || (hasPlant && !plant.of("inverter").length)) return undefined;
  const types = new Set(plant.devices.map(({ kind }) => kind)).size || 1;
  const all = Math.max(types * PER_TYPE, 2) + 1;
  return Math.max(1, Math.ceil(all - (now - created) / MINUTE));
}

/** Return the repairs of the plant's account: key of the text, its placeholders. */
export async function repairsOf(hass, plant) {
  try {
    const { issues } = await hass.callWS({ type: "repairs/list_issues" });
    return issues.filter(
      ({ domain, ignored, issue_id }) =>
        domain === "smartpvms" &&
        !ignored &&
        plant.entries.some((entry) => issue_id.startsWith(entry)),
    );
  } catch {
    // Without repairs there is no reason to tell.
    return [];
  }
}
