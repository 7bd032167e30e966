/**
 * The card of a plant's devices of one kind (`kind`), folded while they have no problem.
 *
 * A name has all the room that it needs, and breaks where that is not enough.
 */

import { devicePage } from "./cards.js";
import {
  KINDS_SHOWN,
  levelOf,
  sharesOf,
  stringsOf,
  troubleOf,
  valuesOf,
} from "./device_values.js";
import { Card, element, icon, link, showMore } from "./elements.js";
import { chargeOf, partsOf } from "./flow-model.js";
import { COLOR, ICON } from "./health.js";
import { NOTHING, numberOf, writer } from "./numbers.js";

/** More devices of the rest are shown only while they have a problem. */
const FEW_OTHERS = 12;
const ENERGIES = ["Wh", "kWh", "MWh"];
const POWERS = ["W", "kW", "MW"];
/** Rows by key of a meter: what a positive value is, and what it is of one with the other sign. */
const METERED = {
  active_power: ["positive_is_export", "positive_is_import"],
  active_cap: ["exported", "imported"],
  reverse_active_cap: ["imported", "exported"],
};
const PALEST = 0.12;
/** A field of more colour than that has dark letters, whatever the theme's are. */
const BRIGHT = 0.55;

/** Return the text that says which way is positive, undefined where the name needs none. */
function directionOf(key, { kind, countsImport }) {
  if (kind === "battery" && key === "ch_discharge_power") return "positive_is_charging";
  return kind === "meter" ? METERED[key]?.[countsImport ? 1 : 0] : undefined;
}

export class Devices extends Card {
  static STYLE = `
ha-card { padding: 0; }
summary { display: flex; align-items: center; gap: 10px; padding: 12px 16px; cursor: pointer;
  list-style: none; font-size: 14px; }
summary::-webkit-details-marker { display: none; }
summary b { font-weight: 500; }
summary .sum { margin-inline-start: auto; font-variant-numeric: tabular-nums; }
summary .turn { --mdc-icon-size: 20px; color: var(--secondary-text-color); transition: none; }
.one { border-top: 1px solid var(--divider-color); }
.one summary { padding: 9px 16px 9px 24px; }
.one .device { padding-inline-start: 24px; }
.name .go { --mdc-icon-size: 18px; color: var(--secondary-text-color); }
details[open] > summary > .turn { transform: rotate(180deg); }
.device { padding: 4px 16px 12px; }
.device + .device { border-top: 1px solid var(--divider-color); padding-top: 12px; }
.name { display: flex; align-items: center; gap: 8px; font-weight: 500; font-size: 14px;
  padding: 4px 0; }
.name ha-icon { --mdc-icon-size: 18px; }
.value { display: flex; justify-content: space-between; gap: 12px; width: 100%;
  padding: 4px 0; font-size: 14px; }
.value span { overflow-wrap: anywhere; }
.value span:first-child { color: var(--secondary-text-color); }
.value span:last-child { text-align: end; overflow-wrap: break-word; font-variant-numeric: tabular-nums; }
.strings { display: grid; grid-template-columns: repeat(auto-fill, minmax(44px, 1fr)); gap: 3px;
  margin: 6px 0 2px; }
.string { border-radius: 4px; padding: 5px 2px; font-size: 12px; text-align: center;
  border: 1px solid transparent; }
.string.bright { color: #000; }
.string.behind { border-color: var(--error-color, #db4437); font-weight: 700; }
`;
  static PAUSE = 3000;

  watched() {
    const strings = (device) => device.numbered(/^(?:binary_)?sensor\.pv(\d+)_/);
    return this.devices().flatMap((device) => [
      ...this.values(device).map(([, entity]) => entity),
      ...troubleOf(device),
      ...strings(device).map(([, entity]) => entity),
    ]);
  }

  getCardSize() {
    return 1;
  }

  devices() {
    return this.plant?.of(this.config.kind) ?? [];
  }

  values(device) {
    return valuesOf(device, this.config.kind, this.plant.of("battery").length > 0);
  }

  draw() {
    const { hass, texts } = this;
    const { kind } = this.config;
    const all = this.devices().map((device) => ({ device, level: levelOf(hass, device) }));
    if (!all.length) return [];
    const write = writer(hass);
    const { text, icon: picture } = KINDS_SHOWN[kind];
    const problems = all.filter(({ level }) => level !== "good");
    const shown = kind === "other" && all.length > FEW_OTHERS ? problems : all;
    const head = element(
      "summary",
      {},
      icon(picture),
      element("b", {}, all.length > 1 || kind === "other" ? texts.own[text] : all[0].device.name),
      all.length > 1 && element("span", { class: "pale" }, write.number(all.length)),
      problems.length > 0 && this.mark(problems.some(({ level }) => level === "bad") ? "bad" : "warning"),
      element("span", { class: "sum" }, this.sum(write)),
      turned(),
    );
    this.isOpen ??= problems.length > 0;
    const ontoggle = (event) => {
      this.isOpen = event.target.open;
    };
    return element(
      "ha-card",
      {},
      element(
        "details",
        { open: this.isOpen, ontoggle },
        head,
        shown.map((one) => (all.length > 1 ? this.folded(one, write) : this.device(one, write))),
      ),
    );
  }

