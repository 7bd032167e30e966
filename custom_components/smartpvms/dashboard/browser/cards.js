/** Home Assistant's own cards, as this dashboard uses them. */

export const ENTITY_NAME = { type: "entity" };
export const WIDE = { columns: "full" };

/** Colours of the Energy dashboard; the graphs take no variables of a theme. */
export const COLORS = {
  pv_energy: "#ff9800",
  pv_power: "#ff9800",
  consumption: "#5c6bc0",
  house_consumption: "#5c6bc0",
  self_consumption: "#ffc107",
  grid_export: "#8353d1",
  grid_import: "#488fc2",
  grid_power: "#488fc2",
  battery_charge: "#f06292",
  battery_discharge: "#4db6ac",
  battery_power: "#4db6ac",
  revenue: "#43a047",
};

/** Powers whose other way has a colour of its own, as its energy and the picture have it. */
const NEGATIVE = { grid_power: COLORS.grid_export, battery_power: COLORS.battery_charge };

/** Return the colour of a power by its way. */
export const colorOf = (key, value) => (value < 0 && NEGATIVE[key]) || COLORS[key];

/** Return the background of a power's dot: what is above zero, and below it. */
export const dotOf = (key) =>
  key in NEGATIVE ? `linear-gradient(${COLORS[key]} 50%, ${NEGATIVE[key]} 50%)` : COLORS[key];

/** The cards of this dashboard's own, as `own_cards.js` defines them. */
export const OWN = {
  status: "smartpvms-status",
  curve: "smartpvms-curve",
  bars: "smartpvms-bars",
  alarms: "smartpvms-alarms",
  story: "smartpvms-story",
  totals: "smartpvms-totals",
  calendar: "smartpvms-calendar",
  command: "smartpvms-command",
  devices: "smartpvms-devices",
  table: "smartpvms-table",
  fleet: "smartpvms-fleet",
};

/** Return a card of this dashboard's own about a plant, or about several (undefined). */
export const ownCard = (name, plant, more = {}) => ({
  type: `custom:${OWN[name]}`,
  ...(plant && { plant: plant.id }),
  grid_options: WIDE,
  ...more,
});

/** Return a section, undefined where there is nothing but a heading. */
export function section(cards, span) {
  const found = cards.flat(2).filter(Boolean);
  if (found.every(({ type }) => type === "heading")) return undefined;
  return { type: "grid", cards: found, ...(span && { column_span: span }) };
}

/** Return a heading; badges are entity ids or badges. */
export function heading(text, icon, badges = [], more = {}) {
  return {
    type: "heading",
    heading: text,
    ...(icon && { icon }),
    ...(badges.length && {
      badges: badges.map((badge) =>
        typeof badge === "string" ? { type: "entity", entity: badge } : badge,
      ),
    }),
    ...more,
  };
}

/** Return a heading that leads somewhere. */
export function linkedHeading(text, icon, path, badges = []) {
  return heading(text, icon, badges, {
    tap_action: { action: "navigate", navigation_path: path },
  });
}

/** Return a tile named after the entity without its device, undefined without entity. */
export function tile(entity, more = {}) {
  return entity && { type: "tile", entity, name: ENTITY_NAME, ...more };
}

/** Return a wide tile with a bar from 0 to 100 % below its name, which has the whole width. */
export function share(entity, more = {}) {
  return tile(entity, {
    features: [{ type: "bar-gauge" }],
    grid_options: WIDE,
    ...more,
  });
}

/** Return a list of entities, which has room for long names; undefined without any. */
export function list(entities) {
  if (!entities.length) return undefined;
  return {
    type: "entities",
    entities: entities.map((entity) => ({ entity, name: ENTITY_NAME })),
    grid_options: WIDE,
  };
}

/** Return the tile of something that is only seen while it is so. */
export function onlyWhile(condition, card) {
  return card && { ...card, visibility: [condition] };
}

/** Conditions about one entity. */
export const isOn = (entity) => ({ condition: "state", entity, state: "on" });
export const isAbove = (entity, above) => ({
  condition: "numeric_state",
  entity,
  above,
});
export const isBelow = (entity, below) => ({
  condition: "numeric_state",
  entity,
  below,
});

/** Where Home Assistant shows all of a device. */
export const devicePage = (device) => `/config/devices/device/${device.id}`;
