/** The view of one plant. Nothing is in it that the plant does not have. */

import { alarmSection } from "./alarms.js";
import { heading, isBelow, onlyWhile, section, share, tile } from "./cards.js";
import { controlSection } from "./control.js";
import { deviceSections } from "./devices.js";
import { flow } from "./flow.js";
import { POWERS, energySections, powerSection } from "./graphs.js";
import { plantsOf, statisticsOf } from "./registry.js";

/** What there is of today, the best source first. Rows: series, its keys, icon, colour. */
const TODAY = [
  ["pv_energy", ["day_power", "day_pvyield"], "mdi:solar-power-variant", "orange"],
  [
    "consumption",
    ["day_use_energy", "daily_use_energy", "day_use_power"],
    "mdi:home-lightning-bolt",
    "indigo",
  ],
  [
    "grid_export",
    ["day_on_grid_energy", "daily_on_grid_energy", "day_ongrid_power"],
    "mdi:transmission-tower-import",
    "purple",
  ],
  ["grid_import", ["day_buypower"], "mdi:transmission-tower-export", "blue"],
  ["revenue", ["day_income", "day_power_profit"], "mdi:cash", "green"],
];
/** Rows: key, own text, icon, colour. */
const SHARES = [
  ["self_consumption_rate", "self_consumption", "mdi:recycle", "amber"],
  ["autarky_rate", "self_sufficiency", "mdi:home-battery-outline", "green"],
  ["day_performance_ratio", "performance_ratio", "mdi:speedometer", "cyan"],
];
const MOST_COLUMNS = 3;

/** Return the view; `id`: the plant's device. */
export async function plantView(hass, id, texts) {
  const [plant] = plantsOf(hass, [id]);
  if (!plant) return messageView(texts.own.no_plant);
  const statistics = statisticsOf(hass, plant);
  const sections = [
    nowSection(plant, texts),
    todaySection(plant, texts),
    controlSection(hass, plant, texts),
    alarmSection(plant, texts),
    await powerSection(hass, plant, statistics, texts),
    ...energySections(statistics, texts),
    ...deviceSections(plant, texts),
    systemSection(plant, texts),
  ];
  return {
    type: "sections",
    max_columns: MOST_COLUMNS,
    dense_section_placement: true,
    sections: sections.filter(Boolean),
  };
}

/** Return a view that only says something. */
export function messageView(text) {
  return {
    type: "sections",
    sections: [{ type: "grid", cards: [{ type: "markdown", content: text }] }],
  };
}

function nowSection(plant, texts) {
  const picture = flow(plant);
  return section([
    heading(texts.own.now, "mdi:transmission-tower", [
      ...plant.findAll(["last_data"]),
      ...refreshBadge(plant),
    ]),
    picture ?? plant.findAll(POWERS).map((entity) => tile(entity)),
  ]);
}

function refreshBadge(plant) {
  const button = plant.find("refresh", "button");
  if (!button) return [];
  return [
    {
      type: "button",
      icon: "mdi:refresh",
      tap_action: {
        action: "perform-action",
        perform_action: "button.press",
        target: { entity_id: button },
      },
    },
  ];
}

function todaySection(plant, texts) {
  return section([
    heading(texts.own.today, "mdi:calendar-today", plant.findAll(["real_health_state"])),
    TODAY.map(([name, keys, icon, color]) =>
      tile(plant.findAll(keys)[0], { name: texts.series(name), icon, color }),
    ),
    SHARES.map(([key, name, icon, color]) =>
      share(plant.find(key), { name: texts.own[name], icon, color }),
    ),
  ]);
}

function systemSection(plant, texts) {
  const history = plant.find("history_import");
  return section([
    heading(texts.own.system, "mdi:cloud-sync"),
    history && onlyWhile(isBelow(history, 100), share(history)),
    tile(plant.find("calls_left")),
  ]);
}
