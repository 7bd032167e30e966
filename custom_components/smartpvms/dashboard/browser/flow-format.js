/** Numbers and times as the user has chosen them in the profile. */

/** Locales by the profile's number format, as the frontend has them. */
const NUMBER_LOCALES = {
  comma_decimal: ["en-US", "en"],
  decimal_comma: ["de", "es", "it"],
  space_comma: ["fr", "sv", "cs"],
  quote_decimal: ["de-CH"],
  none: ["en-US", "en"],
  system: undefined,
};
/** Units of power in kW. */
const KILOWATTS = { mW: 1e-6, W: 1e-3, kW: 1, MW: 1e3, GW: 1e6, TW: 1e9 };
const SIGNIFICANT = 3;
/** A number and its unit stay on one line. */
const SPACE = "\u00a0";
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// They take longer to make than to use, and there may be a hundred cards.
const made = new Map();

function once(kind, locales, options) {
  const key = JSON.stringify([kind, locales, options]);
  if (!made.has(key)) made.set(key, new Intl[kind](locales, options));
  return made.get(key);
}

const languageOf = (hass) => hass.locale?.language || hass.language || "en";

/** Return a number with three significant digits. */
export function number(hass, value) {
  const format = hass.locale?.number_format;
  const locales = format in NUMBER_LOCALES ? NUMBER_LOCALES[format] : languageOf(hass);
  return once("NumberFormat", locales, {
    maximumSignificantDigits: SIGNIFICANT,
    useGrouping: format !== "none",
  }).format(value);
}

/** Return a state's power in kW, undefined where it is none. */
export function kilowatts(state) {
  const value = state && state.state !== "" ? Number(state.state) : NaN;
  const factor = KILOWATTS[state?.attributes.unit_of_measurement ?? "kW"];
  return Number.isFinite(value) && factor ? value * factor : undefined;
}

/** Return a power, or the power of modules at their peak (`peak`: "p"), in a fitting unit. */
export function power(hass, value, peak = "") {
  // What rounds to 1,000 has the next unit, too.
  const size = Number(Math.abs(value).toPrecision(SIGNIFICANT));
  const [factor, unit] =
    size < 1 && !peak ? [1e3, "W"] : size >= 1e3 ? [1e-3, "MW"] : [1, "kW"];
  const scaled = unit === "W" ? Math.round(value * factor) : value * factor;
  return `${number(hass, scaled)}${SPACE}${unit}${peak}`;
}

/** Return a share from 0 to 1 in percent, without decimals. */
export function percent(hass, share) {
  return `${number(hass, Math.round(share * 100))}${SPACE}%`;
}

/** Return how long ago something was, given in seconds. */
export function ago(hass, seconds) {
  const format = once("RelativeTimeFormat", languageOf(hass), { numeric: "auto" });
  if (seconds < MINUTE) return format.format(0, "second");
  const [size, unit] =
    seconds < HOUR ? [MINUTE, "minute"] : seconds < DAY ? [HOUR, "hour"] : [DAY, "day"];
  return format.format(-Math.floor(seconds / size), unit);
}

/** Return a moment (a Date): the time alone if it was today. */
export function moment(hass, at, now) {
  const { time_format, time_zone } = hass.locale ?? {};
  const zone = {
    ...(time_zone === "server" && { timeZone: hass.config?.time_zone }),
  };
  const locales = time_format === "system" ? undefined : languageOf(hass);
  const time = {
    hour: "numeric",
    minute: "2-digit",
    ...(time_format === "12" && { hour12: true }),
    ...(time_format === "24" && { hourCycle: "h23" }),
    ...zone,
  };
  const day = (date) => once("DateTimeFormat", "en", { dateStyle: "short", ...zone }).format(date);
  const date = day(at) === day(now) ? {} : { day: "numeric", month: "short" };
  return once("DateTimeFormat", locales, { ...date, ...time }).format(at);
}
