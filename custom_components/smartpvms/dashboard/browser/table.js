/**
 * A table of plants or devices, those with problems first, then by power.
 *
 * A template of the markdown card, which the server renders again when something has changed.
 * It looks at all states, not at single ones: that way Home Assistant renders it at most once
 * a minute, however many of a hundred plants change at the same time.
 */

/** The card's own configuration is the template's `config`. */
const TEMPLATE = `\
{%- set found = states | selectattr('entity_id', 'in', config.watched) | list -%}
{%- set known = dict(zip(found | map(attribute='entity_id') | list, found)) -%}
{%- set scale = {'W': 0.001, 'Wh': 0.001, 'MW': 1000, 'MWh': 1000} -%}
{%- set data = namespace(rows=[], power=0, energy=0, problems=0) -%}
{%- for row in config.rows -%}
{%- set power = known.get(row.power) -%}
{%- set energy = known.get(row.energy) -%}
{%- set problem = known.get(row.problem) -%}
{%- set kw = (power.state | float(0)) * scale.get(power.attributes.unit_of_measurement, 1) \
if power and power.state | is_number else none -%}
{%- set kwh = (energy.state | float(0)) * scale.get(energy.attributes.unit_of_measurement, 1) \
if energy and energy.state | is_number else none -%}
{%- set problems = (1 if problem.state == 'on' else problem.state | int(0)) \
if problem else 0 -%}
{%- set data.power = data.power + (kw or 0) -%}
{%- set data.energy = data.energy + (kwh or 0) -%}
{%- set data.problems = data.problems + problems -%}
{%- set data.rows = data.rows + [{'link': row.link, 'kw': kw, 'kwh': kwh, \
'problems': problems, 'order': -(kw or 0)}] -%}
{%- endfor -%}
{%- macro amount(value, unit) -%}
{%- if value is none -%} – {%- elif value | abs >= 10000 -%}
{{ '%.1f' | format(value / 1000) }} M{{ unit }}
{%- else -%} {{ ('%.0f' if value | abs >= 1000 else '%.1f') | format(value) }} k{{ unit }}
{%- endif -%}
{%- endmacro -%}
| {{ config.words.name }} | {{ config.words.power }} | {{ config.words.energy }} \
| {{ config.words.problems }} |
|:--|--:|--:|:-:|
{%- for row in data.rows | sort(attribute='order') | sort(attribute='problems', reverse=true) %}
| {{ row.link }} | {{ amount(row.kw, 'W') }} | {{ amount(row.kwh, 'Wh') }} \
| {{ '⚠️ ' ~ row.problems if row.problems else '✓' }} |
{%- endfor %}
| **{{ config.words.total }}** | **{{ amount(data.power, 'W') }}** \
| **{{ amount(data.energy, 'Wh') }}** | {{ data.problems or '✓' }} |
`;

/**
 * Return the card.
 *
 * rows: `name`, `path` (where it leads), and the entities `power`, `energy`, `problem`
 * as far as there are; words: the columns' names and `total`.
 */
export function table(rows, words) {
  const entities = rows.flatMap(({ power, energy, problem }) => [power, energy, problem]);
  return {
    type: "markdown",
    rows: rows.map(({ name, path, ...row }) => ({
      link: `[${escaped(name)}](${path})`,
      ...row,
    })),
    words,
    watched: Object.fromEntries(entities.filter(Boolean).map((entity) => [entity, true])),
    content: TEMPLATE,
    grid_options: { columns: "full" },
  };
}

/** Return a name that Markdown shows as it is. */
export function escaped(name) {
  return name.replace(/[\\`*_[\]<>|~&#]/g, (sign) => `&#${sign.codePointAt(0)};`);
}
