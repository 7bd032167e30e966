/** The card of a plant's active alarms. */

import { devicePage } from "./cards.js";
import { Card, element, icon, link, plain } from "./elements.js";
import { COLOR, ICON, SEVERITY } from "./health.js";
import { writer } from "./numbers.js";

/** A longer suggestion is folded: it can be a page. */
const SHORT = 240;
/** More alarms are shown when asked for: the gravest come first. */
const FEW = 3;

export class Alarms extends Card {
  static STYLE = `
ha-card { padding: 0; margin-bottom: 8px; overflow: hidden; }
ha-card:last-child { margin-bottom: 0; }
.more { text-decoration: underline; font-weight: 500; padding: 4px 16px; font-size: 14px; }
.alarm { display: flex; gap: 12px; padding: 12px 16px; border-inline-start: 4px solid var(--light); }
.alarm > ha-icon { color: var(--light); flex: none; }
.name { font-weight: 500; }
.text { flex: 1; min-width: 0; font-size: 14px; line-height: 1.4; overflow-wrap: anywhere; }
p { margin: 4px 0 0; }
a.name { text-decoration: none; }
a.name:hover { text-decoration: underline; }
summary { cursor: pointer; color: var(--secondary-text-color); margin-top: 4px; }
.label { color: var(--secondary-text-color); }
`;

  watched() {
    return this.plant?.findAll(["active_alarms"]) ?? [];
  }

  draw() {
    const { hass, plant } = this;
    const state = hass.states[plant?.find("active_alarms")];
    const write = writer(hass);
    const alarms = state?.attributes.alarms ?? [];
    const shown = this.isOpen ? alarms : alarms.slice(0, FEW);
    const onclick = () => {
      this.isOpen = true;
      this.drawNow();
    };
    const text = this.texts.say("show_all", { count: write.number(alarms.length) });
    return [
      shown.map((alarm) => this.alarm(alarm, write)),
      alarms.length > shown.length && element("button", { class: "more", onclick }, text),
    ];
  }

  alarm({ name, severity, device, cause, suggestion, raised_at: raisedAt }, write) {
    const { texts } = this;
    const level = SEVERITY[severity] ?? "warning";
    const time = Date.parse(raisedAt);
    const since = time && `${texts.own.since} ${write.moment(time)} (${write.ago(time)})`;
    const [found, ...others] = this.plant.devices.filter((one) => one.givenName === device);
    const title = [name, device].filter(Boolean).map(plain).join(" · ");
    return element(
      "ha-card",
      {},
      element(
        "div",
        { class: "alarm", style: `--light:${COLOR[level]}` },
        icon(ICON[level]),
        element(
          "div",
          { class: "text" },
          found && !others.length
            ? link(devicePage(found), { class: "name" }, title)
            : element("span", { class: "name" }, title),
          element("div", { class: "pale" }, [texts.severity(severity), since].filter(Boolean).join(" · ")),
          cause && this.told(texts.own.cause, plain(cause)),
          suggestion && this.told(texts.own.suggestion, plain(suggestion)),
        ),
      ),
    );
  }

  told(label, text) {
    if (text.length > SHORT) {
      return element("details", {}, element("summary", {}, label), element("p", {}, text));
    }
    const before = this.texts.labelled(label, "");
    return element("p", {}, element("span", { class: "label" }, before), text);
  }
}
