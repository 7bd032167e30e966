/** The view of one plant. Nothing is in it that the plant does not have. */

import { alarmSection } from "./alarms.js";
import { WIDE, heading, isBelow, onlyWhile, ownCard, section, share, tile } from "./cards.js";
import { controlSection } from "./control.js";
import { deviceSection } from "./devices.js";
import { flow } from "./flow.js";
import { energySections, powerSection } from "./graphs.js";
import { POWERS } from "./powers.js";
import { plantsOf, statisticsOf } from "./registry.js";
import { TODAY, todayEntity } from "./today.js";

/** What there is of today as a share; `story.js` shows it. */
const SHARES = ["self_consumption_rate", "autarky_rate", "day_performance_ratio"];
const MOST_COLUMNS = 3;
/** Signs for which a tile beside another one has room, beside the sidebar and on a phone. */
const LONGEST = 13;

/** Return the view; `id`: the plant's device, `hidden`: names of sections (`editor.js`). */
export function plantView(hass, id, texts, hidden = []) {
  const [plant] = plantsOf(hass, [id]);
  if (!plant) return messageView(texts.own.no_plant);
  const statistics = statisticsOf(hass, plant);
  const found = {
    now: nowSection(plant, texts),
    today: todaySection(plant, texts),
    alarms: alarmSection(plant, texts),
    totals: totalSection(plant, statistics, texts),
    control: controlSection(hass, plant, texts),
    power: powerSection(plant, statistics, texts),
    ...energySections(plant, statistics, texts),
    devices: deviceSection(plant, texts),
    system: systemSection(plant, texts),
  };
  const shown = Object.entries(found).filter(([name]) => !hidden.includes(name));
  const sections = shown.map(([, one]) => one);
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
  const picture = flow(plant, { beside_status: true });
  return section([
    heading(texts.own.now, "mdi:transmission-tower", refreshBadge(plant)),
    plant.entities.size > 0 && ownCard("status", plant),
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
    heading(texts.own.today, "mdi:calendar-today"),
    todayTiles(plant, texts),
    (todayEntity(plant, "pv_energy") || plant.findAll(SHARES).length > 0) &&
      ownCard("story", plant),
  ]);
}

/**
 * Return tiles of today, two in a row; a name that would be cut has a row of its own, behind
 * the others, and so has the last one of an odd number.
 */
function todayTiles(plant, texts) {
  const named = TODAY.map(([key, , ...more]) => [todayEntity(plant, key), texts.series(key), ...more]);
  const found = named.filter(([entity]) => entity);
  const isLong = ([, name]) => name.length > LONGEST;
  const short = found.filter((row) => !isLong(row));
  const paired = short.length - (short.length % 2);
  return [...short, ...found.filter(isLong)].map(([entity, name, icon, color], at) =>
    tile(entity, { name, icon, color, ...(at >= paired && { grid_options: WIDE }) }),
  );
}

function totalSection(plant, statistics, texts) {
  const known = statistics.pv_energy || plant.findAll(["month_power", "total_power"]).length;
  return section([heading(texts.own.total, "mdi:sigma"), known && ownCard("totals", plant)]);
}

function systemSection(plant, texts) {
  const history = plant.find("history_import");
  return section([
    heading(texts.own.system, "mdi:cloud-sync"),
    history && onlyWhile(isBelow(history, 100), share(history, { name: texts.entity("history_import") })),
    tile(plant.find("calls_left"), { name: texts.entity("calls_left"), grid_options: WIDE }),
  ]);
}
