/** A plant's active alarms with cause and suggestion, each leading to its device. */

import { heading, isAbove, ownCard, section } from "./cards.js";

/** Return the section, seen while there is an alarm; undefined where none were ever listed. */
export function alarmSection(plant, texts) {
  const count = plant.find("active_alarms");
  if (!count) return undefined;
  const title = heading(texts.entity("active_alarms"), "mdi:alert");
  return { ...section([title, ownCard("alarms", plant)]), visibility: [isAbove(count, 0)] };
}
