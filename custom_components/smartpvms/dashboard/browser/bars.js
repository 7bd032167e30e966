/** The card of energies or money by day, month and year, out of the imported statistics. */

import { COLORS } from "./cards.js";
import { CHART_STYLE, ChartCard, MARGIN, grid, marks, scale } from "./chart.js";
import { importing } from "./curve.js";
import { element, svg } from "./elements.js";
import { dayStart, midnight, partsOf, writer } from "./numbers.js";
import { statisticsOf } from "./registry.js";
import { lastDays, realDays, realMonths, rowsOf, versionOf } from "./statistics.js";
import { currencyOf, todayValue } from "./today.js";

const HEIGHT = 220;
const GAP = 0.28;
const LONG_AGO = 2000;
const DAYS = 14;
const MONTHS = 12;
/** Fewer bars of a period are no comparison, and shown only where no other has more. */
const ENOUGH = 2;

/** Rows by period: own text, first day to ask, what is a bar, how many, label. */
const PERIODS = {
  day: {
    text: "by_day",
    start: (now, zone) => {
      const { year, month } = partsOf(dayStart(now, zone, 1 - DAYS), zone);
      return midnight(year, month, 1, zone);
    },
    real: realDays,
    count: DAYS,
    label: (write, time) => write.date(time, { day: "numeric" }),
    title: (write, time) => write.day(time),
  },
  month: {
    text: "by_month",
    start: (now, zone) => midnight(partsOf(now, zone).year - 1, 1, 1, zone),
    real: realMonths,
    count: MONTHS,
    label: (write, time) => write.date(time, { month: "narrow" }),
    title: (write, time) => write.date(time, { month: "long", year: "numeric" }),
  },
  year: {
    text: "by_year",
    start: (now, zone) => midnight(LONG_AGO, 1, 1, zone),
    real: (rows) => rows,
    count: 30,
    label: (write, time) => write.date(time, { year: "numeric" }),
    title: (write, time) => write.date(time, { year: "numeric" }),
  },
};

/** Config: `plant`, and `series`, a list of the statistics' names. */
export class Bars extends ChartCard {
  static STYLE = `${CHART_STYLE}
.tabs { display: flex; gap: 4px; margin-bottom: 10px; }
.tabs button { padding: 4px 12px; border-radius: 14px; font-size: 14px; }
.tabs button[aria-pressed="true"] { background: var(--secondary-background-color);
  font-weight: 500; }
.over { opacity: 0.001; }
.over:hover { opacity: 0.08; }
`;
  static PAUSE = 60_000;

  watched() {
    return this.plant?.findAll(["history_import"]) ?? [];
  }

  async draw() {
    const { hass, plant, config } = this;
    if (!plant) return [];
    const known = statisticsOf(hass, plant);
    const series = config.series.filter((key) => known[key]);
    if (!series.length) return [];
    const found = {};
    const wanted = this.period ? [this.period] : Object.keys(PERIODS);
    for (const period of wanted) {
      found[period] = await this.bars(period, series, known);
      if (found[period].length >= ENOUGH) {
        this.period = period;
        break;
      }
    }
    const shown = this.period ?? wanted.find((period) => found[period].length);
    const write = writer(hass);
    const progress =
      wanted[0] === "day" && shown === "day" ? "" : importing(hass, plant, this.texts, write);
    const note = (text) => text && element("p", { class: "note" }, text);
    if (!shown) return element("ha-card", {}, note(this.texts.own.not_yet), note(progress));
    const legend = element("ul", { class: "legend" });
    const bars = found[shown] ?? [];
    const say = (bar) => legend.replaceChildren(...this.legend(series, bar ?? bars.at(-1), shown, write));
    if (bars.length) say();
    const picture = bars.length
      ? this.picture(series, bars, shown, write, say)
      : note(this.texts.own.not_yet);
    return element("ha-card", {}, this.tabs(shown), legend, picture, note(progress));
  }

