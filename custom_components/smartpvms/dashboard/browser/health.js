/** How a plant is: one light, the age of its data, and what is missing for a reason. */

import { numberOf } from "./numbers.js";

const MINUTE = 60_000;
/** Plants are asked every five minutes, unless the sensor tells another interval. */
const ROUND = 5 * MINUTE;
/** More rounds than that are late, and very late; an answer may take a minute. */
const LATE = 2;
const VERY_LATE = 3;
/** The values of all types of device are there after this at the latest. */
export const FIRST_MINUTES = 20 * MINUTE;
/** What is told of them: one type of device a minute is asked. */
const PER_TYPE = 1;
const STARTING = ["NOT_RUNNING", "STARTING"];
const NO_STATE = ["unknown", "unavailable"];
/** What a plant that answers has. */
const ANSWERED = ["real_health_state", "day_power", "pv_power", "day_pvyield", "total_power"];

/** From best to worst. */
export const LEVELS = ["good", "unknown", "warning", "bad"];
const HEALTH = { healthy: "good", disconnected: "warning", other: "warning", faulty: "bad" };
export const SEVERITY = {
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

/** Return the level of a device's problem: that of its gravest alarm. */
export const problemLevel = ({ attributes }) => SEVERITY[attributes.severity] ?? "bad";

/** Return the entities that a plant's light depends on. */
export const lightEntities = (plant) =>
  plant.findAll(["highest_severity", "active_alarms", ...ANSWERED]);

/**
 * Return the plant's light (`level`), and its health and its alarms where they are known.
 *
 * That no alarm is known makes no plant healthy that does not answer, and what was well
 * when its last data came may not be so any more.
 */
export function lightOf(hass, plant) {
  const isUnanswered = isSilent(hass, plant) || isOverdue(hass, plant);
  const known = (key, table) => {
    const state = hass.states[plant.find(key)]?.state;
    return state in table && !(isUnanswered && table[state] === "good") ? state : undefined;
  };
  const [health, severity] = [known("real_health_state", HEALTH), known("highest_severity", SEVERITY)];
  const levels = [HEALTH[health], SEVERITY[severity]].filter(Boolean);
  const level = worst(isUnanswered || !levels.length ? ["unknown", ...levels] : levels);
  return { level, health, severity };
}

const worst = (levels) => LEVELS[Math.max(...levels.map((level) => LEVELS.indexOf(level)))];

/** Return when the plant's data came (ms), undefined before the first ones. */
export function dataTime(hass, plant) {
  const time = Date.parse(hass.states[plant.find("last_data")]?.state);
  return Number.isNaN(time) ? undefined : time;
}

/** Return how long one round of values takes with the plant's account (ms). */
export function roundOf(hass, plant) {
  const seconds = Number(hass.states[plant.find("last_data")]?.attributes?.interval);
  return seconds > 0 ? seconds * 1000 : ROUND;
}

/** Return the level of an age of data. */
export function ageLevel(time, now = Date.now(), round = ROUND) {
  const isPast = (rounds) => now - time > rounds * round + MINUTE;
  if (isPast(VERY_LATE)) return "bad";
  return isPast(LATE) ? "warning" : "good";
}

/** Tell whether a plant's last data are more than three rounds old. */
export function isOverdue(hass, plant) {
  const time = dataTime(hass, plant);
  return time !== undefined && ageLevel(time, Date.now(), roundOf(hass, plant)) === "bad";
}

/** Tell whether Home Assistant starts: nothing is known of a plant meanwhile. */
export const isStarting = (hass) => STARTING.includes(hass.config?.state);

/** Tell whether all that a plant that answers has is unavailable. */
export function isSilent(hass, plant) {
  const states = plant.findAll(ANSWERED).map((id) => hass.states[id]?.state);
  return states.length > 0 && states.every((state) => !state || NO_STATE.includes(state));
}

/** Tell whether some of what a plant that answers has is unavailable. */
export const isPartlySilent = (hass, plant) =>
  plant.findAll(ANSWERED).some((id) => hass.states[id]?.state === "unavailable");

/**
 * Return in how many minutes the first values are expected; undefined where they are there.
 *
 * A plant's own values come with the first call, its powers with those of its devices, of
 * which one type a minute may be asked.
 */
export function firstValuesIn(hass, plant, now = Date.now()) {
  const created = Math.max(plant.createdAt, ...plant.of("inverter").map((one) => one.createdAt));
  if (!created || now - created > FIRST_MINUTES) return undefined;
  // It had values, and has fallen silent since.
  if (dataTime(hass, plant) && isSilent(hass, plant)) return undefined;
  const hasPower = numberOf(hass.states[plant.find("pv_power")]) !== undefined;
  const hasPlant = !isSilent(hass, plant) && plant.findAll(ANSWERED).length > 0;
  if (hasPower || (hasPlant && !plant.of("inverter").length)) return undefined;
  const types = new Set(plant.devices.map(({ kind }) => kind)).size || 1;
  const all = Math.max(types * PER_TYPE, 2) + 1;
  const rest = all - (now - created) / MINUTE;
  // What has not come in its turn comes with the next round.
  const round = ROUND / MINUTE;
  return Math.ceil(rest > 0 ? rest : round - (-rest % round));
}

/** Repairs that leave a plant without values, the most likely first. */
const REASONS = [
  "config_entry_reauth",
  "no_consent",
  "no_access",
  "not_configured",
  "quota_used_up",
  "second_session",
  "plants_missing",
];
/** The interfaces of values; without another one, values come as ever. */
const OF_VALUES = ["getStationRealKpi", "getDevRealKpi"];
/** All cards ask once in so many milliseconds. */
const KEPT = 30_000;

let asked = { at: 0 };

/** Tell whether values will stop coming by what a repair is about. */
function stopsValues({ translation_key, translation_placeholders }) {
  const told = translation_placeholders?.interface ?? translation_placeholders?.lanes;
  const isOfValues = told === undefined || OF_VALUES.some((name) => told.includes(name));
  return isOfValues && translation_key !== "not_configured";
}

/** Return the repairs that tell why a plant gives no values. */
async function repairsOf(hass, plant, now) {
  if (asked.connection !== hass.connection || now - asked.at > KEPT) {
    // Without repairs there is no reason to tell.
    const list = hass.callWS({ type: "repairs/list_issues" }).catch(() => ({ issues: [] }));
    asked = { connection: hass.connection, at: now, list };
  }
  const { issues } = await asked.list;
  const rank = ({ translation_key }) => REASONS.indexOf(translation_key);
  return issues
    .filter((issue) => !issue.ignored && rank(issue) >= 0)
    .filter(({ issue_id }) => plant.entries.some((entry) => issue_id.includes(entry)))
    .sort((one, other) => rank(one) - rank(other));
}

/**
 * Return the titles of the repairs that tell why a plant gives no values.
 *
 * `isComing`: it gives all its values still, and those tell that will stop them.
 */
export async function reasonsOf(hass, plant, { isComing = false, now = Date.now() } = {}) {
  const repairs = await repairsOf(hass, plant, now);
  const found = isComing ? repairs.filter(stopsValues) : repairs;
  const titles = found.map(async ({ domain, translation_key, translation_placeholders }) => {
    const texts = await hass.loadBackendTranslation("issues", domain);
    const key = `component.${domain}.issues.${translation_key}.title`;
    return texts(key, translation_placeholders ?? undefined);
  });
  return (await Promise.all(titles)).filter(Boolean);
}
