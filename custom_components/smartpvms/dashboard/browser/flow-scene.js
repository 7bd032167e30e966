/** How the power flow is drawn: a house with modules, battery and pylon; and its style. */

/** The drawing is so wide and high; all places are parts of it. */
const WIDTH = 400;
const HEIGHT = 224;
const MODULES = 5;

/** Ways from the middle of the house; `from` and `to` as in the drawing. */
const WAYS = {
  solar: { x: 200, y: 100, length: 58, isUpright: true },
  house: { x: 200, y: 186, length: 38, isUpright: true },
  battery: { x: 92, y: 172, length: 94 },
  grid: { x: 214, y: 172, length: 94 },
};
/** In the picture, the flows to the middle go down and right; from the grid they go left. */
const TURNED = new Set(["grid", "house"]);

const percent = (part, whole) => `${Math.round((part / whole) * 1e4) / 100}%`;

function modules() {
  const [top, bottom] = [98, 137];
  const edges = Array.from({ length: MODULES + 1 }, (_, number) => {
    const part = number / MODULES;
    return [157 + part * 86, 137 + part * 126];
  });
  const middle = (top + bottom) / 2;
  return [
    `<path class="module" d="M157 ${top}H243L263 ${bottom}H137Z"/>`,
    `<path class="frame" d="M147 ${middle}H253${edges
      .map(([above, below]) => `M${above} ${top}L${below} ${bottom}`)
      .join("")}"/>`,
  ].join("");
}

const STARS = [
  [60, 36],
  [96, 62],
  [34, 78],
  [286, 30],
  [306, 74],
  [372, 92],
  [118, 24],
];

const DRAWING = `
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true" focusable="false">
  <rect class="sky" width="${WIDTH}" height="${HEIGHT}" rx="12"/>
  <g class="by-night">
    ${STARS.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="1.4"/>`).join("")}
    <path d="M352 27a20 20 0 1 0 11 33a17 17 0 0 1-11-33z"/>
  </g>
  <g class="by-day">
    <circle class="glow" cx="346" cy="46" r="28"/>
    <circle class="sun" cx="346" cy="46" r="19"/>
    <path class="cloud" d="M46 60a12 12 0 0 1 12-12a16 16 0 0 1 30-3a13 13 0 0 1 8 25H56a10 10 0 0 1-10-10z"/>
  </g>
  <path class="hill" d="M0 196C70 168 130 176 200 184S340 168 400 190V212a12 12 0 0 1-12 12H12A12 12 0 0 1 0 212Z"/>
  <path class="ground" d="M0 206C90 196 300 198 400 208V212a12 12 0 0 1-12 12H12A12 12 0 0 1 0 212Z"/>
  <g class="home">
    <path class="wall" d="M144 140H256V208H144Z"/>
    <path class="window" d="M156 154H180V176H156Z"/>
    <path class="sash" d="M168 154V176M156 165H180"/>
    <path class="door" d="M224 160H244V208H224Z"/>
    <path class="chimney" d="M232 78H244V100H232Z"/>
    <path class="roof" d="M150 90H250L278 143H122Z"/>
  </g>
  <path class="stand" d="M150 137V206M250 137V206"/>
  ${modules()}
  <g data-part="battery">
    <path class="cell" d="M62 140H76V147H62Z"/>
    <rect class="cell" x="48" y="146" width="42" height="62" rx="6"/>
    <rect class="empty" x="53" y="151" width="32" height="52" rx="3"/>
    <rect class="charge" x="53" y="151" width="32" height="52" rx="3"/>
  </g>
  <path class="pylon" data-part="grid" d="M318 208L332 118L346 208M332 118V112M312 140H352M308 160H356M312 140V145M352 140V145M308 160V165M356 160V165M328 145L339 162L323 178L344 194M336 145L325 162L341 178L320 194"/>
  <rect class="inverter" x="189" y="158" width="22" height="28" rx="4"/>
  <path class="wave" d="M194 172q3-6 6 0t6 0"/>
</svg>`;

function way([name, { x, y, length, isUpright }]) {
  const style = [
    `left:${percent(x, WIDTH)}`,
    `top:${percent(y, HEIGHT)}`,
    isUpright
      ? `height:${percent(length, HEIGHT)}`
      : `width:${percent(length, WIDTH)}`,
  ].join(";");
  const classes = `flow ${name} ${isUpright ? "upright" : "level"}`;
  const turned = TURNED.has(name) ? " data-turned" : "";
  return `<div class="${classes}" style="${style}"${turned}><div class="pipe"></div><div class="train"></div></div>`;
}

const node = (name) => `
<button type="button" class="node ${name}" data-node="${name}">
  <span class="word"></span><span class="value"></span><span class="note"></span>
