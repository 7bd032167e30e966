/** The visual editor of the dashboard: its plants, and the sections of their views. */

import { element } from "./elements.js";
import { plantsOf } from "./registry.js";
import { textsOf } from "./texts.js";

/** Rows: name of a section, how it is called. */
export const SECTIONS = [
  ["now", ({ own }) => own.now],
  ["today", ({ own }) => own.today],
  ["alarms", ({ entity }) => entity("active_alarms")],
  ["totals", ({ own }) => own.total],
  ["control", ({ own }) => own.control],
  ["power", ({ own }) => own.power],
  ["energy", ({ own }) => own.energy],
  ["battery", ({ own }) => own.battery],
  ["revenue", ({ series }) => series("revenue")],
  ["calendar", ({ own }) => own.all_days],
  ["devices", ({ own }) => own.devices],
  ["system", ({ own }) => own.system],
];

const STYLE = `
fieldset { border: 0; margin: 0 0 16px; padding: 0; }
legend { font-weight: 500; padding: 0 0 4px; }
label { display: flex; align-items: center; gap: 10px; padding: 6px 0; cursor: pointer; }
input { width: 18px; height: 18px; accent-color: var(--primary-color); }
`;

/** Return a configuration with a plant chosen or not; all of them need no list. */
export function withPlant(config, all, id, isChosen) {
  const { plants: before, ...rest } = config;
  const kept = (before ?? all).filter((one) => one !== id);
  const plants = all.filter((one) => kept.includes(one) || (one === id && isChosen));
  return plants.length === all.length ? rest : { ...rest, plants };
}

/** Return a configuration with a section shown or hidden. */
export function withSection(config, name, isShown) {
  const { hidden: before = [], ...rest } = config;
  const hidden = before.filter((one) => one !== name).concat(isShown ? [] : [name]);
  return hidden.length ? { ...rest, hidden } : rest;
}

export class Editor extends HTMLElement {
  setConfig(config) {
    this.config = config;
    this.draw();
  }

  set hass(hass) {
    const isFirst = !this.given;
    this.given = hass;
    if (isFirst) this.draw();
  }

  async draw() {
    if (!this.given || !this.config) return;
    const texts = await textsOf(this.given);
    const plants = plantsOf(this.given);
    const all = plants.map(({ id }) => id);
    const { config } = this;
    const box = (name, checked, change) =>
      element(
        "label",
        {},
        element("input", {
          type: "checkbox",
          checked,
          onchange: (event) => this.take(change(event.target.checked)),
        }),
        name,
      );
    const group = (title, boxes) =>
      element("fieldset", {}, element("legend", {}, title), boxes);
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.replaceChildren(
      element("style", {}, STYLE),
      group(
        texts.own.plants,
        plants.map(({ id, name }) =>
          box(name, (config.plants ?? all).includes(id), (isChosen) =>
            withPlant(this.config, all, id, isChosen),
          ),
        ),
      ),
      group(
        texts.own.sections,
        SECTIONS.map(([name, called]) =>
          box(called(texts), !config.hidden?.includes(name), (isShown) =>
            withSection(this.config, name, isShown),
          ),
        ),
      ),
    );
  }

  take(config) {
    this.config = config;
    const detail = { config };
    this.dispatchEvent(
      new CustomEvent("config-changed", { bubbles: true, composed: true, detail }),
    );
  }
}
