/** Pictures of numbers: axes, lines, bars, as wide as there is room. */

import { Card, svg } from "./elements.js";

export const MARGIN = { left: 40, right: 8, top: 18, bottom: 24 };
const SEVERAL = 6;
const STEPS = [1, 2, 2.5, 5, 10];
const LEAST_WIDTH = 260;
/** On a page that is less wide, cards follow one after the other, and are lower. */
const PHONE = 600;
const LOWER = 0.68;

/** Return round marks that hold all of `low` to `high`, 0 among them. */
export function marks(low, high) {
  const [from, to] = [Math.min(0, low), Math.max(0, high)];
  const raw = (to - from || 1) / SEVERAL;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = STEPS.find((one) => one * size >= raw - 1e-9) * size;
  const first = Math.floor(from / step + 1e-9);
  const last = Math.max(Math.ceil(to / step - 1e-9), first + 1);
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

/** Return a function from [low, high] to [from, to]. */
export const scale = (low, high, from, to) => (value) =>
  from + ((value - low) / (high - low || 1)) * (to - from);

/** Return lines and labels of the vertical axis, its unit at the top; `axis`: of the writer. */
export function grid(values, y, width, { unit, label }) {
  const top = svg("text", { x: MARGIN.left + 4, y: MARGIN.top - 6 }, unit);
  const lines = values.map((value) => [
    svg("line", {
      x1: MARGIN.left,
      x2: width - MARGIN.right,
      y1: y(value),
      y2: y(value),
      class: value === 0 ? "zero" : "mark",
    }),
    svg("text", { x: MARGIN.left - 6, y: y(value) + 4, class: "end" }, label(value)),
  ]);
  return [top, lines];
}

/** A card with a picture that is drawn anew when its width changes. */
export class ChartCard extends Card {
  connectedCallback() {
    super.connectedCallback();
    this.sizes = new ResizeObserver(() => {
      if (Math.abs(this.clientWidth - (this.drawnWidth ?? 0)) > 8) this.resized();
    });
    this.sizes.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.sizes?.disconnect();
  }

  resized() {
    if (!this.texts) return;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.drawNow(), 50);
  }

  /** Return the picture's width inside of the card. */
  room() {
    this.drawnWidth = this.clientWidth;
    return Math.max(LEAST_WIDTH, this.clientWidth - 32);
  }

  /** Return how high a picture is that is `full` beside others. */
  height(full) {
    return globalThis.innerWidth < PHONE ? Math.round(full * LOWER) : full;
  }
}

export const CHART_STYLE = `
svg { display: block; width: 100%; overflow: visible; touch-action: pan-y; }
text { font-size: 12px; fill: var(--secondary-text-color); }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.mark { stroke: var(--divider-color); stroke-width: 1; }
.zero { stroke: var(--secondary-text-color); stroke-width: 1; opacity: 0.6; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 0 0 8px; padding: 0;
  list-style: none; font-size: 14px; font-variant-numeric: tabular-nums; }
.legend li { display: flex; align-items: center; gap: 6px; }
.dot { width: 10px; height: 10px; border-radius: 50%; flex: none; }
.note { font-size: 13px; margin: 6px 0 0; color: var(--secondary-text-color); }
`;
