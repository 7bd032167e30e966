/**
 * The card that says what the last command to a plant was, since when, and why it failed; and
 * which forced charge still runs beside it.
 */

import { Card, element, plain } from "./elements.js";
import { writer } from "./numbers.js";

/** Action by what a command sets; a forced charge has three. */
const ACTIONS = {
  export_limit: "set_export_limit",
  battery_mode: "set_battery_mode",
  battery_limits: "set_battery_limits",
};
/** The working modes as the entity has them, by the interface's word. */
const MODES = { maximumSelfConsumption: "maximum_self_consumption", TOU: "time_of_use" };
/** Rows: what was asked, its unit. */
const AMOUNTS = [
  ["watts", "W"],
  ["kilowatts", "kW"],
  ["target_soc", "%"],
  ["minutes", "min"],
  ["end_of_charge_soc", "%"],
  ["end_of_discharge_soc", "%"],
  ["maximum_charge_power", "W"],
  ["maximum_discharge_power", "W"],
];

/** Return the action that sends a command. */
function actionOf({ kind, asked }) {
  if (kind !== "forced_charge") return ACTIONS[kind];
  if (!asked?.watts) return "stop_forced_charge";
  return asked.watts > 0 ? "force_charge" : "force_discharge";
}

export class Command extends Card {
  static STYLE = `
ha-card { font-size: 14px; line-height: 1.4; }
p { margin: 4px 0 0; overflow-wrap: anywhere; }
`;

  watched() {
    return [this.plant?.find("last_command")].filter(Boolean);
  }

  getCardSize() {
    return 1;
  }

  draw() {
    const { hass } = this;
    const state = hass.states[this.plant?.find("last_command")];
    if (!state || !actionOf(state.attributes)) return [];
    const { reason, forced_charge: forced } = state.attributes;
    const running = forced && [
      ...this.told({ ...forced, kind: "forced_charge" }),
      hass.formatEntityState(state, "running"),
    ];
    return element(
      "ha-card",
      {},
      element("div", { class: "pale" }, this.told(state.attributes).join(" · ")),
      state.state === "failed" && reason && element("p", { role: "status" }, plain(reason)),
      running && element("p", {}, running.join(" · ")),
    );
  }

  /** Return what a command does, what was asked, and when it was sent. */
  told(command) {
    const write = writer(this.hass);
    const sent = Date.parse(command.sent_at);
    const when = Number.isNaN(sent) ? [] : [write.moment(sent)];
    return [this.texts.action(actionOf(command)), ...this.asked(command, write), ...when];
  }

  /** Return what was asked in words; a stop is told by its action. */
  asked({ kind, asked = {} }, write) {
    const { hass, plant, texts } = this;
    const isLimit = kind === "export_limit";
    const control = isLimit && hass.states[plant.find("export_control", "select")];
    if (control && !asked.kilowatts) {
      const option = asked.kilowatts === 0 ? "zero_export" : "no_limit";
      return [hass.formatEntityState(control, option)];
    }
    const mode = hass.states[plant.find("battery_mode", "select")];
    if (mode && asked.mode in MODES) return [hass.formatEntityState(mode, MODES[asked.mode])];
    // A power of 0 is a stop's.
    const found = AMOUNTS.filter(([key]) => (key === "watts" ? asked[key] : asked[key] !== undefined));
    return found.map(([key, unit]) => {
      const amount = `${write.number(Math.abs(asked[key]))}\u00a0${unit}`;
      return kind === "battery_limits" ? `${texts.entity(key, "number")} ${amount}` : amount;
    });
  }
}
