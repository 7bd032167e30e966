/**
 * A card that charges or discharges a plant's batteries now, or ends that.
 *
 * It asks before it sends, and says what it is about to send while that waits for the account's
 * minute. Whether the server took the command is seen in the plant's last command; an action
 * that is refused is shown by Home Assistant itself.
 */

import { said } from "./texts.js";

/** A question in a language that is not known. */
const ASKED = "{text}?";
/** Rows: field of the action, unit, lowest and highest value, value at first. */
const ENDS = [
  ["target_soc", "%", 0, 100, 90],
  ["duration", "min", 1, 1440, 60],
];
const POWER = ["power", "W", 100, 50_000, 2000];

const STYLE = `
  ha-card { display: block; padding: 12px 16px 16px; }
  .fields {
    display: grid; grid-template-columns: 1fr 1fr; gap: 8px 12px; align-items: center;
  }
  label { padding: 0 8px; }
  .box { display: flex; align-items: center; gap: 6px; }
  input, select, button { font: inherit; color: var(--primary-text-color); }
  input, select {
    box-sizing: border-box; width: 100%; min-width: 0; min-height: 40px; padding: 0 8px;
    background: var(--secondary-background-color);
    border: 1px solid var(--outline-color, var(--divider-color)); border-radius: 8px;
  }
  .buttons { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 16px; }
  button {
    flex: 1 1 auto; min-height: 40px; padding: 0 12px; cursor: pointer;
    background: none; border: 1px solid var(--primary-color); border-radius: 20px;
  }
  button.sends { background: var(--primary-color); color: var(--text-primary-color, #fff); }
  :is(input, select, button):focus-visible {
    outline: 2px solid var(--primary-color); outline-offset: 2px;
  }
  p { margin: 16px 0 0; color: var(--primary-text-color); }
  [hidden] { display: none !important; }
`;

/** Return an element with properties and children. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** The card; its configuration has `plant`, a device id, and the `words` it shows. */
export class ForcedCharge extends HTMLElement {
  setConfig(config) {
    if (!config.plant) throw new Error("plant: the device id of a plant");
    this.config = config;
    this.build();
  }

  set hass(hass) {
    this.home = hass;
  }

  getCardSize() {
    return 4;
  }

  getGridOptions() {
    return { columns: "full", min_columns: 6 };
  }

  build() {
    const { words } = this.config;
    this.power = field(POWER);
    this.ends = new Map(ENDS.map((row) => [row[0], field(row)]));
    this.choice = make("select", {
      ariaLabel: `${words.target_soc} / ${words.duration}`,
      onchange: () => this.showEnd(),
    });
    for (const key of this.ends.keys())
      this.choice.append(make("option", { value: key, textContent: words[key] }));
    for (const [key, end] of this.ends) end.input.ariaLabel = words[key];
    this.power.input.id = "power";
    const label = make("label", { textContent: words.power, htmlFor: "power" });
    const ends = [...this.ends.values()].map(({ box }) => box);
    const actions = ["force_charge", "force_discharge", "stop_forced_charge"];
    this.buttons = make(
      "div",
      { className: "buttons" },
      ...actions.map((action) => button(words[action], () => this.ask(action))),
    );
    this.question = make("div", { hidden: true });
    this.question.setAttribute("role", "alert");
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const fields = make("div", { className: "fields" });
    fields.append(label, this.choice, this.power.box, ...ends);
    const card = make("ha-card", {}, fields, this.buttons, this.question);
    root.replaceChildren(make("style", { textContent: STYLE }), card);
    this.showEnd();
  }

  showEnd() {
    for (const [key, { box }] of this.ends) box.hidden = key !== this.choice.value;
  }

  /** Show what would be sent, to be confirmed or dropped. */
  ask(action) {
    const { words, plant } = this.config;
    const data = { device_id: plant };
    const told = [words[action]];
    if (action !== "stop_forced_charge") {
      const end = this.ends.get(this.choice.value);
      const inputs = [this.power.input, end.input];
      if (!inputs.every((input) => input.reportValidity())) return;
      data.power = this.power.input.valueAsNumber;
      data[this.choice.value] = end.input.valueAsNumber;
      told.push(this.amount(data.power, this.power.unit));
      told.push(this.amount(data[this.choice.value], end.unit));
    }
    const text = told.join(" · ");
    const confirm = button(this.home.localize("ui.common.ok") || "OK", () =>
      this.send(action, data, text),
    );
    confirm.className = "sends";
    const cancel = button(this.home.localize("ui.common.cancel") || "✕", () => this.close());
    const question = make("p", { textContent: said(words.asked ?? ASKED, { text }) });
    const choices = make("div", { className: "buttons" }, cancel, confirm);
    this.question.replaceChildren(question, choices);
    this.question.hidden = false;
    this.buttons.hidden = true;
    confirm.focus();
  }

  /** Send a command, and let no other be sent before it has left or was refused. */
  async send(action, data, text) {
    this.question.replaceChildren(make("p", { textContent: `${text} …` }));
    try {
      await this.home.callService("smartpvms", action, data);
    } catch {
      // Home Assistant has shown why.
    } finally {
      this.close();
    }
  }

  amount(value, unit) {
    return `${value.toLocaleString(this.home.locale?.language)}\u00a0${unit}`;
  }

  close() {
    this.question.replaceChildren();
    this.question.hidden = true;
    this.buttons.hidden = false;
  }
}

/** Return a field for a number with its unit. */
function field([name, unit, min, max, value]) {
  // No step: a browser counts it from the lowest value, and refuses what lies between.
  const input = make("input", { type: "number", name, required: true });
  Object.assign(input, { min, max, value });
  return { input, unit, box: make("div", { className: "box" }, input, unit) };
}

function button(text, onclick) {
  return make("button", { type: "button", textContent: text, onclick });
}
