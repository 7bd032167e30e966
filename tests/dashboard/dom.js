/** As much of a browser's document as the cards use, for tests in Node. */

class Fake {
  constructor(tag = "") {
    this.tag = tag;
    this.attributes = {};
    this.childNodes = [];
    this.listeners = {};
    this.clientWidth = 600;
    this.isConnected = true;
  }

  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }

  toggleAttribute(name, on) {
    if (on) this.attributes[name] = "";
    else delete this.attributes[name];
  }

  append(...children) {
    this.childNodes.push(...children);
  }

  replaceChildren(...children) {
    this.childNodes = children;
  }

  addEventListener(name, listener) {
    this.listeners[name] = listener;
  }

  dispatchEvent(event) {
    this.dispatched = event;
  }

  attachShadow() {
    this.shadowRoot = new Fake("#shadow");
    return this.shadowRoot;
  }

  remove() {}

  focus() {}
}

class Observer {
  constructor(seen) {
    this.seen = seen;
  }

  observe() {
    this.seen([{ isIntersecting: true }]);
  }

  disconnect() {}
}

/** Let the modules find a browser. */
export function browser() {
  globalThis.HTMLElement = Fake;
  globalThis.ResizeObserver = Observer;
  globalThis.IntersectionObserver = Observer;
  globalThis.CustomEvent = class {
    constructor(type, options) {
      Object.assign(this, { type }, options);
    }
  };
  globalThis.document = {
    documentElement: { lang: "en" },
    createElement: (tag) => new Fake(tag),
    createElementNS: (_, tag) => new Fake(tag),
  };
}

/** Return a card as it is drawn. */
export async function drawn(CardClass, hass, config) {
  const card = new CardClass();
  card.isConnected = false;
  card.setConfig(config);
  card.hass = hass;
  card.connectedCallback();
  clearInterval(card.clock);
  await card.drawNow();
  card.disconnectedCallback();
  return card;
}

/** Return all elements in one, itself first. */
export const all = (node) =>
  typeof node === "string" || !node
    ? []
    : [node, ...node.childNodes.flatMap(all), ...all(node.shadowRoot)];

/** Return what is read in it; a style is not. */
export function textOf(node) {
  if (typeof node === "string") return node;
  if (node.tag === "style") return "";
  const inside = [...node.childNodes, ...(node.shadowRoot ? [node.shadowRoot] : [])];
  return inside.map(textOf).join(node.tag === "#shadow" ? " " : "");
}
