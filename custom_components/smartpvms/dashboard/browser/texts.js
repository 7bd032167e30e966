/**
 * Texts in the user's language: the dashboard's own, and the integration's.
 *
 * The own ones are in `texts/`, one file per language, and follow the English one.
 */

const FALLBACK = "en";
/** All languages: the rules of the project compare the integration's texts with it. */
export const LANGUAGES = [
  "cs",
  "de",
  "en",
  "es",
  "fr",
  "hu",
  "it",
  "ja",
  "nl",
  "pl",
  "pt",
  "pt-BR",
  "ro",
  "sv",
  "tr",
  "zh-Hans",
];
const files = new Map();

/** Return the language's file, or the one that is nearest to it. */
export function fileOf(language) {
  const wanted = String(language || FALLBACK);
  const [base] = wanted.split("-");
  return [wanted, base].find((name) => LANGUAGES.includes(name)) ?? FALLBACK;
}

/** Return the dashboard's own texts; in English where they cannot be loaded. */
export async function ownTexts(language) {
  const name = fileOf(language);
  if (!files.has(name)) files.set(name, load(name));
  try {
    return await files.get(name);
  } catch (error) {
    files.delete(name);
    if (name === FALLBACK) throw error;
    return ownTexts(FALLBACK);
  }
}

async function load(name) {
  const answer = await fetch(new URL(`texts/${name}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`texts/${name}.json: HTTP ${answer.status}`);
  return answer.json();
}

/** What a power is called while it is positive, and while it is negative. */
const FLOWS = {
  pv_power: ["solar", "solar"],
  house_consumption: ["house", "house"],
  grid_power: ["importing", "feeding_in"],
  battery_power: ["discharging", "charging"],
};
const NAMES = { pv_power: "solar", house_consumption: "house", grid_power: "grid", battery_power: "battery" };

/**
 * Return all texts of a dashboard: `own`, `entity(key, domain)` and `severity(state)` as the
 * entities are called, `directed(direction, name)` a name with which way is positive,
 * `series(key)` as the statistics are, `say(key, words)` an own text with words in its braces,
 * `labelled(label, text)` a label before a text, with the colon as the language writes it,
 * `flow(key, value)` a power by its direction, `action(key)` and `field(action, key)` as the
 * actions and their fields are.
 */
export async function textsOf(hass) {
  const [own, entities, selectors, services] = await Promise.all([
    ownTexts(hass.locale?.language ?? hass.language),
    hass.loadBackendTranslation("entity", "smartpvms"),
    hass.loadBackendTranslation("selector", "smartpvms"),
    hass.loadBackendTranslation("services", "smartpvms"),
  ]);
  const component = "component.smartpvms";
  const actions = `${component}.services`;
  const entity = `${component}.entity`;
  return {
    own,
    entity: (key, domain = "sensor") => entities(`${entity}.${domain}.${key}.name`) || key,
    directed: (direction, name) => entities(`${entity}.sensor.${direction}.name`, { name }) || name,
    severity: (state) => entities(`${entity}.sensor.highest_severity.state.${state}`) || state,
    say: (key, words) => said(own[key], words),
    labelled: (label, text) => said(own.labelled, { label, text }),
    flow: (key, value) => own[value ? FLOWS[key][value < 0 ? 1 : 0] : NAMES[key]],
    series: (key) => selectors(`${component}.selector.series.options.${key}`) || key,
    action: (key) => services(`${actions}.${key}.name`) || key,
    field: (key, name) => services(`${actions}.${key}.fields.${name}.name`) || name,
  };
}

/** Return the user's language; `hass` is not there yet while the page loads. */
export function language() {
  const kept = localStorage.getItem("selectedLanguage");
  return (kept && JSON.parse(kept)) || document.documentElement.lang || navigator.language;
}

/** Return a text with words in the place of their names in braces. */
export function said(text, words) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => words[name] ?? whole);
}
