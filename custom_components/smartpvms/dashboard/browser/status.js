/**
 * The card that says how a plant is: its light, the age of its data, and a banner.
 *
 * The banner is about the first minutes, or about a plant that does not answer: why, since
 * when, and where that can be repaired.
 */

import { importing } from "./curve.js";
import { Card, element, icon, link, showMore } from "./elements.js";
import {
  COLOR,
  ICON,
  ageLevel,
  dataTime,
  firstValuesIn,
  isOverdue,
  isPartlySilent,
  isSilent,
  isStarting,
  lightEntities,
  lightOf,
  reasonsOf,
  roundOf,
} from "./health.js";
import { numberOf, writer } from "./numbers.js";

const REPAIRS = "/config/repairs";
const WATCHED = ["last_data", "pv_power", "day_power", "history_import"];

export class Status extends Card {
  static STYLE = `
.line { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; font-size: 14px; }
.light { display: flex; align-items: center; gap: 6px; font-weight: 500; }
.light ha-icon { --mdc-icon-size: 22px; color: var(--light); }
.age { margin-inline-start: auto; color: var(--secondary-text-color); }
.age.warning, .age.bad { color: var(--primary-text-color); font-weight: 500; }
.age.warning::before, .age.bad::before { content: ""; display: inline-block; width: 9px;
  height: 9px; border-radius: 50%; margin-inline-end: 6px; background: var(--age); }
.banner { margin-top: 10px; padding: 10px 12px; border-radius: 8px; font-size: 14px;
  line-height: 1.4; border-inline-start: 4px solid var(--light);
  background: color-mix(in srgb, var(--light) 12%, transparent); }
.banner a { text-decoration: underline; font-weight: 500; }
.note { margin: 8px 0 0; font-size: 13px; color: var(--secondary-text-color); }
.banner p { margin: 4px 0 0; }
`;

  watched() {
    const { plant } = this;
    return plant ? [...lightEntities(plant), ...plant.findAll(WATCHED)] : [];
  }

  getCardSize() {
    return 1;
  }

  async draw() {
    const { hass, plant } = this;
    if (!plant) return [];
    const write = writer(hass);
    const banner = await this.banner(write);
    const light = lightOf(hass, plant);
    const progress = importing(hass, plant, this.texts, write);
    const known = light.health || light.severity;
    if (!known && !banner && !dataTime(hass, plant)) return [];
    return element(
      "ha-card",
      {},
      element("div", { class: "line" }, known && this.light(light), this.age(write)),
      banner,
      progress && element("p", { class: "note" }, progress),
    );
  }

  light({ level, health, severity }) {
    const { hass, plant, texts } = this;
    const entity = plant.find("real_health_state") ?? plant.find("highest_severity");
    const isAlarm = severity && severity !== "none";
    // "Healthy" says it all while there is no alarm, and is not true beside one.
    const isHealthTold = health && !(isAlarm && health === "healthy");
    const isAlarmTold = isAlarm || (severity && !health);
    const words = [
      isHealthTold && hass.formatEntityState(hass.states[plant.find("real_health_state")]),
      isAlarmTold && this.alarms(severity),
    ];
    return element(
      "button",
      { class: "light", style: `--light:${COLOR[level]}`, onclick: () => showMore(this, entity) },
      icon(ICON[level]),
      words.filter(Boolean).join(" · "),
    );
  }

  /** Return how many alarms there are; their severity where there is no number. */
  alarms(severity) {
    const { hass, plant, texts } = this;
    const count = numberOf(hass.states[plant.find("active_alarms")]);
    if (severity === "none" || !count) return texts.severity(severity);
    return texts.labelled(texts.entity("active_alarms"), writer(hass).number(count));
  }

  age(write) {
    const { hass, plant, texts } = this;
    const time = dataTime(hass, plant);
    if (!time) return undefined;
    const level = ageLevel(time, Date.now(), roundOf(hass, plant));
    return element(
      "button",
      {
        class: `age ${level}`,
        style: `--age:${COLOR[level]}`,
        title: write.moment(time),
        onclick: () => showMore(this, plant.find("last_data")),
      },
      texts.labelled(texts.entity("last_data"), write.ago(time)),
    );
  }

  async banner(write) {
    const { hass, plant, texts } = this;
    if (isStarting(hass)) return undefined;
    const minutes = firstValuesIn(hass, plant);
    if (minutes) {
      const text = texts.say("first_values", { minutes: write.number(minutes) });
      return this.told("unknown", text);
    }
    // Counters are shown for some rounds more, when the powers have gone already.
    const isGone = isOverdue(hass, plant) || isSilent(hass, plant);
    const reasons = await reasonsOf(hass, plant, {
      isComing: !isGone && !isPartlySilent(hass, plant),
    });
    if (!isGone) return reasons.length ? this.told("warning", "", reasons, true) : undefined;
    const time = dataTime(hass, plant);
    const text = time
      ? texts.say("no_answer_since", { time: write.moment(time) })
      : texts.own.no_answer;
    return this.told("bad", text, reasons, reasons.length > 0);
  }

  told(level, text, reasons = [], isRepairable = false) {
    return element(
      "div",
      { class: "banner", role: "status", style: `--light:${COLOR[level]}` },
      text,
      reasons.map((reason) => element("p", {}, reason)),
      isRepairable && element("p", {}, link(REPAIRS, {}, this.texts.own.repairs)),
    );
  }
}
