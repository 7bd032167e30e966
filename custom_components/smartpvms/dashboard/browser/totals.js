/** The card of what a plant has given this month, this year and in its life. */

import { Card, element } from "./elements.js";
import { NOTHING, writer } from "./numbers.js";
import { SPANS, sumEntities, sumsOf } from "./sums.js";
import { currencyOf, todayEntity } from "./today.js";

export class Totals extends Card {
  static STYLE = `
table { width: 100%; border-collapse: collapse; font-size: 14px;
  font-variant-numeric: tabular-nums; }
th { font-weight: 400; color: var(--secondary-text-color); text-align: end;
  padding: 2px 0 2px 8px; }
th[scope="row"] { text-align: start; color: var(--primary-text-color); padding-inline-start: 0; }
td { text-align: end; padding: 3px 0 3px 8px; white-space: nowrap; }
ha-card { container-type: inline-size; overflow-x: auto; }
@container (max-width: 390px) {
  table { font-size: 13px; }
  td, th[scope="col"] { padding-inline-start: 6px; }
}
@container (max-width: 330px) {
  table { font-size: 12px; }
}
tr + tr th, tr + tr td { border-top: 1px solid var(--divider-color); }
`;
  static PAUSE = 30_000;

  watched() {
    const { plant } = this;
    if (!plant) return [];
    const today = todayEntity(plant, "pv_energy");
    return [today, ...plant.findAll(["history_import"]), ...sumEntities(plant)].filter(Boolean);
  }

  async draw() {
    const { hass, plant, texts } = this;
    const rows = plant ? await sumsOf(hass, plant) : [];
    return rows.length ? element("ha-card", {}, this.table(rows, texts, writer(hass))) : [];
  }

  table(rows, texts, write) {
    const currency = currencyOf(this.hass, this.plant);
    const amount = {
      energy: write.energy,
      money: (value) => write.money(value, currency),
      unit: (value, unit) => `${write.short(value)}${unit ? `\u00a0${unit}` : ""}`,
    };
    const heads = { month: "this_month", year: "this_year", total: "lifetime" };
    const spans = SPANS.filter((span) => rows.some(({ values }) => values[span] !== undefined));
    const head = spans.map((span) => element("th", { scope: "col" }, texts.own[heads[span]]));
    const cell = ({ kind, values, unit }, span) =>
      element("td", {}, values[span] === undefined ? NOTHING : amount[kind](values[span], unit));
    const body = rows.map((row) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, texts.own[row.name] ?? texts.series(row.name)),
        spans.map((span) => cell(row, span)),
      ),
    );
    return element("table", {}, element("tr", {}, element("td"), head), body);
  }
}
