/**
 * A table of plants or devices, those with problems first, then by power.
 *
 * A template of the markdown card, which the server renders again when something has changed.
 * It looks at all states, not at single ones: that way Home Assistant renders it at most once
 * a minute, however many of a hundred plants change at the same time.
 */

import { WIDE } from "./cards.js";

const ENTITIES = ["power", "today", "month", "problem"];

/** The card's own configuration is the template's `config`. */
const TEMPLATE = `\
{%- set found = states | selectattr('entity_id', 'in', config.watched) | list -%}
{%- set known = dict(zip(found | map(attribute='entity_id') | list, found)) -%}
{%- set scale = {'W': 0.001, 'Wh': 0.001, 'MW': 1000, 'MWh': 1000} -%}
{%- macro value(entity) -%}
{%- set state = known.get(entity) -%}
{%- if state and state.state | is_number -%}
{{ state.state | float * scale.get(state.attributes.unit_of_measurement, 1) }}
{%- endif -%}
{%- endmacro -%}
{%- macro amount(value, unit) -%}
{%- if value is not number -%} – {%- elif value | abs >= 10000 -%}
{{ '%.1f' | format(value / 1000) }}&nbsp;M{{ unit }}
{%- else -%}
{{ ('%.0f' if value | abs >= 1000 else '%.1f') | format(value) }}&nbsp;k{{ unit }}
{%- endif -%}
{%- endmacro -%}
{%- set data = namespace(rows=[], power=0, today=0, month=0, problems=0) -%}
{%- for row in config.rows -%}
{%- set problem = known.get(row.problem) -%}
{%- set problems = 0 if not problem else 1 if problem.state == 'on' \
else problem.state | int(0) -%}
{%- set calm = problem and problem.state in ['0', 'off'] -%}
{%- set power = value(row.power) | float('') -%}
{%- set today = value(row.today) | float('') -%}
{%- set month = value(row.month) | float('') -%}
{%- set data.power = data.power + (power or 0) -%}
{%- set data.today = data.today + (today or 0) -%}
{%- set data.month = data.month + (month or 0) -%}
{%- set data.problems = data.problems + problems -%}
{%- set data.rows = data.rows + [{'link': row.link, 'power': power, 'today': today, \
'month': month, 'problems': problems, 'calm': calm, 'order': -(power or 0)}] -%}
{%- endfor -%}
<table width="100%">
<tr><td><b>{{ config.words.name }}</b></td>\
<td align="center"><ha-icon icon="mdi:alert-outline"></ha-icon></td>\
<td align="right"><b>{{ config.words.power }}</b></td>\
<td align="right"><b>{{ config.words.today }}</b></td>\
{% if config.words.month %}<td align="right"><b>{{ config.words.month }}</b></td>{% endif %}</tr>
{%- for row in data.rows | sort(attribute='order') | sort(attribute='problems', reverse=true) %}
<tr><td>{{ row.link }}</td>\
<td align="center">{% if row.problems %}<font color="#db4437"><b>{{ row.problems }}</b></font>\
{% elif row.calm %}<font color="#43a047"><ha-icon icon="mdi:check"></ha-icon></font>{% endif %}</td>\
<td align="right">{{ amount(row.power, 'W') }}</td>\
<td align="right">{{ amount(row.today, 'Wh') }}</td>\
{% if config.words.month %}<td align="right">{{ amount(row.month, 'Wh') }}</td>{% endif %}</tr>
{%- endfor %}
<tr><td><b>{{ config.words.total }}</b></td>\
<td align="center"><b>{{ data.problems or '' }}</b></td>\
<td align="right"><b>{{ amount(data.power, 'W') }}</b></td>\
<td align="right"><b>{{ amount(data.today, 'Wh') }}</b></td>\
{% if config.words.month %}\
<td align="right"><b>{{ amount(data.month, 'Wh') }}</b></td>{% endif %}</tr>
</table>
`;

/**
 * Return the card.
 *
 * rows: `name`, `path` (where it leads), and the entities `power`, `today`, `month` and
 * `problem` as far as there are; words: `name`, `power`, `today`, `total` and, where there is
 * room for its column, `month`.
 */
export function table(rows, words) {
  const watched = rows.flatMap((row) => ENTITIES.map((key) => row[key])).filter(Boolean);
  return {
    type: "markdown",
    rows: rows.map((row) => ({
      link: `<a href="${row.path}">${escaped(row.name)}</a>`,
      // A template may not ask for what is not there.
      ...Object.fromEntries(ENTITIES.map((key) => [key, row[key] ?? null])),
    })),
    words: { month: "", ...words },
    watched: Object.fromEntries(watched.map((entity) => [entity, true])),
    content: TEMPLATE,
    grid_options: WIDE,
  };
}

/**
 * Return what a server or a user wrote as plain text in Markdown and HTML.
 *
 * The same rule as `escaped` in `account/wording.py`. White space and control characters, those
 * that turn the direction of text too, are one space.
 */
export function escaped(text) {
  return text
    .replace(/[\p{Z}\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trim()
    .replace(/[^\p{L}\p{N} ,]/gu, (sign) => `&#${sign.codePointAt(0)};`);
}
