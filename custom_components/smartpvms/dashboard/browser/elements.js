/**
 * What the cards of this dashboard have in common: elements without markup, and a card.
 *
 * Texts from outside are only ever set as text: no card writes HTML.
 */

import { plantOf } from "./registry.js";
import { textsOf } from "./texts.js";

const SVG = "http://www.w3.org/2000/svg";
const MINUTE = 60_000;

/** Return an element; children: elements, texts, and lists of them, what is not there left out. */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Return an element of a picture. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  const nothing = [undefined, null, false];
  const found = children.flat(3).filter((child) => !nothing.includes(child));
  made.append(...found);
  return made;
}

/**
 * Return what a server or a user wrote on one line.
 *
 * White space and control characters, those that turn the direction of text too, are one space.
 */
export const plain = (text) =>
  String(text)
    .replace(/[\p{Z}\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trim();

/** Return one of Home Assistant's icons, which says nothing to a screen reader. */
export const icon = (name) => element("ha-icon", { icon: name, "aria-hidden": "true" });

/** Open what Home Assistant knows of an entity. */
export function showMore(from, entityId) {
  const detail = { entityId };
  from.dispatchEvent(
    new CustomEvent("hass-more-info", { bubbles: true, composed: true, detail }),
  );
}

/** Go to a page of Home Assistant without loading it anew. */
export function goTo(path) {
  history.pushState(null, "", path);
  const detail = { replace: false };
  window.dispatchEvent(new CustomEvent("location-changed", { bubbles: true, detail }));
}

/** Return a link that goes there without loading the page anew. */
export function link(path, attributes, ...children) {
  const onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    goTo(path);
  };
  return element("a", { href: path, onclick, ...attributes }, ...children);
}

const languages = new Map();

/** Return the texts in the user's language; asked for once for all cards. */
function textsIn(hass) {
  const language = hass.locale?.language ?? hass.language;
  if (!languages.has(language)) {
    const found = textsOf(hass);
    found.catch(() => languages.delete(language));
    languages.set(language, found);
  }
  return languages.get(language);
}

/**
 * A card of this dashboard about one plant (`plant`: its device id).
 *
 * A subclass has `watched(hass)`, the entities it shows; `draw()`, which returns what is in
 * the card, and may be asynchronous; and STYLE. It is drawn anew when a watched state, the
 * language or the theme has changed, and once a minute for what tells an age.
 */
export class Card extends HTMLElement {
  static STYLE = "";
  /** Milliseconds between two drawings at least. */
  static PAUSE = 1000;
  /** Home Assistant takes a hidden card out of the page, where it would stay hidden. */
  connectedWhileHidden = true;

  setConfig(config) {
    this.config = config;
    this.seen = undefined;
    this.changed();
  }

  set hass(hass) {
    this.given = hass;
    this.changed();
  }

  get hass() {
    return this.given;
  }

  get plant() {
    return plantOf(this.given, this.config.plant);
  }

  connectedCallback() {
    // A card without style has no width, which a picture asks for.
    if (!this.shadowRoot) {
      const style = element("style", {}, BASE, this.constructor.STYLE);
      this.attachShadow({ mode: "open" }).append(style);
    }
    this.clock = setInterval(() => this.drawSoon(), MINUTE);
    this.drawSoon();
  }

  disconnectedCallback() {
    clearInterval(this.clock);
  }

  getCardSize() {
    return 4;
  }

  getGridOptions() {
    return { columns: "full" };
  }

  /** Return the ids of the entities that the card shows. */
  watched() {
    return [];
  }

  changed() {
    if (!this.given || !this.config) return;
    const { given } = this;
    const states = this.watched(given).map((id) => given.states[id]);
    const { locale, entities, devices, themes, config } = given;
    const seen = [locale, entities, devices, themes, config?.state, ...states];
    const same =
      this.seen?.length === seen.length && seen.every((value, at) => value === this.seen[at]);
    if (same) return;
    this.seen = seen;
    this.drawSoon();
  }

  drawSoon() {
    if (this.waiting || !this.given || !this.config || !this.isConnected) return;
    const passed = Date.now() - (this.drawnAt ?? 0);
    const pause = Math.max(0, this.constructor.PAUSE - passed);
    this.waiting = setTimeout(async () => {
      this.drawnAt = Date.now();
      try {
        await this.drawNow();
      } finally {
        this.waiting = undefined;
      }
    }, pause);
  }

  async drawNow() {
    this.texts = await textsIn(this.given);
    const content = await this.draw();
    const [style] = this.shadowRoot.childNodes;
    const found = [content].flat(2).filter(Boolean);
    const value = found.length > 0;
    const isSame = value === (this.isShown ?? true);
    this.shadowRoot.replaceChildren(style, ...found);
    // A card with nothing to say takes no room; Home Assistant wants to know.
    if (isSame) return;
    this.isShown = value;
    this.toggleAttribute("hidden", !value);
    this.dispatchEvent(
      new CustomEvent("card-visibility-changed", { detail: { value }, bubbles: true, composed: true }),
    );
  }
}

const BASE = `
:host { display: block; }
:host([hidden]) { display: none; }
a { color: inherit; text-decoration: none; }
a:focus-visible, button:focus-visible, summary:focus-visible {
  outline: 2px solid var(--primary-color); outline-offset: 2px; border-radius: 4px; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0;
  cursor: pointer; text-align: inherit; }
ha-card { padding: 12px 16px; }
.pale { color: var(--secondary-text-color); }
`;
