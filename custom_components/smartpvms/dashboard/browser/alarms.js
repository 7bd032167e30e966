/** A plant's active alarms with cause and suggestion, and the calm when there are none. */

import { WIDE, heading, isAbove, isBelow, onlyWhile, section, tile } from "./cards.js";

const SEVERITIES = ["critical", "major", "minor", "warning", "other"];
const LOUD = ["critical", "major"];

/** The card's own configuration is the template's `config`; `plain` is `escaped` of table.js. */
const TEMPLATE = `\
{%- macro plain(text) -%}
{%- for sign in text | regex_replace('[\\\\s\\\\x00-\\\\x1f\\\\x7f-\\\\x9f\\\\u202a-\\\\u202e\\\\u2066-\\\\u2069]+', ' ') | trim -%}
{{ sign if sign.isalnum() or sign in ' ,' else '&#' ~ (sign | ord) ~ ';' }}
{%- endfor -%}
{%- endmacro -%}
{%- set words = config.words -%}
{%- for alarm in state_attr(config.entity, 'alarms') or [] %}
<ha-alert alert-type="{{ 'error' if alarm.severity in config.loud else 'warning' }}" \
title="{{ plain(alarm.name) }}{{ ' · ' ~ plain(alarm.device) if alarm.device }}">
{{ words[alarm.severity] | default(alarm.severity) }}
{%- if alarm.raised_at %} · {{ words.since }} \
{{ as_local(as_datetime(alarm.raised_at)).strftime('%Y-%m-%d %H:%M') }}{% endif %}
{%- if alarm.cause %}<br><b>{{ words.cause }}:</b> {{ plain(alarm.cause) }}{% endif %}
{%- if alarm.suggestion %}<br><b>{{ words.suggestion }}:</b> {{ plain(alarm.suggestion) }}\
{% endif %}
</ha-alert>
{% endfor -%}
`;

/** Return the section; undefined where the plant's alarms were never listed. */
export function alarmSection(plant, texts) {
  const count = plant.find("active_alarms");
  if (!count) return undefined;
  const severities = SEVERITIES.map((state) => [state, texts.severity(state)]);
  const { cause, suggestion, since } = texts.own;
  return section([
    heading(texts.entity("active_alarms"), "mdi:alert"),
    onlyWhile(isAbove(count, 0), {
      type: "markdown",
      text_only: true,
      entity: count,
      loud: LOUD,
      words: { ...Object.fromEntries(severities), cause, suggestion, since },
      content: TEMPLATE,
    }),
    onlyWhile(
      isBelow(count, 1),
      tile(plant.find("highest_severity"), {
        name: texts.severity("none"),
        hide_state: true,
        icon: "mdi:check-circle",
        color: "green",
        grid_options: WIDE,
      }),
    ),
  ]);
}
