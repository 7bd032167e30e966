/** The power flow of a plant, as the views place it. */

import { isDrawn } from "./flow-model.js";

export const TYPE = "smartpvms-power-flow";

/** Return the card, undefined where the plant has no power and none is on its way. */
export function flow(plant, more = {}) {
  return isDrawn(plant) ? { type: `custom:${TYPE}`, plant: plant.id, ...more } : undefined;
}
