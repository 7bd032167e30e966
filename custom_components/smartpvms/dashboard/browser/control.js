/** How a plant is steered, where that is allowed: without it there are no entities. */

import { ENTITY_NAME, WIDE, heading, onlyWhile, ownCard, section, tile } from "./cards.js";

/** The card of `forced_charge.js`. */
export const FORCED_CHARGE = "smartpvms-forced-charge";

/** Rows: domain, key, colour. Their names and states are long: each has a row of its own. */
const SETTINGS = [
  ["select", "export_control", "purple"],
  ["number", "export_limit", "purple"],
  ["select", "battery_mode", "teal"],
  ["number", "end_of_charge_soc", "teal"],
  ["number", "end_of_discharge_soc", "teal"],
];

/**
 * Return the section of a plant, undefined where it cannot be steered.
 *
 * An entity has its own name, which may be the user's, where that is in the user's language.
 */
export function controlSection(hass, plant, texts) {
  const last = plant.find("last_command");
  if (!last) return undefined;
  const isServers = hass.config.language === (hass.locale?.language ?? hass.language);
  const named = (key, domain) => (isServers ? ENTITY_NAME : texts.entity(key, domain));
  return section([
    heading(texts.own.control, "mdi:tune-variant"),
    SETTINGS.map(([domain, key, color]) => {
      const entity = plant.find(key, domain);
      const settled = { name: named(key, domain), grid_options: WIDE };
      const holds = key === "export_limit" && isLimited(plant);
      if (!holds) return tile(entity, { ...settled, color });
      return [
        onlyWhile(holds, tile(entity, { ...settled, color })),
        onlyWhile({ condition: "not", conditions: [holds] }, tile(entity, { ...settled, color: "disabled" })),
      ];
    }),
    // Beside the buttons, so that what becomes of them is seen on a phone.
    tile(last, { name: named("last_command"), grid_options: WIDE }),
    ownCard("command", plant),
    plant.find("battery_mode", "select") && hass.user?.is_admin && force(plant, texts),
  ]);
}

/** Return the condition that a limit of the feed-in is in force: else it is the last one. */
function isLimited(plant) {
  const entity = plant.find("export_control", "select");
  return entity && { condition: "state", entity, state: ["limited", "zero_export"] };
}

/** Return the card that charges or discharges now; its actions are for administrators. */
function force(plant, texts) {
  const { action, field } = texts;
  const actions = ["force_charge", "force_discharge", "stop_forced_charge"];
  const fields = ["power", "target_soc", "duration"];
  return {
    type: `custom:${FORCED_CHARGE}`,
    plant: plant.id,
    words: Object.fromEntries([
      ...actions.map((name) => [name, action(name)]),
      ...fields.map((name) => [name, field("force_charge", name)]),
      ["asked", texts.own.asked],
    ]),
    grid_options: WIDE,
  };
}
