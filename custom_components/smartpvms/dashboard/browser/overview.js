/** All plants at a glance, those with problems first. */

import { linkedHeading, heading, section, tile } from "./cards.js";
import { flow } from "./flow.js";
import { fleetSection } from "./graphs.js";
import { messageView } from "./plant.js";
import { plantsOf, statisticsOf } from "./registry.js";
import { table } from "./table.js";

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
  const words = {
    name: texts.own.plant,
    power: texts.entity("pv_power"),
    today: texts.own.today,
    ...(!few && { month: texts.own.this_month }),
    total: texts.own.total,
  };
  const rows = plants.map((plant) => ({
    name: plant.name,
    // The markdown card takes no link that could be a scheme's name.
    path: `./${pathOf(plant)}`,
    power: plant.find("pv_power"),
    today: plant.find("day_power"),
    month: plant.find("month_power"),
    problem: plant.find("active_alarms"),
  }));
  const statistics = (plant) => statisticsOf(hass, plant);
  const sections = [
    section([heading(texts.own.plants, ICON), table(rows, words)], few ? 1 : 2),
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
    linkedHeading(plant.name, ICON, pathOf(plant), plant.findAll(["real_health_state"])),
    flow(plant) ?? tile(plant.find("pv_power")),
  ]);
}
