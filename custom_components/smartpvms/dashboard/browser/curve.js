/** The card of today's curve: PV, house, grid and battery from 0 to 24 h, yesterday pale. */

import { COLORS, colorOf, dotOf } from "./cards.js";
import { CHART_STYLE, ChartCard, MARGIN, grid, marks, scale } from "./chart.js";
import { element, svg } from "./elements.js";
import { numberOf, writer } from "./numbers.js";
import { POWERS, linesOf, powersOf, valueAt, waysOf } from "./powers.js";
import { isPark, statisticsOf } from "./registry.js";
import { lastDays } from "./statistics.js";

/** As high as a card of bars beside it, with its buttons. */
const HEIGHT = 262;
const HOUR = 3600_000;
/** From this width on there is room for a mark every three hours. */
const WIDE_ENOUGH = 480;
const [PV] = POWERS;
const HOUSE = "house_consumption";

export class Curve extends ChartCard {
  static STYLE = `${CHART_STYLE}
path { fill: none; stroke-width: 2; stroke-linejoin: round; }
.area { stroke: none; opacity: 0.2; }
.yesterday { stroke-width: 1.5; opacity: 0.45; stroke-dasharray: 4 3; }
.pointed { stroke: var(--primary-text-color); stroke-width: 1; opacity: 0.6; }
.stroke { width: 16px; border-top: 2px dashed; opacity: 0.6; }
`;
  /** Statistics come every five minutes, and the live value is drawn in between. */
  static PAUSE = 10_000;

  watched(hass) {
    const plant = this.plant;
    return plant ? plant.findAll([...POWERS, "history_import"]) : [];
  }

  async draw() {
    const { hass, plant, texts } = this;
    if (!plant) return [];
    const live = Object.fromEntries(POWERS.map((key) => [key, plant.find(key)]));
    const points = await powersOf(hass, { live, imported: statisticsOf(hass, plant) });
    const now = Date.now();
    for (const key of POWERS) {
      const value = numberOf(hass.states[live[key]]);
      if (value !== undefined) points[key].push([now, value]);
    }
    const { today } = lastDays(hass, now);
    const shown = POWERS.filter((key) => points[key].length);
    const write = writer(hass);
    const progress = isWhole(points[PV], today) ? "" : importing(hass, plant, texts, write);
    const note = (text) => text && element("p", { class: "note" }, text);
    if (!shown.length) return element("ha-card", {}, note(texts.own.not_yet), note(progress));
    const legend = element("ul", { class: "legend" });
    const picture = this.picture(points, shown, write);
    const say = (time) => legend.replaceChildren(...this.legend(points, shown, write, time));
    this.pointing(picture, say);
    say();
    return element("ha-card", {}, legend, picture, note(progress));
  }

  picture(points, shown, write) {
    const width = this.room();
    const high = this.height(HEIGHT);
    const { yesterday, today, tomorrow } = lastDays(this.hass);
    const values = shown.flatMap((key) => points[key].filter(([time]) => key === PV || time >= today));
    const amounts = values.map(([, value]) => value);
    const levels = marks(Math.min(...amounts), Math.max(...amounts));
    const y = scale(levels[0], levels.at(-1), high - MARGIN.bottom, MARGIN.top);
    const x = scale(today, tomorrow, MARGIN.left, width - MARGIN.right);
    this.span = { yesterday, today, tomorrow, x, width, high };
    const moved = this.before(points);
    const line = (kind, color) => (part) =>
      svg("path", { d: way(part, x, y), class: kind, stroke: color });
    const ours = (key) => linesOf(points[key].filter(([time]) => time >= today));
    return svg(
      "svg",
      {
        viewBox: `0 0 ${width} ${high}`,
        height: high,
        role: "img",
        "aria-label": this.texts.own.today,
      },
      grid(levels, y, width, write.axis(levels, "kW")),
      this.hours(x, width, write),
      linesOf(moved).map(line("yesterday", COLORS[PV])),
      ours(PV).map((part) =>
        svg("path", { d: `${way(part, x, y)}${down(part, x, y(0))}`, class: "area", fill: COLORS[PV] }),
      ),
      [...shown].reverse().map((key) =>
        ours(key)
          .flatMap(waysOf)
          .map(({ sign, part }) => line(key, colorOf(key, sign))(part)),
      ),
    );
  }

