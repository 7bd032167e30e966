/**
 * The card "Power flow": `type: custom:smartpvms-power-flow`, `plant: <device id>`.
 *
 * It is built once and then changes what has changed. Nothing runs on a timer: Home
 * Assistant hands over its states whenever one of them changes, and the age is looked at then.
 */

import { TYPE } from "./flow.js";
import { NODES, isDrawn, modelOf, partsOf, watched } from "./flow-model.js";
import { MARKUP, STYLE } from "./flow-scene.js";
import { reasonsOf } from "./health.js";
import { plantOf, plantsOf } from "./registry.js";
import { language, ownTexts } from "./texts.js";

const MINUTE = 60_000;

let template;
let sheet;

class PowerFlow extends HTMLElement {
  /** Choose a plant that there is, for the picker and its preview. */
  static getStubConfig(hass) {
    const plants = plantsOf(hass);
    const plant = plants.find((one) => isDrawn(one)) ?? plants[0];
    return { plant: plant?.id ?? "" };
  }

  static async getConfigForm() {
    const own = await ownTexts(language());
    const labels = {
      plant: own.plant,
      sky: own.flow_sky,
      age: own.flow_age,
    };
    const devices = { integration: "smartpvms", model: "PV plant" };
    return {
      schema: [
        { name: "plant", required: true, selector: { device: { filter: [devices] } } },
        { name: "title", selector: { text: {} } },
        { name: "sky", default: true, selector: { boolean: {} } },
        { name: "age", default: true, selector: { boolean: {} } },
      ],
      computeLabel: ({ name }, localize) =>
        labels[name] ?? localize(`ui.panel.lovelace.editor.card.generic.${name}`),
    };
  }

  setConfig(config) {
    for (const name of ["plant", "title"]) {
      if (config[name] !== undefined && typeof config[name] !== "string") {
        throw new Error(`"${name}" has to be a text`);
      }
    }
    this._config = config;
    this._forget();
    this._update();
  }

  set hass(hass) {
    const before = this._hass;
    this._hass = hass;
    if (!before || this._concerns(before, hass)) this._update();
  }

