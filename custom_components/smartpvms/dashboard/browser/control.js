/** How a plant is steered, where that is allowed: without it there are no entities. */

import { heading, section, tile } from "./cards.js";

/** Rows: domain, key, colour. */
const SETTINGS = [
  ["select", "export_control", "purple"],
  ["number", "export_limit", "purple"],
  ["select", "battery_mode", "teal"],
  ["number", "end_of_charge_soc", "teal"],
  ["number", "end_of_discharge_soc", "teal"],
];

/** Return the section of a plant, undefined where it cannot be steered. */
export function controlSection(plant, texts) {
  const last = plant.find("last_command");
  if (!last) return undefined;
  return section([
    heading(texts.own.control, "mdi:tune-variant"),
    tile(last),
    SETTINGS.map(([domain, key, color]) => tile(plant.find(key, domain), { color })),
    plant.find("battery_mode", "select") && stop(plant, texts),
  ]);
}

/** Return the button that ends a forced charge; it asks first. */
function stop(plant, texts) {
  return {
    type: "button",
    name: texts.own.stop_forced_charge,
    icon: "mdi:battery-off",
    tap_action: {
      action: "perform-action",
      perform_action: "smartpvms.stop_forced_charge",
      data: { device_id: plant.id },
      confirmation: true,
    },
  };
}