  mark(level) {
    const found = icon(ICON[level]);
    found.setAttribute("style", `color:${COLOR[level]}`);
    return found;
  }

  /** Return one of several devices, folded while it has no problem. */
  folded({ device, level }, write) {
    this.unfolded ??= new Map();
    const ontoggle = (event) => {
      event.stopPropagation?.();
      this.unfolded.set(device.id, event.target.open);
    };
    return element(
      "details",
      { class: "one", open: this.unfolded.get(device.id) ?? level !== "good", ontoggle },
      element(
        "summary",
        {},
        element("span", {}, device.name),
        level !== "good" && this.mark(level),
        element("span", { class: "sum" }, this.sum(write, [device])),
        turned(),
      ),
      this.device({ device, level }, write),
    );
  }

  /** Return what devices have at a glance: their power, or how full they are. */
  sum(write, devices = this.devices()) {
    const { hass } = this;
    const values = (key) => devices.map((device) => numberOf(hass.states[device.find(key)]));
    const total = (keys) => {
      const found = keys.map(values).find((all) => all.every((value) => value !== undefined));
      return found?.reduce((sum, value) => sum + value, 0);
    };
    const { kind } = this.config;
    if (kind === "inverter") {
      const power = total(["mppt_power", "active_power"]);
      return power === undefined ? "" : write.power(power);
    }
    if (kind !== "battery") return "";
    const [only] = devices;
    const level = devices.length > 1 ? chargeOf(hass, partsOf(this.plant)) : total(["battery_soc"]) / 100;
    return level === undefined || Number.isNaN(level) ? "" : write.percent(level * 100);
  }

  device({ device, level }, write) {
    const { hass, texts } = this;
    const problem = device.find("problem", "binary_sensor");
    const behind = troubleOf(device).filter(
      (entity) => entity !== problem && hass.states[entity]?.state === "on",
    );
    return element(
      "div",
      { class: "device" },
      link(
        devicePage(device),
        { class: "name" },
        device.name,
        level !== "good" && this.mark(level),
        pointed(),
      ),
      this.config.kind === "other" && problem && this.value(problem, texts.entity("real_health_state"), write),
      behind.map((entity) => this.value(entity, this.nameOf(entity), write)),
      this.values(device).map(([key, entity]) =>
        this.value(entity, this.labelOf(key, entity, device), write),
      ),
      this.strings(device, write),
    );
  }

  value(entity, label, write) {
    const state = this.hass.states[entity];
    if (!state) return undefined;
    return element(
      "button",
      { class: "value", onclick: () => showMore(this, entity) },
      element("span", {}, label),
      element("span", {}, this.written(state, write)),
    );
  }

  written(state, write) {
    const unit = state.attributes.unit_of_measurement;
    const value = numberOf(state);
    if (value !== undefined && ENERGIES.includes(unit)) return write.energy(value);
    if (value !== undefined && POWERS.includes(unit)) return write.power(value);
    return this.hass.formatEntityState(state);
  }

  /** Return the name of a value: the user's own, else the one in the user's language. */
  labelOf(key, entity, device) {
    const { hass, texts } = this;
    const isServers = hass.config.language === (hass.locale?.language ?? hass.language);
    const own = isServers && this.nameOf(entity);
    if (own) return own;
    const direction = directionOf(key, device);
    return direction ? texts.directed(direction, texts.entity(key)) : texts.entity(key);
  }

  /** Return an entity's own name, without its device's. */
  nameOf(entity) {
    return this.hass.entities[entity]?.name ?? this.hass.states[entity]?.attributes.friendly_name ?? "";
  }

  /** Return the strings as a strip: the paler, the less a string gives than the best. */
  strings(device, write) {
    const strings = stringsOf(this.hass, device);
    if (!strings.length) return undefined;
    const shares = sharesOf(strings);
    const field = ({ number, entity, isBehind }, at) => {
      const part = Math.round((PALEST + (1 - PALEST) * shares[at]) * 100);
      const told = outputOf(strings[at], shares[at], write);
      const marks = [isBehind && "behind", part > BRIGHT * 100 && "bright"].filter(Boolean);
      return element(
        "button",
        {
          class: ["string", ...marks].join(" "),
          style: `background:color-mix(in srgb, #ff9800 ${part}%, transparent)`,
          title: told,
          "aria-label": `PV${number} ${told}`,
          onclick: () => showMore(this, entity),
        },
        `PV${number}`,
      );
    };
    return element("div", { class: "strings" }, strings.map(field));
  }
}

/** Return what a string gives, or that it is not known. */
function outputOf({ value, current }, share, write) {
  if (value !== undefined) return write.power(value);
  return current === undefined ? NOTHING : write.percent(share * 100);
}

function pointed() {
  const found = icon("mdi:chevron-right");
  found.setAttribute("class", "go");
  return found;
}

function turned() {
  const found = icon("mdi:chevron-down");
  found.setAttribute("class", "turn");
  return found;
}
