/** What is shown of a device: its values, its strings, and whether it has a problem. */

import { problemLevel } from "./health.js";
import { numberOf } from "./numbers.js";

/** Rows by kind: own text of several, icon, keys of values. */
export const KINDS_SHOWN = {
  inverter: {
    text: "inverters",
    icon: "mdi:solar-panel",
    keys: [
      "mppt_power",
      "active_power",
      "inverter_state",
      "day_cap",
      "total_cap",
      "temperature",
      "efficiency",
    ],
  },
  battery: {
    text: "batteries",
    icon: "mdi:home-battery",
    keys: [
      "battery_soc",
      "ch_discharge_power",
      "battery_status",
      "charge_cap",
      "discharge_cap",
      "battery_soh",
      "rated_capacity",
      "ch_discharge_model",
    ],
  },
  meter: {
    text: "meters",
    icon: "mdi:meter-electric",
    keys: ["active_power", "active_cap", "reverse_active_cap"],
  },
  weather: {
    text: "weather",
    icon: "mdi:weather-partly-cloudy",
    keys: ["radiant_line", "temperature", "pv_temperature", "wind_speed", "radiant_total"],
  },
  other: { text: "others", icon: "mdi:chip", keys: [] },
};
/** An inverter's energies behind the battery. */
const OUTPUT = ["day_cap", "total_cap"];
const CURRENT = /^sensor\.pv(\d+)_i$/;
const VOLTAGE = /^sensor\.pv(\d+)_u$/;
const COMPARED = /^binary_sensor\.pv(\d+)_underperformance$/;

/**
 * Return the values of a device that there are: pairs of key and entity.
 *
 * `hasBattery`: an inverter's output is not what its modules give.
 */
export function valuesOf(device, kind, hasBattery = false) {
  const { keys } = KINDS_SHOWN[kind];
  const isTold = kind === "inverter" && device.find("mppt_power");
  const hidden = isTold ? ["active_power", ...(hasBattery ? OUTPUT : [])] : [];
  return keys
    .filter((key) => !hidden.includes(key))
    .map((key) => [key, device.find(key)])
    .filter(([, entity]) => entity);
}

/** Return the device's strings by number: entity, power in W or current, behind its siblings. */
export function stringsOf(hass, device) {
  const voltages = new Map(device.numbered(VOLTAGE));
  const behind = new Map(device.numbered(COMPARED));
  return device.numbered(CURRENT).map(([number, entity]) => {
    const [current, voltage] = [entity, voltages.get(number)].map((id) => numberOf(hass.states[id]));
    const isWatts = current !== undefined && voltage !== undefined;
    return {
      number,
      entity,
      value: isWatts ? (current * voltage) / 1000 : undefined,
      current,
      isBehind: hass.states[behind.get(number)]?.state === "on",
    };
  });
}

/** Return each string's share of the best one, by what all of them have. */
export function sharesOf(strings) {
  const key = strings.every(({ value }) => value !== undefined) ? "value" : "current";
  const best = Math.max(...strings.map((one) => one[key] ?? 0));
  return strings.map((one) => (best > 0 && one[key] !== undefined ? one[key] / best : 0));
}

/** Return the entities that tell of a problem of a device. */
export const troubleOf = (device) =>
  [
    device.find("problem", "binary_sensor"),
    device.find("underperformance", "binary_sensor"),
    ...device.numbered(COMPARED).map(([, entity]) => entity),
  ].filter(Boolean);

/** Return a device's level by its gravest alarm and whether it falls behind. */
export function levelOf(hass, device) {
  const isOn = (entity) => hass.states[entity]?.state === "on";
  const problem = device.find("problem", "binary_sensor");
  if (isOn(problem)) return problemLevel(hass.states[problem]);
  return troubleOf(device).some(isOn) ? "warning" : "good";
}
