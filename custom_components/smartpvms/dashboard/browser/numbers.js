/**
 * Numbers, amounts, dates and times as the user writes them.
 *
 * The profile of Home Assistant says how: `hass.locale` and the server's time zone.
 */

const FORMATS = {
  comma_decimal: ["en-US", "en"],
  decimal_comma: ["de", "es", "it"],
  space_comma: ["fr", "sv", "cs"],
  quote_decimal: ["de-CH"],
  system: undefined,
};
/** What a unit is in W, Wh and so on; the prefix of thousands that this dashboard shows is k. */
const SCALE = { W: 0.001, Wh: 0.001, MW: 1000, MWh: 1000, GWh: 1e6, GW: 1e6 };
/** From so many kilo on, an amount is told in mega. */
const MANY = 10_000;
const MEGA = { kW: "MW", kWh: "MWh" };
const UNKNOWN = ["unknown", "unavailable", ""];
const DIGITS = 3;
/** Rows: milliseconds of a unit of time, its name. */
const TIMES = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
];

/** What is shown where there is no number. */
export const NOTHING = "–";

/** The unit of energy by installed power, which compares plants. */
export const SPECIFIC = "kWh/kWp";

/** Return the number of a state in kW, kWh or its own unit; undefined where there is none. */
export function numberOf(state) {
  if (!state || UNKNOWN.includes(state.state)) return undefined;
  const value = Number(state.state);
  if (!Number.isFinite(value)) return undefined;
  return value * (SCALE[state.attributes.unit_of_measurement] ?? 1);
}

const writers = new Map();

/** Return a format of `Intl`. Making one costs more than using it, for a hundred cards. */
function made(kind, locales, options) {
  const key = JSON.stringify([kind, locales, options]);
  if (!writers.has(key)) writers.set(key, new Intl[kind](locales, options));
  return writers.get(key);
}

/** Return how a user writes things; `hass` as the frontend has it. */
export function writer(hass) {
  const { language = "en", number_format: format = "language" } = hass.locale ?? {};
  const zone = hass.config?.time_zone;
  const timeZone = hass.locale?.time_zone === "local" ? undefined : zone;
  const numbers = format in FORMATS ? FORMATS[format] : format === "none" ? "en-US" : language;
  const hourCycle = { 12: "h12", 24: "h23" }[hass.locale?.time_format];
  const number = (value, options) =>
    made("NumberFormat", numbers, { useGrouping: format === "none" ? false : "auto", ...options }).format(value);
  // A plant's days are the server's; a moment is told in the zone that the user has chosen.
  const date = (time, options) =>
    made("DateTimeFormat", language, { timeZone: zone, ...options }).format(time);

  /** Return three digits that count, and none behind the point from 100 on. */
  function short(value) {
    const places = value ? DIGITS - 1 - Math.floor(Math.log10(Math.abs(value) + 1e-9)) : 0;
    const kept = Math.min(Math.max(places, 0), DIGITS - 1);
    // What rounds to nothing has no sign.
    const isNothing = Number(value.toFixed(kept)) === 0;
    return number(isNothing ? 0 : value, { maximumFractionDigits: kept });
  }

  function amount(value, unit) {
    if (value === undefined || value === null || Number.isNaN(value)) return NOTHING;
    return Math.abs(value) >= MANY
      ? `${short(value / 1000)}\u00a0M${unit}`
      : `${short(value)}\u00a0k${unit}`;
  }

  return {
    number,
    short,
    date,
    energy: (value) => amount(value, "Wh"),
    power: (value) => amount(value, "W"),
    axis: (levels, unit) => axis(number, levels, unit),
    percent: (value) =>
      number(value / 100, { style: "percent", maximumFractionDigits: 0 }),
    money: (value, currency) => written(number, value, currency),
    hour: (time) => date(time, { hour: "numeric", hourCycle }),
    clock: (time) => date(time, { hour: "numeric", minute: "2-digit", hourCycle }),
    day: (time) => date(time, { weekday: "short", day: "numeric", month: "short" }),
    fullDay: (time) => date(time, { day: "numeric", month: "long", year: "numeric" }),
    month: (time) => date(time, { month: "long" }),
    moment: (time) =>
      date(time, { timeZone, day: "numeric", month: "short", hour: "numeric", minute: "2-digit", hourCycle }),
    ago: (time, now = Date.now()) => ago(language, time, now),
  };
}

/** Return the unit of an axis and how its marks are written: all of them in one unit. */
function axis(number, levels, unit) {
  const isMany = Math.max(...levels.map(Math.abs)) >= MANY;
  const mega = isMany && MEGA[unit];
  if (mega) return { unit: mega, label: (value) => number(value / 1000) };
  const options = isMany ? { notation: "compact", maximumFractionDigits: 2 } : {};
  return { unit, label: (value) => number(value, options) };
}

/** Return an amount of money; the unit of a sensor may be no currency. */
function written(number, value, currency) {
  if (value === undefined) return NOTHING;
  const digits = Math.abs(value) >= 1000 ? 0 : 2;
  const options = { maximumFractionDigits: digits, minimumFractionDigits: digits };
  try {
    return number(value, { style: "currency", currency, ...options });
  } catch {
    return `${number(value, options)}\u00a0${currency}`;
  }
}

function ago(language, time, now) {
  // A clock that is ahead, the server's or the browser's, makes no future of what has happened.
  const passed = Math.min(time - now, 0);
  const found = TIMES.find(([size]) => Math.abs(passed) >= size) ?? TIMES.at(-1);
  const [size, unit] = found;
  const format = made("RelativeTimeFormat", language, { numeric: "auto" });
  return format.format(Math.trunc(passed / size), unit);
}

/** Return year, month (1 to 12), day and hour of a time in a time zone. */
export function partsOf(time, timeZone) {
  const options = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric" };
  const format = formatOf(timeZone, { ...options, minute: "numeric", second: "numeric" });
  const found = format.formatToParts(time).map(({ type, value }) => [type, Number(value)]);
  return Object.fromEntries(found);
}

const formats = new Map();

/** Making a format costs more than using one: a calendar needs thousands of dates. */
function formatOf(timeZone, options) {
  if (!formats.has(timeZone)) {
    const all = { timeZone, hourCycle: "h23", ...options };
    formats.set(timeZone, new Intl.DateTimeFormat("en-US", all));
  }
  return formats.get(timeZone);
}

/** Return when a day begins in a time zone; months beyond 12 and days beyond 31 count on. */
export function midnight(year, month, day, timeZone) {
  const wanted = Date.UTC(year, month - 1, day);
  let time = wanted;
  // The offset at the guess, then at the better one: once is not enough beside a clock change.
  for (let step = 0; step < 2; step += 1) {
    const { year: y, month: m, day: d, hour, minute, second } = partsOf(time, timeZone);
    time += wanted - Date.UTC(y, m - 1, d, hour, minute, second);
  }
  return time;
}

/** Return when the day of a time begins; `days`: so many days later. */
export function dayStart(time, timeZone, days = 0) {
  const { year, month, day } = partsOf(time, timeZone);
  return midnight(year, month, day + days, timeZone);
}
