/** The devices of a plant: a section for each inverter and battery, the rest together. */

import {
  ENTITY_NAME,
  WIDE,
  devicePage,
  heading,
  isOn,
  linkedHeading,
  list,
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

const INVERTER_KEYS = [
  "inverter_state",
  "day_cap",
  "total_cap",
  "temperature",
  "efficiency",
];
const BATTERY_KEYS = [
  "battery_status",
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

/** Return a section with a device's name, some cards, and a list of values. */
function deviceSection(device, icon, keys, cards = []) {
  const found = [...cards, list(device.findAll(keys))].filter(Boolean);
  return found.length ? section([deviceHeading(device, icon), found]) : undefined;
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
  const strings = inverter.numbered(STRING).map(([, entity]) => entity);
  const behind = [
    inverter.find("underperformance", "binary_sensor"),
    ...inverter.numbered(STRING_COMPARED).map(([, entity]) => entity),
  ].filter(Boolean);
  return deviceSection(inverter, INVERTER_ICON, INVERTER_KEYS, [
    tile(power, { color: "orange", grid_options: WIDE }),
    ...behind.map((entity) => onlyWhile(isOn(entity), tile(entity, { color: "red" }))),
    strings.length && {
      type: "glance",
      columns: 4,
      show_icon: false,
      entities: strings.map((entity) => ({ entity, name: ENTITY_NAME })),
      grid_options: WIDE,
    },
  ]);
}

function inverterTable(inverters, texts) {
  const rows = inverters.map((inverter) => ({
    name: inverter.name,
    path: devicePage(inverter),
    power: inverter.find("mppt_power") ?? inverter.find("active_power"),
    today: inverter.find("day_cap"),
    problem: inverter.find("problem", "binary_sensor"),
  }));
  const words = {
    name: texts.own.inverters,
    power: texts.entity("pv_power"),
    today: texts.own.today,
    total: texts.own.total,
  };
  return section([heading(texts.own.inverters, INVERTER_ICON), table(rows, words)]);
}

function batterySection(battery) {
  const level = share(battery.find("battery_soc"), { color: "teal" });
  return deviceSection(battery, BATTERY_ICON, BATTERY_KEYS, [level]);
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
