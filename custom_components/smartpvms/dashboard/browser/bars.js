/** The card of energies or money by day, month and year, out of the imported statistics. */

import { COLORS } from "./cards.js";
import { CHART_STYLE, ChartCard, MARGIN, grid, marks, scale } from "./chart.js";
import { importing } from "./curve.js";
import { element, svg } from "./elements.js";
import { NOTHING, SPECIFIC, dayStart, midnight, partsOf, writer } from "./numbers.js";
import { allPlants, capacityOf, statisticsOf } from "./registry.js";
import { isImported, lastDays, realDays, realMonths, rowsOf, versionOf } from "./statistics.js";
import { lateness } from "./sums.js";
import { currencyOf, todayValue } from "./today.js";

const HEIGHT = 220;
const GAP = 0.28;
const LONG_AGO = 2000;
const DAYS = 14;
const MONTHS = 12;
/** Fewer bars of a period are no comparison, and shown only where no other has more. */
const ENOUGH = 2;

/** Rows by period: own text, first day to ask, when the running one began, what is a bar, how many, label. */
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
    startOf: (now, zone) => midnight(partsOf(now, zone).year, partsOf(now, zone).month, 1, zone),
    real: realMonths,
    count: MONTHS,
    label: (write, time) => write.date(time, { month: "narrow" }),
    title: (write, time) => write.date(time, { month: "long", year: "numeric" }),
  },
  year: {
    text: "by_year",
    start: (now, zone) => midnight(LONG_AGO, 1, 1, zone),
    startOf: (now, zone) => midnight(partsOf(now, zone).year, 1, 1, zone),
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

  /** Return what is drawn: rows of key, statistic, name, colour, factor and plant. */
  lines() {
    const { hass, plant, config, texts } = this;
    if (!plant) return [];
    const ids = statisticsOf(hass, plant);
    return config.series
      .filter((key) => ids[key])
      .map((key) => ({ key, id: ids[key], name: texts.series(key), color: COLORS[key], factor: 1, plant }));
  }

  unit() {
    return this.config.money ? currencyOf(this.hass, this.plant) : "kWh";
  }

  amount(value, write) {
    return this.config.money ? write.money(value, this.unit()) : write.energy(value);
  }

  async draw() {
    const { hass, texts } = this;
    const lines = this.lines();
    if (!lines.length) return [];
    const [shown, bars] = await this.chosen(lines);
    const write = writer(hass);
    const note = (text) => text && element("p", { class: "note" }, text);
    const progress = importing(hass, lines[0].plant, texts, write);
    if (!shown) return element("ha-card", {}, note(texts.own.not_yet), note(progress));
    const legend = element("ul", { class: "legend" });
    const say = (bar) =>
      legend.replaceChildren(...this.legend(lines, bar ?? bars.at(-1), shown, write));
    if (bars.length) say();
    const picture = bars.length
      ? this.picture(lines, bars, shown, write, say)
      : note(texts.own.not_yet);
    const late = shown === "day" && bars.length >= ENOUGH ? undefined : progress;
    return element("ha-card", {}, this.tabs(shown), legend, picture, note(late));
  }

  /** Return the period that was chosen, or the finest with enough bars, and its bars. */
  async chosen(lines) {
    if (this.period) return [this.period, await this.bars(this.period, lines)];
    let few = [undefined, []];
    for (const period of Object.keys(PERIODS)) {
      const bars = await this.bars(period, lines);
      if (bars.length >= ENOUGH) return [period, bars];
      if (bars.length && !few[1].length) few = [period, bars];
    }
    return few;
  }

  /** Return bars: start and the values by key. */
  async bars(period, lines) {
    const { hass } = this;
    const zone = hass.config.time_zone;
    const { start, startOf, real, count } = PERIODS[period];
    const version = lines.map(({ plant }) => versionOf(hass, plant)).join(",");
    const asked = { period, start: start(Date.now(), zone), types: ["change"], version };
    const rows = await rowsOf(hass, { ...asked, ids: lines.map(({ id }) => id) });
    const bars = new Map();
    const put = (time, key, value) => {
      if (!bars.has(time)) bars.set(time, { time, values: {} });
      bars.get(time).values[key] = value;
    };
    for (const { key, id, factor, plant } of lines) {
      const known = real(rows[id] ?? [], zone, isImported(hass, plant, period));
      for (const row of known) put(row.start, key, row.change * factor);
    }
    if (period !== "day") await this.runOn(bars.get(startOf(Date.now(), zone)), lines, version);
    else if (bars.size) this.live(lines, put);
    return [...bars.values()].sort((one, other) => one.time - other.time).slice(-count);
  }

  /** Show what the plants have counted today: their statistics are up to an hour late. */
  live(lines, put) {
    const { hass } = this;
    const { today } = lastDays(hass);
    for (const { key, series = key, plant, factor } of lines) {
      const value = todayValue(hass, plant, series);
      if (value !== undefined) put(today, key, value * factor);
    }
  }

  /** Add to the running month or year what its statistics are late by. */
  async runOn(bar, lines, version) {
    if (!bar) return;
    const { hass } = this;
    const ids = lines.map(({ id }) => id);
    const { today } = lastDays(hass);
    const days = await rowsOf(hass, { period: "day", start: today, types: ["change"], version, ids });
    for (const { key, series = key, id, plant, factor } of lines) {
      if (bar.values[key] === undefined) continue;
      bar.values[key] += lateness(hass, plant, series, days[id]?.[0]?.change) * factor;
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

  legend(lines, { time, values }, period, write) {
    const title = element("li", {}, element("b", {}, PERIODS[period].title(write, time)));
    const entry = ({ key, name, color }) =>
      element(
        "li",
        {},
        element("span", { class: "dot", style: `background:${color}` }),
        element("span", {}, `${name} ${this.amount(values[key], write)}`),
      );
    return [title, ...lines.map(entry)];
  }

  picture(lines, bars, period, write, say) {
    const width = this.room();
    const high = this.height(HEIGHT);
    const values = bars.flatMap((bar) => lines.map(({ key }) => bar.values[key] ?? 0));
    const levels = marks(Math.min(...values), Math.max(...values));
    const y = scale(levels[0], levels.at(-1), high - MARGIN.bottom, MARGIN.top);
    const step = (width - MARGIN.left - MARGIN.right) / bars.length;
    const wide = (step * (1 - GAP)) / lines.length;
    const group = (bar, at) => {
      const left = MARGIN.left + at * step;
      const one = ({ key, color }, place) => {
        const value = bar.values[key] ?? 0;
        return svg("rect", {
          x: left + (step * GAP) / 2 + place * wide,
          y: Math.min(y(0), y(value)),
          width: Math.max(1, wide - 1),
          height: Math.abs(y(value) - y(0)),
          rx: Math.min(2, wide / 3),
          fill: color,
        });
      };
      const over = svg("rect", { x: left, y: 0, width: step, height: high, class: "over" });
      for (const kind of ["pointerenter", "click"]) over.addEventListener(kind, () => say(bar));
      return [
        lines.map(one),
        svg("text", { x: left + step / 2, y: high - 5, class: "middle" }, PERIODS[period].label(write, bar.time)),
        over,
      ];
    };
    const picture = svg(
      "svg",
      { viewBox: `0 0 ${width} ${high}`, height: high, role: "img", "aria-label": this.texts.own[PERIODS[period].text] },
      grid(levels, y, width, write.axis(levels, this.unit())),
      bars.map(group),
    );
    picture.addEventListener("pointerleave", () => say());
    return picture;
  }
}

/** Colours of plants. One keeps its own when another is added. */
const PALETTE = [
  "#ff9800",
  "#488fc2",
  "#4db6ac",
  "#8353d1",
  "#f06292",
  "#7cb342",
  "#5c6bc0",
  "#8d6e63",
];

/** The PV energy of several plants (`plants`: device ids), by installed power where it is known. */
export class FleetBars extends Bars {
  get plants() {
    const { plants } = this.config;
    const found = allPlants(this.hass).filter(({ id }) => plants.includes(id));
    return found.sort((one, other) => one.createdAt - other.createdAt);
  }

  watched() {
    return this.plants.flatMap((plant) => plant.findAll(["history_import"]));
  }

  lines() {
    const { hass } = this;
    const capacities = this.plants.map((plant) => capacityOf(hass, plant));
    this.isSpecific = capacities.every(Boolean);
    return this.plants
      .map((plant, at) => ({
        key: plant.id,
        series: "pv_energy",
        id: statisticsOf(hass, plant).pv_energy,
        name: plant.name,
        color: PALETTE[at % PALETTE.length],
        factor: this.isSpecific ? 1 / capacities[at] : 1,
        plant,
      }))
      .filter(({ id }) => id);
  }

  unit() {
    return this.isSpecific ? SPECIFIC : "kWh";
  }

  amount(value, write) {
    if (!this.isSpecific) return write.energy(value);
    return value === undefined ? NOTHING : `${write.short(value)}\u00a0${SPECIFIC}`;
  }
}
