/** All plants at a glance, those with problems first. */

import { heading, linkedHeading, ownCard, section, tile } from "./cards.js";
import { flow } from "./flow.js";
import { fleetSection } from "./graphs.js";
import { messageView } from "./plant.js";
import { plantsOf, statisticsOf } from "./registry.js";

/** More plants than this have no tab and no picture of their own in the overview. */
export const FEW_PLANTS = 8;

const ICON = "mdi:solar-power-variant";

/** Return where a plant's view is, relative to the dashboard. */
export const pathOf = (plant) => `plant-${plant.id}`;

/** Return the view; `only`: the plants' device ids, all without. */
export function overviewView(hass, only, texts) {
  const plants = plantsOf(hass, only);
  if (!plants.length) return messageView(texts.own.no_plant);
  const few = plants.length <= FEW_PLANTS;
  const table = ownCard("table", undefined, {
    kind: "plants",
    ...(only && { plants: only }),
    ...(!few && { month: true }),
  });
  const statistics = (plant) => statisticsOf(hass, plant);
  const sections = [
    section([heading(texts.own.plants, ICON), table], few ? 1 : 2),
    ...(few ? [...plants.map(plantSection), fleetSection(plants, statistics, texts)] : []),
  ];
  return {
    type: "sections",
    max_columns: 3,
    dense_section_placement: true,
    sections: sections.filter(Boolean),
  };
}

function plantSection(plant) {
  return section([
    linkedHeading(plant.name, ICON, pathOf(plant)),
    flow(plant) ?? tile(plant.find("pv_power")),
  ]);
}
