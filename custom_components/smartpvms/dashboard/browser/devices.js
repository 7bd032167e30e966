/** The devices of a plant, folded by kind; many inverters are compared in a table. */

import { WIDE, heading, ownCard, section } from "./cards.js";
import { KINDS_SHOWN, troubleOf, valuesOf } from "./device_values.js";

/** More inverters than this share a table. */
const FEW_INVERTERS = 6;
/** A card of devices is as wide as a third of the view, and of a phone. */
const THIRD = { columns: 12 };
const COLUMNS = 3;

/** Return the section of all devices, undefined where nothing is known of them. */
export function deviceSection(plant, texts) {
  const cards = Object.keys(KINDS_SHOWN).map((kind) => {
    const devices = plant.of(kind);
    if (kind === "inverter" && devices.length > FEW_INVERTERS) {
      return ownCard("table", plant, { kind: "inverters", grid_options: WIDE });
    }
    const isKnown = devices.some(
      (device) => valuesOf(device, kind).length || troubleOf(device).length,
    );
    return isKnown && ownCard("devices", plant, { kind, grid_options: THIRD });
  });
  return section([heading(texts.own.devices, "mdi:devices"), cards], COLUMNS);
}