  getCardSize() {
    return 6;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6, min_rows: 4 };
  }

  /** Tell whether something has changed that the picture shows. */
  _concerns(before, hass) {
    const isOther = (name) => before[name] !== hass[name];
    if (["entities", "devices", "locale", "language", "themes"].some(isOther)) {
      this._forget();
      return true;
    }
    if (this._ids?.some((id) => before.states[id] !== hass.states[id])) return true;
    return Date.now() - this._at > MINUTE;
  }

  _forget() {
    this._parts = undefined;
    this._ids = undefined;
  }

  async _update() {
    const hass = this._hass;
    if (!hass || !this._config) return;
    this._at = Date.now();
    const wanted = hass.locale?.language ?? hass.language;
    if (this._language !== wanted) {
      this._language = wanted;
      this._own = undefined;
      try {
        const own = await ownTexts(wanted);
        if (this._language === wanted) this._own = own;
      } catch {
        // No connection: the next change asks again.
        this._language = undefined;
        return undefined;
      }
      return this._update();
    }
    if (!this._own) return undefined;
    this._build();
    this._draw();
    return undefined;
  }

  _build() {
    if (this._parts === undefined) {
      const plant = plantOf(this._hass, this._config.plant);
      this._parts = plant ? partsOf(plant) : null;
      this._ids = plant ? watched(this._parts) : [];
    }
    if (this._shown) return;
    const root = this.attachShadow({ mode: "open" });
    template ??= Object.assign(document.createElement("template"), { innerHTML: MARKUP });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
    }
    root.adoptedStyleSheets = [sheet];
    root.append(template.content.cloneNode(true));
    root.addEventListener("click", (event) => this._clicked(event));
    const one = (selector) => root.querySelector(selector);
    this._shown = {
      title: one(".title"),
      notice: one(".notice"),
      reason: one(".reason"),
      text: one(".text"),
      link: one(".notice a"),
      stage: one(".stage"),
      age: one(".age"),
      since: one(".since"),
      charge: one(".charge"),
      battery: one('[data-part="battery"]'),
      grid: one('[data-part="grid"]'),
      nodes: NODES.map(({ name }) => ({
        name,
        button: one(`.node.${name}`),
        word: one(`.node.${name} .word`),
        value: one(`.node.${name} .value`),
        note: one(`.node.${name} .note`),
        flow: one(`.flow.${name}`),
      })),
    };
  }

  _draw() {
    const shown = this._shown;
    const { title, sky = true, age = true, beside_status: isBeside, grid_options: size } =
      this._config;
    const own = this._own;
    this.toggleAttribute("dark", Boolean(this._hass.themes?.darkMode));
    this.toggleAttribute("plain", !sky);
    this.toggleAttribute("fitted", typeof size?.rows === "number");
    write(shown.title, title ?? "");
    hide(shown.title, !title);
    const model = this._parts
      ? modelOf(this._hass, this._parts, own, this._at, isBeside)
      : unchosen(own.flow_choose);
    this._model = model;
    this.toggleAttribute("night", Boolean(model.isNight));
    this.toggleAttribute("park", Boolean(model.isPark));
    this.toggleAttribute("calm", model.isCalm);
    label(shown.stage, model.sentence);
    for (const part of shown.nodes) node(part, model.nodes[part.name]);
    hide(shown.battery, !model.nodes.battery);
    hide(shown.grid, !model.nodes.grid);
    shown.charge.style.setProperty("--flow-charge", String(model.charge ?? 0));
    hide(shown.age, !age || !model.age);
    if (model.age) {
      write(shown.since, model.age.text);
      set(shown.age, "level", model.age.level);
    }
    this._tell(model.notice);
  }

  /** Show why there are no values; the reason comes later, if there is one. */
  _tell(notice) {
    const { notice: box, text, reason, link } = this._shown;
    hide(box, !notice);
    if (!notice) {
      write(reason, "");
      hide(link, true);
      return;
    }
    set(box, "kind", notice.kind);
    write(text, notice.text);
    write(link, this._own.repairs);
    if (notice.kind === "silent" && this._parts) this._explain(this._parts.plant);
  }

  async _explain(plant) {
    const found = await reasonsOf(this._hass, plant);
    if (this._parts?.plant !== plant || this._model.notice?.kind !== "silent") return;
    write(this._shown.reason, found[0] ?? "");
    hide(this._shown.link, !found.length || !this._hass.user?.is_admin);
  }

  _clicked(event) {
    const place = event.target.closest?.("[data-node], [data-part]");
    const name = place?.dataset.node ?? place?.dataset.part;
    const entityId = this._model?.nodes[name]?.entity;
    if (!entityId) return;
    const detail = { entityId };
    this.dispatchEvent(
      new CustomEvent("hass-more-info", { bubbles: true, composed: true, detail }),
    );
  }
}

const unchosen = (text) => ({
  nodes: {},
  isCalm: true,
  notice: { kind: "first", text },
  sentence: text,
});

function node({ button, word, value, note, flow }, model) {
  hide(button, !model);
  hide(flow, !model);
  if (!model) return;
  write(word, model.word);
  write(value, model.value);
  write(note, model.note);
  if (button.disabled === Boolean(model.entity)) button.disabled = !model.entity;
  for (const part of [button, flow]) set(part, "kind", model.kind);
  set(flow, "step", model.step || undefined);
  // As drawn, arrows go down or right: to the middle from modules and battery, else away.
  const isAway = model.way < 0;
  const isReversed = isAway !== ("turned" in flow.dataset);
  set(flow, "reversed", model.way && isReversed ? "" : undefined);
}

/** Each writes only what is not there yet. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function label(element, text) {
  if (element.getAttribute("aria-label") !== text) element.setAttribute("aria-label", text);
}

function hide(element, isHidden) {
  element.toggleAttribute("hidden", isHidden);
}

function set(element, name, value) {
  if (value === undefined) delete element.dataset[name];
  else if (element.dataset[name] !== String(value)) element.dataset[name] = value;
}

customElements.define(TYPE, PowerFlow);

/** Offer the card to whoever looks for a card of one of its powers. */
function suggestion(hass, entityId) {
  const { platform, translation_key, device_id } = hass.entities[entityId] ?? {};
  const isPower = platform === "smartpvms" && NODES.some(({ key }) => key === translation_key);
  return isPower ? { config: { type: `custom:${TYPE}`, plant: device_id } } : null;
}

/** List the card in the picker. */
export function offer(own) {
  window.customCards = window.customCards || [];
  window.customCards.push({
    type: TYPE,
    name: own.flow_name,
    description: own.flow_description,
    preview: true,
    getEntitySuggestion: suggestion,
  });
}
