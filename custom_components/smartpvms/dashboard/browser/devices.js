/** The devices of a plant: a section for each inverter and battery, the rest together. */

import {
  devicePage,
  heading,
  isOn,
  linkedHeading,
  onlyWhile,
  section,
  share,
  tile,
} from "./cards.js";
import { table } from "./table.js";

/** More inverters than this share a table. */
const FEW_INVERTERS = 6;
/** More other devices than this are shown only while they have a problem. */
const FEW_OTHERS = 12;

const INVERTER_KEYS = ["day_cap", "total_cap", "temperature", "efficiency"];
const BATTERY_KEYS = [
  "ch_discharge_power",
  "charge_cap",
  "discharge_cap",
  "battery_soh",
  "rated_capacity",
  "ch_discharge_model",
];
const METER_KEYS = ["active_power", "active_cap", "reverse_active_cap"];
const WEATHER_KEYS = [
  "radiant_line",
  "temperature",
  "pv_temperature",
  "wind_speed",
  "radiant_total",
];
const STRING = /^sensor\.pv(\d+)_[iu]$/;
const STRING_COMPARED = /^binary_sensor\.pv(\d+)_underperformance$/;
const INVERTER_ICON = "mdi:solar-panel";
const BATTERY_ICON = "mdi:home-battery";

/** Return the sections of all devices. */
export function deviceSections(plant, texts) {
  const inverters = plant.of("inverter");
  return [
    ...(inverters.length > FEW_INVERTERS
      ? [inverterTable(inverters, texts)]
      : inverters.map(inverterSection)),
    ...plant.of("battery").map(batterySection),
    ...plant.of("meter").map((meter) => deviceSection(meter, "mdi:meter-electric", METER_KEYS)),
    ...plant
      .of("weather")
      .map((station) => deviceSection(station, "mdi:weather-partly-cloudy", WEATHER_KEYS)),
    otherSection(plant.of("other"), texts),
  ];
}

/** Return a section with the device's name, its problem, and some of its values. */
function deviceSection(device, icon, keys, more = []) {
  const values = device.findAll(keys).map((entity) => tile(entity));
  if (!values.length && !more.flat().length) return undefined;
  return section([deviceHeading(device, icon), values, more]);
}

function deviceHeading(device, icon) {
  const problem = device.find("problem", "binary_sensor");
  const badge = problem && {
    type: "entity",
    entity: problem,
    icon: "mdi:alert",
    color: "red",
    visibility: [isOn(problem)],
  };
  return linkedHeading(device.name, icon, devicePage(device), badge ? [badge] : []);
}

function inverterSection(inverter) {
  const power = inverter.find("mppt_power") ?? inverter.find("active_power");
  const lags = inverter.find("underperformance", "binary_sensor");
  const strings = inverter.numbered(STRING);
  return deviceSection(inverter, INVERTER_ICON, [], [
    tile(power, { color: "orange" }),
    tile(inverter.find("inverter_state"), { icon: "mdi:state-machine" }),
    inverter.findAll(INVERTER_KEYS).map((entity) => tile(entity)),
    [[, lags], ...inverter.numbered(STRING_COMPARED)]
      .filter(([, entity]) => entity)
      .map(([, entity]) => onlyWhile(isOn(entity), tile(entity, { color: "red" }))),
    strings.length && {
      type: "glance",
      columns: 4,
      show_icon: false,
      entities: strings.map(([, entity]) => ({ entity, name: { type: "entity" } })),
    },
  ]);
}

function inverterTable(inverters, texts) {
  const rows = inverters.map((inverter) => ({
    name: inverter.name,
    path: devicePage(inverter),
    power: inverter.find("mppt_power") ?? inverter.find("active_power"),
    energy: inverter.find("day_cap"),
    problem: inverter.find("problem", "binary_sensor"),
  }));
  const words = {
    name: texts.own.inverters,
    power: texts.entity("pv_power"),
    energy: texts.entity("day_cap"),
    problems: texts.entity("active_alarms"),
    total: texts.own.total,
  };
  return section([heading(texts.own.inverters, INVERTER_ICON), table(rows, words)]);
}

function batterySection(battery) {
  return deviceSection(battery, BATTERY_ICON, [], [
    share(battery.find("battery_soc"), { color: "teal" }),
    tile(battery.find("battery_status"), { icon: "mdi:state-machine" }),
    battery.findAll(BATTERY_KEYS).map((entity) => tile(entity)),
  ]);
}

/** Return what is known of the rest: whether it has a problem. */
function otherSection(devices, texts) {
  const tiles = devices.map((device) => {
    const problem = device.find("problem", "binary_sensor");
    const card = tile(problem, {
      name: { type: "device" },
      tap_action: { action: "navigate", navigation_path: devicePage(device) },
    });
    return devices.length > FEW_OTHERS ? onlyWhile(isOn(problem), card) : card;
  });
  return section([heading(texts.own.others, "mdi:chip"), tiles]);
}
