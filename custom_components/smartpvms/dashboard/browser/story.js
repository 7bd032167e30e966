/** The card of one sentence: what today is beside the plant's years. */

import { Card, element, showMore } from "./elements.js";
import { numberOf, partsOf, writer } from "./numbers.js";
import { statisticsOf } from "./registry.js";
import { daysOfYear } from "./statistics.js";
import { todayEntity, todayValue } from "./today.js";

/** So many days make an average. */
const ENOUGH_DAYS = 7;
/** The sun that goes on for so many years is like that of this one. */
const YEARS = 5;
/** Less is the noise of a plant at night (kW). */
const STANDSTILL = 0.01;
const AFTERNOON = 15;
/** Rows: key, own text, colour. */
const SHARES = [
  ["self_consumption_rate", "self_consumption", "#ffb300"],
  ["autarky_rate", "self_sufficiency", "#43a047"],
  ["day_performance_ratio", "performance_ratio", "#00acc1"],
];
const SHARE_KEYS = SHARES.map(([key]) => key);

export class Story extends Card {
  static STYLE = `
.share { display: grid; grid-template-columns: 1fr auto; gap: 4px 8px; width: 100%;
  margin-top: 12px; font-size: 14px; }
.share b { font-weight: 500; font-variant-numeric: tabular-nums; }
.track { grid-column: 1 / -1; height: 8px; border-radius: 4px; overflow: hidden;
  background: var(--divider-color); }
.track span { display: block; height: 100%; border-radius: 4px; }
.story { margin: 0; font-size: 16px; line-height: 1.45; }
`;
  static PAUSE = 30_000;

  watched() {
    const { plant } = this;
    if (!plant) return [];
    const today = todayEntity(plant, "pv_energy");
    return [today, ...plant.findAll(["history_import", ...SHARE_KEYS])].filter(Boolean);
  }

  async draw() {
    const { hass, plant } = this;
    if (!plant) return [];
    const write = writer(hass);
    const sentence = await this.sentence(write);
    const shares = SHARES.map((row) => this.share(row, write)).filter(Boolean);
    if (!sentence && !shares.length) return [];
    const text = sentence && element("p", { class: "story" }, sentence);
    return element("ha-card", {}, text, shares);
  }

  /** Return a share with its name, which has the whole width, and a bar. */
  share([key, name, color], write) {
    const entity = this.plant.find(key);
    const value = numberOf(this.hass.states[entity]);
    if (value === undefined) return undefined;
    const full = Math.min(100, Math.max(0, value));
    return element(
      "button",
      { class: "share", onclick: () => showMore(this, entity) },
      element("span", {}, this.texts.own[name]),
      element("b", {}, write.percent(value)),
      element("span", { class: "track" }, element("span", { style: `width:${full}%;background:${color}` })),
    );
  }

  async sentence(write) {
    const { hass, plant, texts } = this;
    const value = todayValue(hass, plant, "pv_energy");
    if (value === undefined) return undefined;
    const average = await averageOf(hass, plant);
    const power = numberOf(hass.states[plant.find("pv_power")]);
    const told = comparison({ value, average, isOver: isOver(hass, power) });
    return texts.say(told.text, {
      energy: write.energy(value),
      average: write.energy(average),
      percent: told.percent !== undefined && write.percent(told.percent),
      month: write.month(Date.now()),
    });
  }
}

/** Tell whether the sun's day is over: it has set, and nothing comes from the roof. */
function isOver(hass, power) {
  const { hour } = partsOf(Date.now(), hass.config.time_zone);
  const sun = hass.states["sun.sun"]?.state;
  return hour >= AFTERNOON && power !== undefined && power < STANDSTILL && sun !== "above_horizon";
}

/**
 * Return the text of a day against the average (kWh), and by how many percent they differ.
 *
 * While the sun is up, a day that is behind is no worse one yet.
 */
export function comparison({ value, average, isOver: over }) {
  if (!average) return { text: over ? "day_over" : "day_so_far" };
  const percent = Math.round((value / average - 1) * 100);
  if (over && percent === 0) return { text: "day_equal" };
  if (over) return { text: percent > 0 ? "day_more" : "day_less", percent: Math.abs(percent) };
  return percent > 0 ? { text: "day_already_more", percent } : { text: "day_average" };
}

/** Return what a day of this month brings in the plant's years; undefined with few days. */
async function averageOf(hass, plant) {
  const id = statisticsOf(hass, plant).pv_energy;
  if (!id) return undefined;
  const { year, month, day } = partsOf(Date.now(), hass.config.time_zone);
  const years = Array.from({ length: YEARS }, (_, at) => year - at);
  const days = await Promise.all(years.map((one) => daysOfYear(hass, plant, id, one, month)));
  const past = days
    .flat()
    .filter((row) => row.month === month && !(row.year === year && row.day === day));
  if (past.length < ENOUGH_DAYS) return undefined;
  return past.reduce((sum, { change }) => sum + change, 0) / past.length;
}
