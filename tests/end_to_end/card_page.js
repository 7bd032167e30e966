/** A page with power flows and nothing else: Home Assistant is what this file has of it. */

import "/modules/power-flow.js";

const HOUSE = "sensor.sonnenhof_";
const HOUR = 3_600_000;

customElements.define("ha-card", class extends HTMLElement {});

/** Return a frontend with these powers (kW); `more` has what is not as always. */
function frontend(registry, { powers, soc, age = 1, night, created_at, dark, language, issues = [] }) {
  const hass = {
    ...structuredClone(registry),
    locale: { language, number_format: "language", time_format: "24" },
    themes: { darkMode: dark },
    user: { is_admin: true },
    connection: {},
    callWS: async () => ({ issues }),
    loadBackendTranslation: async () => (key) => `The title of ${key.split(".").at(-2)}`,
  };
  const put = (id, state, attributes = {}) => {
    hass.states[id] = { entity_id: id, state: String(state), attributes };
  };
  for (const [key, state] of Object.entries(powers)) {
    put(HOUSE + key, state, { unit_of_measurement: "kW", installed_capacity: 10.6 });
  }
  if (soc !== undefined) put("sensor.battery_1_state_of_charge", soc);
  const at = age === null ? "unknown" : new Date(Date.now() - age * 60_000).toISOString();
  put(`${HOUSE}last_data`, at, { interval: 300 });
  put("sun.sun", night ? "below_horizon" : "above_horizon");
  Object.assign(hass.devices.sonnenhof, { config_entries: ["entry"], created_at });
  return hass;
}

/** Show a card for each state, in the place of those before. */
window.show = async (registry, states) => {
  const cards = states.map((state) => {
    const card = document.createElement("smartpvms-power-flow");
    card.setConfig({ type: "custom:smartpvms-power-flow", plant: "sonnenhof", ...state.config });
    card.hass = frontend(registry, state);
    card.style.width = `${state.width ?? 400}px`;
    return card;
  });
  document.documentElement.lang = states[0].language;
  document.body.className = states[0].dark ? "dark" : "";
  document.querySelector("main").replaceChildren(...cards);
  window.cards = cards;
  await new Promise((done) => setTimeout(done, 0));
};

/** Hand a frontend with another state over, and return how many changes that made. */
window.change = async (id, state) => {
  const [card] = window.cards;
  let changes = 0;
  const observer = new MutationObserver((records) => (changes += records.length));
  const everything = { subtree: true, childList: true, characterData: true, attributes: true };
  observer.observe(card.shadowRoot, everything);
  observer.observe(card, { attributes: true });
  const before = card._hass;
  const known = before.states[id] ?? { entity_id: id, attributes: {} };
  card.hass = { ...before, states: { ...before.states, [id]: { ...known, state } } };
  await new Promise((done) => setTimeout(done, 0));
  observer.disconnect();
  return changes;
};

window.texts = () =>
  window.cards.map(({ shadowRoot }) => ({
    said: shadowRoot.querySelector(".stage").getAttribute("aria-label"),
    shown: [...shadowRoot.querySelectorAll(".notice:not([hidden]), .node:not([hidden]), .age:not([hidden])")]
      .map((part) => part.innerText.replace(/\s+/g, " ").trim()),
    link: shadowRoot.querySelector("a:not([hidden])")?.getAttribute("href"),
  }));