  /** Return bars: start and the values by series. */
  async bars(period, series, known) {
    const { hass, plant } = this;
    const zone = hass.config.time_zone;
    const { start, real, count } = PERIODS[period];
    const ids = series.map((key) => known[key]);
    const asked = { ids, period, start: start(Date.now(), zone), types: ["change"] };
    const rows = await rowsOf(hass, { ...asked, version: versionOf(hass, plant) });
    const bars = new Map();
    for (const key of series) {
      for (const { start: time, change } of real(rows[known[key]] ?? [], zone)) {
        if (!bars.has(time)) bars.set(time, { time, values: {} });
        bars.get(time).values[key] = change;
      }
    }
    if (period === "day") this.live(series, bars);
    return [...bars.values()].sort((one, other) => one.time - other.time).slice(-count);
  }

  /** Show what the plant has counted today: its statistics are up to an hour late. */
  live(series, bars) {
    const { hass, plant } = this;
    const { today } = lastDays(hass);
    for (const key of series) {
      const value = todayValue(hass, plant, key);
      if (value === undefined || !bars.size) continue;
      if (!bars.has(today)) bars.set(today, { time: today, values: {} });
      bars.get(today).values[key] = value;
    }
  }

  tabs(shown) {
    const tab = ([period, { text }]) =>
      element(
        "button",
        {
          "aria-pressed": String(period === shown),
          onclick: () => {
            this.period = period;
            this.drawNow();
          },
        },
        this.texts.own[text],
      );
    return element("div", { class: "tabs" }, Object.entries(PERIODS).map(tab));
  }

  legend(series, { time, values }, period, write) {
    const { texts } = this;
    const currency = currencyOf(this.hass, this.plant);
    const amount = (key) => this.config.money ? write.money(values[key], currency) : write.energy(values[key]);
    const title = element("li", {}, element("b", {}, PERIODS[period].title(write, time)));
    const entry = (key) =>
      element(
        "li",
        {},
        element("span", { class: "dot", style: `background:${COLORS[key]}` }),
        element("span", {}, `${texts.series(key)} ${amount(key)}`),
      );
    return [title, ...series.map(entry)];
  }

  picture(series, bars, period, write, say) {
    const width = this.room();
    const unit = this.config.money ? currencyOf(this.hass, this.plant) : "kWh";
    const values = bars.flatMap((bar) => series.map((key) => bar.values[key] ?? 0));
    const levels = marks(Math.min(...values), Math.max(...values));
    const y = scale(levels[0], levels.at(-1), HEIGHT - MARGIN.bottom, MARGIN.top);
    const step = (width - MARGIN.left - MARGIN.right) / bars.length;
    const wide = (step * (1 - GAP)) / series.length;
    const group = (bar, at) => {
      const left = MARGIN.left + at * step;
      const one = (key, place) => {
        const value = bar.values[key] ?? 0;
        return svg("rect", {
          x: left + (step * GAP) / 2 + place * wide,
          y: Math.min(y(0), y(value)),
          width: Math.max(1, wide - 1),
          height: Math.abs(y(value) - y(0)),
          rx: Math.min(2, wide / 3),
          fill: COLORS[key],
        });
      };
      const over = svg("rect", { x: left, y: 0, width: step, height: HEIGHT, class: "over" });
      for (const kind of ["pointerenter", "click"]) over.addEventListener(kind, () => say(bar));
      return [
        series.map(one),
        svg("text", { x: left + step / 2, y: HEIGHT - 5, class: "middle" }, PERIODS[period].label(write, bar.time)),
        over,
      ];
    };
    const picture = svg(
      "svg",
      { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "img", "aria-label": this.texts.own[PERIODS[period].text] },
      grid(levels, y, width, (value) => write.axis(value), unit),
      bars.map(group),
    );
    picture.addEventListener("pointerleave", () => say());
    return picture;
  }
}
