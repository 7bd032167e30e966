/** A recorded frontend: the demo's plants Sonnenhof and Solarpark Süd, in English. */

import { readFileSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);
const INTEGRATION = new URL("custom_components/smartpvms/", ROOT);

const read = (path, base) => JSON.parse(readFileSync(new URL(path, base), "utf-8"));

/** Return a fresh `hass`, as much of it as the dashboard asks for. */
export function recorded() {
  return {
    ...read("registry.json", import.meta.url),
    locale: { language: "en" },
    user: { is_admin: true },
    config: { language: "en", time_zone: "America/Los_Angeles", currency: "USD" },
    callWS: async () => ({}),
    loadBackendTranslation: async () => localized,
  };
}

const backend = read("translations/en.json", INTEGRATION);

function localized(key, words = {}) {
  const text = key
    .split(".")
    .slice(2)
    .reduce((texts, part) => texts?.[part], backend);
  return text?.replace?.(/\{(\w+)\}/g, (whole, name) => words[name] ?? whole);
}

/** Let `fetch` read the modules' own files, as the browser does. */
export function serveFiles() {
  globalThis.fetch = async (url) => {
    try {
      const text = readFileSync(new URL(url), "utf-8");
      return { ok: true, json: async () => JSON.parse(text) };
    } catch {
      return { ok: false, status: 404 };
    }
  };
}

/** Return the ids of all entities and statistics that a view names. */
export function named(view) {
  const found = [];
  JSON.stringify(view, (key, value) => {
    if (["entity", "entity_id", "power", "today", "month", "problem"].includes(key)) {
      if (typeof value === "string") found.push(value);
    }
    return value;
  });
  // Words of a table are no entities.
  return [...new Set(found)].filter((id) => /^\w+[.:]\w+$/.test(id));
}

/** Return all cards of a view, those in cards too. */
export function cards(view) {
  const inside = (card) => [card, ...(card.elements ?? []).flatMap(inside)];
  return view.sections.flatMap((section) => section.cards.flatMap(inside));
}