</button>`;

/** The card's inside. No text of others is in it: that comes as text later. */
export const MARKUP = `
<ha-card>
  <div class="title" hidden></div>
  <div class="notice" role="status" hidden>
    <span class="mark" aria-hidden="true"></span>
    <span class="words"><span class="reason"></span><span class="text"></span></span>
    <a href="/config/repairs" hidden></a>
  </div>
  <div class="stage" role="group">
    <div class="scene">
      ${node("solar")}
      <div class="drawing">
        ${DRAWING}
        ${Object.entries(WAYS).map(way).join("")}
      </div>
    </div>
    <div class="row">${node("battery")}${node("house")}${node("grid")}</div>
  </div>
  <div class="age" hidden><span class="dot" aria-hidden="true"></span><span class="since"></span></div>
</ha-card>`;

const arrow = (path, width, height) =>
  `url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${width} ${height}' preserveAspectRatio='none'%3E%3Cpath d='${path}'/%3E%3C/svg%3E")`;
const RIGHT = arrow("M8 0L21 8L8 16Z", 28, 16);
const DOWN = arrow("M0 8L8 21L16 8Z", 16, 28);

/**
 * Only transforms move, so that the browser moves the arrows without drawing anything
 * anew; what is out of sight is not drawn at all.
 */
export const STYLE = `
:host {
  --flow-text: var(--primary-text-color, #212121);
  --flow-faint: var(--secondary-text-color, #5f6368);
  --flow-paper: var(--card-background-color, #fff);
  --flow-ink: #000;
  --flow-much: 72%;
  --flow-sky: #eaf5fc;
  --flow-hill: #b9d8ad;
  --flow-ground: #8fbd80;
  --flow-wall: #fbf7f0;
  --flow-line: #6b6f76;
  --flow-roof: #9a5a48;
  display: block;
  height: 100%;
}
:host([dark]) {
  --flow-ink: #fff;
  --flow-much: 88%;
  --flow-sky: #3d6d8c;
  --flow-hill: #3c5f45;
  --flow-ground: #2c4a34;
  --flow-wall: #cfc8bd;
  --flow-line: #c3c7cd;
  --flow-roof: #7a4637;
}
:host([night]) {
  --flow-sky: #3a4a78;
  --flow-hill: #2b3f47;
  --flow-ground: #20313a;
  --flow-wall: #8c8a94;
  --flow-line: #d3d6de;
  --flow-roof: #59372f;
}
ha-card {
  height: 100%;
  box-sizing: border-box;
  padding: 12px;
  display: flex;
  flex-direction: column;
  gap: 8px;
  color: var(--flow-text);
  container-type: inline-size;
}
[hidden] { display: none !important; }
.title { font-size: var(--ha-font-size-l, 16px); font-weight: 500; overflow-wrap: anywhere; }
.stage {
  width: 100%;
  max-width: 560px;
  margin: auto;
  display: flex;
  flex-direction: column;
  gap: 6px;
  content-visibility: auto;
  contain-intrinsic-size: auto 300px;
}
.scene { position: relative; display: flex; flex-direction: column; gap: 6px; }
.drawing { position: relative; aspect-ratio: ${WIDTH} / ${HEIGHT}; }
:host([fitted]) .stage { flex: 1; min-height: 0; }
:host([fitted]) .scene { flex: 1; min-height: 0; }
:host([fitted]) .drawing { flex: 1; min-height: 0; margin: 0 auto; max-width: 100%; }
svg { display: block; width: 100%; height: 100%; overflow: visible; }
:host([plain]) :is(.sky, .hill, .ground, .by-day, .by-night) { display: none; }
.sky { fill: var(--flow-sky); }
.hill { fill: var(--flow-hill); }
.ground { fill: var(--flow-ground); }
.wall { fill: var(--flow-wall); stroke: var(--flow-line); }
.door { fill: var(--flow-roof); }
.window { fill: #9cc3de; stroke: var(--flow-line); }
.sash { stroke: var(--flow-line); }
.stand { stroke: var(--flow-line); stroke-width: 4; }
:host([park]) .home, :host(:not([park])) .stand { display: none; }
.chimney, .roof { fill: var(--flow-roof); }
.module { fill: #1e3a63; stroke: #dfe7f1; }
.frame { stroke: #8fa9cc; fill: none; }
.sun { fill: #ffc533; }
.glow { fill: #ffc533; opacity: 0.25; }
.cloud { fill: #fff; opacity: 0.75; }
.by-night { display: none; fill: #f2efd9; }
:host([night]) .by-night { display: block; }
:host([night]) .by-day { display: none; }
:host([night]) .window { fill: #ffd873; }
.pylon { fill: none; stroke: var(--flow-line); stroke-width: 2; stroke-linecap: round; }
.cell { fill: var(--flow-paper); stroke: var(--flow-line); stroke-width: 2; }
.empty { fill: var(--flow-line); opacity: 0.15; }
.charge {
  fill: var(--flow-battery-out);
  transform-origin: 0 203px;
  transform: scaleY(var(--flow-charge, 0));
  transition: transform 1s;
}
.inverter { fill: var(--flow-paper); stroke: var(--flow-line); stroke-width: 1.5; }
.wave { fill: none; stroke: var(--flow-text); stroke-width: 1.5; stroke-linecap: round; }
[data-part] { cursor: pointer; }
:host([night]) .drawing {
  --flow-ink: #fff;
  --flow-much: 80%;
  --flow-paper: #1d2747;
  --flow-text: #fff;
}
ha-card, :host([night]) .drawing {
  --flow-solar: color-mix(in srgb, var(--energy-solar-color, #ff9800) var(--flow-much), var(--flow-ink));
  --flow-import: color-mix(in srgb, var(--energy-grid-consumption-color, #488fc2) var(--flow-much), var(--flow-ink));
  --flow-export: color-mix(in srgb, var(--energy-grid-return-color, #8353d1) var(--flow-much), var(--flow-ink));
  --flow-battery-out: color-mix(in srgb, var(--energy-battery-out-color, #4db6ac) var(--flow-much), var(--flow-ink));
  --flow-battery-in: color-mix(in srgb, var(--energy-battery-in-color, #f06292) var(--flow-much), var(--flow-ink));
  --flow-home: color-mix(in srgb, #5c6bc0 var(--flow-much), var(--flow-ink));
}
.solar { --flow-color: var(--flow-solar); }
.house { --flow-color: var(--flow-home); }
.grid { --flow-color: var(--flow-import); }
.grid[data-kind="out"] { --flow-color: var(--flow-export); }
.battery { --flow-color: var(--flow-battery-out); }
.battery[data-kind="out"] { --flow-color: var(--flow-battery-in); }

/* With forced colours a picture would be blank. */
.drawing, .dot, .mark { forced-color-adjust: none; }
.flow { --flow-width: 4px; position: absolute; overflow: hidden; pointer-events: none; }
.flow { --flow-arrow: calc(var(--flow-width) + 10px); }
.level { height: var(--flow-arrow); transform: translateY(-50%); }
.upright { width: var(--flow-arrow); transform: translateX(-50%); }
.level[data-reversed] { transform: translateY(-50%) scaleX(-1); }
.upright[data-reversed] { transform: translateX(-50%) scaleY(-1); }
.pipe {
  position: absolute;
  background: var(--flow-line);
  border: 1px solid var(--flow-paper);
  border-radius: 6px;
  box-sizing: border-box;
}
.level .pipe { inset: calc(50% - var(--flow-width) / 2) 0; }
.upright .pipe { inset: 0 calc(50% - var(--flow-width) / 2); }
.flow[data-step] .pipe { background: var(--flow-color); }
.train { position: absolute; display: none; background: var(--flow-color); }
.flow[data-step] .train { display: block; }
.level .train {
  inset: 0 -28px;
  mask: ${RIGHT} 0 0 / 28px 100% repeat-x;
  animation: right var(--flow-time) linear infinite;
}
.upright .train {
  inset: -28px 0;
  mask: ${DOWN} 0 0 / 100% 28px repeat-y;
  animation: down var(--flow-time) linear infinite;
}
[data-step="1"] { --flow-width: 3px; --flow-time: 3.2s; }
[data-step="2"] { --flow-width: 4px; --flow-time: 2.2s; }
[data-step="3"] { --flow-width: 5px; --flow-time: 1.5s; }
[data-step="4"] { --flow-width: 7px; --flow-time: 1s; }
[data-step="5"] { --flow-width: 8px; --flow-time: 0.7s; }
@keyframes right { to { transform: translateX(28px); } }
@keyframes down { to { transform: translateY(28px); } }
@media (prefers-reduced-motion: reduce) {
  .train { animation: none !important; }
  /* No halves of arrows at the ends. */
  .level { mask: linear-gradient(90deg, #0000, #000 8px calc(100% - 8px), #0000); }
  .upright { mask: linear-gradient(#0000, #000 8px calc(100% - 8px), #0000); }
  .charge { transition: none; }
}

.row { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 6px; }
.node {
  display: flex;
  flex-direction: column;
  align-items: center;
  justify-content: start;
  min-width: 0;
  min-height: 48px;
  margin: 0;
  padding: 4px 6px;
  box-sizing: border-box;
  border: 0;
  border-top: 3px solid var(--flow-color);
  border-radius: 8px;
  background: var(--flow-paper);
  color: var(--flow-text);
  font: inherit;
  line-height: 1.25;
  text-align: center;
  cursor: pointer;
}
.node:disabled { cursor: default; }
.node:focus-visible { outline: 2px solid var(--flow-text); outline-offset: -2px; }
.node.solar {
  position: absolute;
  z-index: 1;
  left: 50%;
  top: 4%;
  transform: translateX(-50%);
  min-width: 26%;
  max-width: 60%;
}
.node.battery { grid-column: 1; }
.node.house { grid-column: 2; }
.node.grid { grid-column: 3; }
@container (max-width: 280px) {
  .node.solar { position: static; transform: none; margin: 0 auto; }
  .row { gap: 2px; }
  .node { padding: 2px 0; }
}
@container (max-width: 210px) {
  .row { grid-template-columns: 1fr; }
  .row .node { grid-column: 1; flex-flow: row wrap; align-items: baseline;
    justify-content: center; gap: 0 6px; min-height: 32px; }
}
:host([fitted]) .node.solar { position: static; transform: none; margin: 0 auto; min-height: 0; }
:host([fitted]) .node.solar .note { white-space: nowrap; }
@container (max-width: 280px) { :host([fitted]) .solar .note { display: none; } }
:host([fitted]) .node.solar { flex-direction: row; gap: 8px; align-items: baseline; }
.word, .note { font-size: clamp(11px, 3.2cqi, 15px); color: var(--flow-faint); }
.value { font-size: clamp(13px, 4.4cqi, 22px); font-weight: 600; white-space: nowrap; }
:host([fitted]) .node :is(.word, .note) { font-size: 12px; }
:host([fitted]) .node .value { font-size: 15px; }
.node span { max-width: 100%; overflow-wrap: break-word; hyphens: auto; }
.note:empty { display: none; }

.age {
  display: flex;
  align-items: center;
  justify-content: center;
  gap: 6px;
  font-size: 12px;
  color: var(--flow-faint);
}
.dot { width: 8px; height: 8px; border-radius: 50%; background: var(--flow-mark); }
.age, .notice { --flow-mark: color-mix(in srgb, var(--success-color, #43a047) 85%, var(--flow-ink)); }
[data-level="warning"], .notice {
  --flow-mark: color-mix(in srgb, var(--warning-color, #ffa600) 55%, var(--flow-ink));
}
[data-level="bad"] { --flow-mark: color-mix(in srgb, var(--error-color, #db4437) 80%, var(--flow-ink)); }
[data-level="warning"], [data-level="bad"] { color: var(--flow-mark); font-weight: 500; }
.notice {
  display: flex;
  align-items: center;
  flex-wrap: wrap;
  gap: 4px 10px;
  padding: 8px 12px;
  border-radius: 8px;
  border-inline-start: 4px solid var(--flow-mark);
  background: color-mix(in srgb, var(--flow-mark) 12%, var(--flow-paper));
  font-size: 14px;
}
.notice[data-kind="first"] {
  --flow-mark: color-mix(in srgb, var(--info-color, #039be5) 70%, var(--flow-ink));
}
.mark { width: 10px; height: 10px; border-radius: 50%; background: var(--flow-mark); flex: none; }
.words { display: flex; flex-direction: column; flex: 1 1 160px; overflow-wrap: anywhere; }
.reason { font-weight: 600; }
.reason:empty { display: none; }
.notice a { color: var(--flow-text); font-weight: 600; padding: 6px 0; }
.notice a:focus-visible { outline: 2px solid var(--flow-text); }
:host([calm]) .scene svg { filter: grayscale(0.8); opacity: 0.7; }
`;
