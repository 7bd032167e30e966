/**
 * The card with a table of plants or inverters, those with problems first.
 *
 * Config: `kind`, a key of TABLES; `plants` or `plant`; `month`: with its column.
 */

import { Card, element, icon, link } from "./elements.js";
import { COLOR, ICON } from "./health.js";
import { NOTHING, SPECIFIC, writer } from "./numbers.js";
import { TABLES, ranked, summed } from "./ranking.js";

const ALWAYS = ["power", "today"];

export class Table extends Card {
  static STYLE = `
ha-card { overflow-x: auto; container-type: inline-size; }
table { width: 100%; border-collapse: collapse; font-size: 14px;
  font-variant-numeric: tabular-nums; }
th { font-weight: 400; color: var(--secondary-text-color); text-align: end; padding: 4px 0 4px 10px; }
th:first-child { text-align: start; padding-inline-start: 0; }
td { text-align: end; padding: 7px 0 7px 10px; white-space: nowrap; vertical-align: middle; }
td:first-child { text-align: start; padding-inline-start: 0; white-space: normal;
  overflow-wrap: anywhere; min-width: 7.5em; }
tr + tr td { border-top: 1px solid var(--divider-color); }
td a { display: flex; align-items: center; gap: 8px; font-weight: 500; }
ha-icon { --mdc-icon-size: 20px; flex: none; }
.track { display: block; height: 4px; margin-top: 3px; border-radius: 2px; min-width: 56px;
  background: var(--divider-color); }
.track span { display: block; height: 100%; border-radius: 2px; background: #ff9800; }
.total td { font-weight: 500; }
@container (max-width: 330px) {
  table { font-size: 13px; }
  td, th { padding-inline-start: 6px; }
  td a { gap: 4px; }
  .track { min-width: 48px; }
}
`;
  /** A hundred plants change one after the other. */
  static PAUSE = 5000;

  watched(hass) {
    if (this.followed?.entities !== hass.entities) {
      const ids = TABLES[this.config.kind].watched(hass, this.config).filter(Boolean);
      this.followed = { entities: hass.entities, ids };
    }
    return this.followed.ids;
  }

  draw() {
    const { hass, config, texts } = this;
    const rows = ranked(TABLES[config.kind].rows(hass, config));
    if (!rows.length) return [];
    const write = writer(hass);
    const columns = [
      ...ALWAYS,
      ...(rows.some(({ specific }) => specific !== undefined) ? ["specific"] : []),
      ...(config.month ? ["month"] : []),
    ];
    const heads = {
      power: texts.own.power,
      today: texts.own.today,
      specific: SPECIFIC,
      month: texts.own.this_month,
    };
    const best = Math.max(...rows.map(({ specific = 0 }) => specific));
    const head = columns.map((key) => element("th", { scope: "col" }, heads[key]));
    const names = { plants: texts.own.plant, inverters: texts.own.inverters };
    return element(
      "ha-card",
      {},
      element(
        "table",
        {},
        element("tr", {}, element("th", { scope: "col" }, names[config.kind]), head),
        rows.map((row) => this.row(row, columns, best, write)),
        rows.length > 1 && this.total(rows, columns, write),
      ),
    );
  }

  row(row, columns, best, write) {
    const mark = icon(ICON[row.level]);
    mark.setAttribute("style", `color:${COLOR[row.level]}`);
    const share = Math.round(((row.specific ?? 0) / (best || 1)) * 100);
    const bar = element("span", { class: "track" }, element("span", { style: `width:${share}%` }));
    const cell = (key) =>
      element("td", {}, amount(key, row[key], write), key === "specific" && bar);
    return element(
      "tr",
      {},
      element("td", {}, link(row.path, {}, mark, element("span", {}, row.name))),
      columns.map(cell),
    );
  }

  /** A sum of which a part is missing is at least so much. */
  total(rows, columns, write) {
    const cell = (key) => {
      if (key === "specific") return element("td", {}, this.mean(rows, write));
      const { value, isPartial } = summed(rows, key);
      return element("td", {}, `${isPartial ? "≥\u00a0" : ""}${amount(key, value, write)}`);
    };
    const name = element("td", {}, this.texts.own.total);
    return element("tr", { class: "total" }, name, columns.map(cell));
  }

  mean(rows, write) {
    const [today, capacity] = ["today", "capacity"].map((key) => summed(rows, key));
    const isKnown = !today.isPartial && !capacity.isPartial && capacity.value;
    return isKnown ? compared(today.value / capacity.value, write) : NOTHING;
  }
}

/** Numbers below each other have as many places as one another. */
const compared = (value, write) =>
  write.number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function amount(key, value, write) {
  if (value === undefined) return NOTHING;
  if (key === "specific") return compared(value, write);
  return key === "power" ? write.power(value) : write.energy(value);
}
