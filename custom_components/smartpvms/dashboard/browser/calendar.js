/**
 * The card of all of a plant's days: a row for each month, a field for each day.
 *
 * The years come one after the other, the newest first, once the card is looked at.
 */

import { COLORS } from "./cards.js";
import { importing } from "./curve.js";
import { Card, element, goTo, svg } from "./elements.js";
import { midnight, partsOf, writer } from "./numbers.js";
import { bestDay, bestMonth, yearSum } from "./records.js";
import { statisticsOf } from "./registry.js";
import { daysOfYear, isImported, lastDays } from "./statistics.js";
import { todayValue } from "./today.js";

const ENERGY = "/energy/electricity";
const ENERGY_COLLECTION = "_energy_dashboard";
const CELL = 10;
const STEP = 12;
const LEFT = 22;
const [MONTHS, DAYS] = [12, 31];
/** Years without a row in a row: before them there is nothing. */
const NOTHING_MORE = 3;
const MOST_YEARS = 30;
/** Years that are shown at first. */
const FEW = 2;
const PALEST = 0.12;

export class Calendar extends Card {
  static STYLE = `
.years { display: grid; gap: 14px 24px;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); }
.title { margin: 0 0 4px; font-size: 14px; font-weight: 500; display: flex;
  justify-content: space-between; }
.title span { font-weight: 400; color: var(--secondary-text-color); }
svg { display: block; width: 100%; }
svg rect { cursor: pointer; }
svg rect:hover { stroke: var(--primary-text-color); stroke-width: 1; }
text { font-size: 9px; fill: var(--secondary-text-color); text-anchor: middle; }
.records { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0 0 12px; font-size: 14px; }
.records button { text-decoration: underline; text-underline-offset: 3px; }
.more { margin-top: 10px; text-decoration: underline; font-weight: 500; padding: 4px 0; }
.note { margin: 8px 0 0; font-size: 13px; color: var(--secondary-text-color); }
.seat { height: 160px; }
`;
  static PAUSE = 60_000;

  connectedCallback() {
    super.connectedCallback();
    this.sight = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      this.isSeen = true;
      this.sight.disconnect();
      if (this.texts) this.drawNow();
    });
    this.sight.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.sight?.disconnect();
  }

  watched() {
    return this.plant?.findAll(["history_import"]) ?? [];
  }

  async draw() {
    const { hass, plant, texts } = this;
    const id = plant && statisticsOf(hass, plant).pv_energy;
    if (!id) return [];
    if (!this.isSeen) return element("ha-card", {}, element("div", { class: "seat" }));
    const years = await this.load(id);
    const write = writer(hass);
    const progress = importing(hass, plant, texts, write);
    const note = (text) => text && element("p", { class: "note" }, text);
    if (!years.length) return element("ha-card", {}, note(texts.own.not_yet), note(progress));
    const shown = this.isOpen ? years : years.slice(0, FEW);
    const most = Math.max(...years.flatMap(({ days }) => days.map(({ change }) => change)));
    return element(
      "ha-card",
      {},
      // A best day is one of all days.
      isImported(hass, plant, "day") && this.records(years, write),
      element("div", { class: "years" }, shown.map((year) => this.year(year, most, write))),
      years.length > shown.length &&
        element("button", { class: "more", onclick: () => this.open() }, texts.own.all_years),
      note(progress),
    );
  }

  open() {
    this.isOpen = true;
    this.drawNow();
  }

  /** Return the years that have days, the newest first. */
  async load(id) {
    const { hass, plant } = this;
    const { year: current } = partsOf(Date.now(), hass.config.time_zone);
    const years = [];
    let empty = 0;
    for (let year = current; year > current - MOST_YEARS && empty < NOTHING_MORE; year -= 1) {
      const days = await daysOfYear(hass, plant, id, year);
      if (year === current) this.addToday(days);
      if (days.length) years.push({ year, days });
      empty = days.length ? 0 : empty + 1;
    }
    return years;
  }

  /** Let today be what the plant has counted: its statistics are up to an hour late. */
  addToday(days) {
    const value = todayValue(this.hass, this.plant, "pv_energy");
    const { today } = lastDays(this.hass);
    const last = days.at(-1);
    if (value === undefined || !last || last.start !== today) return;
    days[days.length - 1] = { ...last, change: value };
  }

  records(years, write) {
    const { texts } = this;
    const days = years.flatMap(({ days: found }) => found);
    const [day, month] = [bestDay(days), bestMonth(days)];
    const name = (row, options) => write.date(this.timeOf(row), options);
    return element(
      "div",
      { class: "records" },
      element(
        "span",
        {},
        texts.labelled(texts.own.best_day, ""),
        element(
          "button",
          { onclick: () => openDay(this.hass, day) },
          name(day, { day: "numeric", month: "short", year: "numeric" }),
        ),
        ` · ${write.energy(day.change)}`,
      ),
      element(
        "span",
        {},
        texts.labelled(texts.own.best_month, name(month, { month: "long", year: "numeric" })),
        ` · ${write.energy(month.change)}`,
      ),
    );
  }

  timeOf({ year, month, day = 1 }) {
    return midnight(year, month, day, this.hass.config.time_zone);
  }

  year({ year, days }, most, write) {
    const sum = yearSum(days, isImported(this.hass, this.plant, "day"));
    const told = sum === undefined ? "" : write.energy(sum);
    const name = write.date(this.timeOf({ year, month: 7 }), { year: "numeric" });
    const width = LEFT + DAYS * STEP;
    const field = (row) => {
      const { month, day, change } = row;
      const part = Math.max(0, change / most || 0);
      const made = svg(
        "rect",
        {
          x: LEFT + (day - 1) * STEP,
          y: (month - 1) * STEP,
          width: CELL,
          height: CELL,
          rx: 2,
          fill: COLORS.pv_energy,
          "fill-opacity": (PALEST + (1 - PALEST) * part).toFixed(2),
          onclick: () => openDay(this.hass, row),
        },
        svg("title", {}, `${write.day(this.timeOf(row))} · ${write.energy(change)}`),
      );
      return made;
    };
    const label = (_, at) =>
      svg(
        "text",
        { x: 9, y: at * STEP + 9 },
        write.date(this.timeOf({ year, month: at + 1, day: 15 }), { month: "narrow" }),
      );
    return element(
      "div",
      {},
      element("div", { class: "title" }, name, element("span", {}, told)),
      svg(
        "svg",
        {
          viewBox: `0 0 ${width} ${MONTHS * STEP}`,
          role: "img",
          "aria-label": `${this.texts.series("pv_energy")} ${name} ${told}`,
        },
        Array.from({ length: MONTHS }, label),
        days.map(field),
      ),
    );
  }
}

/** Open a day in the Energy dashboard, which keeps its period in the connection. */
async function openDay(hass, { year, month, day }) {
  goTo(ENERGY);
  const zone = hass.config.time_zone;
  // The Energy dashboard's days are those of the user's zone.
  const startOf =
    hass.locale?.time_zone === "server"
      ? (one) => new Date(midnight(year, month, one, zone))
      : (one) => new Date(year, month - 1, one);
  const start = startOf(day);
  const end = new Date(startOf(day + 1).getTime() - 1);
  for (let tries = 0; tries < 50; tries += 1) {
    await new Promise((done) => setTimeout(done, 100));
    const energy = hass.connection?.[ENERGY_COLLECTION];
    if (!energy?.setPeriod) continue;
    energy.setPeriod(start, end);
    energy.refresh?.();
    return;
  }
}