  /** Return yesterday's PV as of today's times. */
  before(points) {
    const { yesterday, today, tomorrow } = this.span;
    const found = points[PV].filter(([time]) => time < today);
    // A day beside a clock change is not as long as the next one.
    return found.map(([time, value]) => [
      today + ((time - yesterday) * (tomorrow - today)) / (today - yesterday),
      value,
    ]);
  }

  hours(x, width, write) {
    const { today, tomorrow, high } = this.span;
    const step = width >= WIDE_ENOUGH ? 3 : 6;
    const found = [];
    for (let time = today; time <= tomorrow; time += step * HOUR) {
      found.push(
        svg("line", { x1: x(time), x2: x(time), y1: high - MARGIN.bottom, y2: high - MARGIN.bottom + 4, class: "zero" }),
        svg("text", { x: x(time), y: high - 5, class: time === tomorrow ? "end" : "middle" }, write.hour(time)),
      );
    }
    return found;
  }

  /** Return the legend: what there was at a time, or what there is now. */
  legend(points, shown, write, time) {
    const { today } = this.span;
    const { texts } = this;
    // What was a while ago is not now: a plant that does not answer has no power.
    const valueOf = (key) =>
      time
        ? valueAt(points[key].filter(([when]) => when >= today), time)
        : numberOf(this.hass.states[this.plant.find(key)]);
    const entry = (color, text, kind = "dot") =>
      element(
        "li",
        {},
        element("span", { class: kind, style: kind === "dot" ? `background:${color}` : `color:${color}` }),
        element("span", {}, text),
      );
    const found = shown.map((key) => {
      const value = valueOf(key);
      const isOfPark = key === HOUSE && isPark(this.hass, this.plant);
      const name = isOfPark ? texts.own.consumption : texts.flow(key, value);
      return entry(dotOf(key), value === undefined ? name : `${name} ${write.power(Math.abs(value))}`);
    });
    const before = this.before(points);
    const then = time && valueAt(before, time);
    const ofYesterday = then === undefined ? "" : ` ${write.power(then)}`;
    return [
      time && element("li", {}, element("b", {}, write.clock(time))),
      ...found,
      before.length > 0 && entry(COLORS[PV], `${texts.own.yesterday}${ofYesterday}`, "stroke"),
    ].filter(Boolean);
  }

  /** Show the values of the time that is pointed at. */
  pointing(picture, say) {
    const { today, tomorrow, x, width, high } = this.span;
    const mark = svg("line", { y1: MARGIN.top, y2: high - MARGIN.bottom, class: "pointed" });
    picture.addEventListener("pointermove", (event) => {
      const box = picture.getBoundingClientRect();
      const part = (((event.clientX - box.left) / box.width) * width - x(today)) / (x(tomorrow) - x(today));
      if (part < 0 || part > 1) return;
      const time = today + part * (tomorrow - today);
      mark.setAttribute("x1", x(time));
      mark.setAttribute("x2", x(time));
      picture.append(mark);
      say(time);
    });
    picture.addEventListener("pointerleave", () => {
      mark.remove();
      say();
    });
  }
}

/** Tell whether a day's points begin with the day. */
const isWhole = (points, today) =>
  points.some(([time]) => time >= today && time <= today + 2 * HOUR);

const place = (value) => Math.round(value * 10) / 10;
const way = (points, x, y) =>
  points.map(([time, value], at) => `${at ? "L" : "M"}${place(x(time))} ${place(y(value))}`).join("");
const down = (points, x, zero) =>
  `L${place(x(points.at(-1)[0]))} ${place(zero)}L${place(x(points[0][0]))} ${place(zero)}Z`;

/** Return that history is being imported while it is; undefined when it is done. */
export function importing(hass, plant, texts, write) {
  const state = hass.states[plant.find("history_import")];
  const percent = numberOf(state);
  if (percent === undefined || percent >= 100) return undefined;
  const done = Date.parse(state.attributes.done_at);
  // An estimate of days is not exact to the hour.
  const isFar = done - Date.now() > 24 * HOUR;
  const date = done && (isFar ? write.day(done) : write.moment(done));
  const words = { percent: write.percent(percent), date };
  return texts.say(done ? "history_until" : "history_importing", words);
}
