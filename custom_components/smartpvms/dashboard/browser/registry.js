/**
 * The integration's plants, devices and entities, out of the frontend's registries.
 *
 * Entities are found by device and translation key, devices by their type; names are for
 * people and play no part. What is disabled is not in the frontend, what is hidden is left
 * out.
 */

const DOMAIN = "smartpvms";

/** What to show for a type of device, by the model (id) that the integration gives it. */
export const KINDS = {
  "String inverter": "inverter",
  "Central inverter": "inverter",
  "Residential inverter": "inverter",
  Battery: "battery",
  "Energy storage": "battery",
  "Grid meter": "meter",
  "Power sensor": "meter",
  EMMA: "meter",
  "Weather station (EMI)": "weather",
};

/** The meter whose positive power is import; that of all others is export. */
const IMPORTS = "EMMA";

/** A plant or one of its devices, with its entities. */
class Thing {
  /** @param device an entry of `hass.devices`; entities: id by domain and key */
  constructor(device, entities) {
    this.id = device.id;
    this.name = device.name_by_user || device.name || "";
    /** As FusionSolar calls it. */
    this.givenName = device.name;
    this.createdAt = (device.created_at ?? 0) * 1000;
    this.entries = device.config_entries ?? [];
    const model = device.model_id || device.model;
    this.kind = KINDS[model] ?? "other";
    /** Whether what is positive of a meter comes from the grid. */
    this.countsImport = model === IMPORTS;
    this.entities = entities ?? new Map();
  }

  /** Return the entity with a translation key, undefined where there is none. */
  find(key, domain = "sensor") {
    return this.entities.get(`${domain}.${key}`);
  }

  /** Return those entities that there are, in the order of the keys. */
  findAll(keys, domain = "sensor") {
    return keys.map((key) => this.find(key, domain)).filter(Boolean);
  }

  /** Return pairs of number and entity for keys like `pv1_u`, by number. */
  numbered(pattern) {
    return [...this.entities]
      .map(([key, entity]) => [Number(pattern.exec(key)?.[1]), entity])
      .filter(([number]) => number)
      .sort(([one], [other]) => one - other);
  }
}

/** A plant with its devices. */
class Plant extends Thing {
  constructor(device, entities, devices) {
    super(device, entities);
    this.devices = devices;
  }

  /** Return the devices of a kind (a value of `KINDS`, or "other"). */
  of(kind) {
    return this.devices.filter((device) => device.kind === kind);
  }
}

/** Return all plants with their devices, by name; `only`: device ids, all without. */
export function plantsOf(hass, only) {
  const entities = entitiesByDevice(hass);
  const ours = Object.values(hass.devices).filter((device) =>
    device.identifiers.some(([domain]) => domain === DOMAIN),
  );
  const byName = (one, other) =>
    one.name.localeCompare(other.name, hass.locale?.language, { numeric: true });
  const devices = new Map();
  for (const device of ours) {
    if (device.disabled_by || !device.via_device_id) continue;
    const siblings = devices.get(device.via_device_id) ?? [];
    siblings.push(new Thing(device, entities.get(device.id)));
    devices.set(device.via_device_id, siblings);
  }
  return ours
    .filter((device) => device.entry_type === "service" && !device.disabled_by)
    .filter((device) => !only || only.includes(device.id))
    .map((device) => {
      const own = (devices.get(device.id) ?? []).sort(byName);
      return new Plant(device, entities.get(device.id), own);
    })
    .sort(byName);
}

const known = new WeakMap();

/** Return all plants, by name; found once for all cards that ask. */
export function allPlants(hass) {
  // The registries' objects are other ones when something in them has changed.
  if (known.get(hass.entities)?.devices !== hass.devices) {
    known.set(hass.entities, { devices: hass.devices, plants: plantsOf(hass) });
  }
  return known.get(hass.entities).plants;
}

/** Return one plant, undefined where it is gone. */
export const plantOf = (hass, id) => allPlants(hass).find((plant) => plant.id === id);

/**
 * Return a plant's installed power (kWp), undefined where it is not known.
 *
 * A state that is unavailable has no attributes; that of the last data is always there.
 */
export function capacityOf(hass, plant) {
  const told = plant
    .findAll(["pv_power", "last_data"])
    .map((id) => Number(hass.states[id]?.attributes.installed_capacity));
  return told.find((capacity) => capacity > 0);
}

/** From this installed power on (kWp), and beside a weather station, nobody lives below. */
const LARGE = 100;

/** Tell whether a plant is a park, and no house's. */
export const isPark = (hass, plant) =>
  (capacityOf(hass, plant) ?? 0) >= LARGE || plant.of("weather").length > 0;

function entitiesByDevice(hass) {
  const found = new Map();
  for (const entry of Object.values(hass.entities)) {
    if (entry.platform !== DOMAIN || entry.hidden || !entry.translation_key) continue;
    const [domain] = entry.entity_id.split(".");
    const known = found.get(entry.device_id) ?? new Map();
    known.set(`${domain}.${entry.translation_key}`, entry.entity_id);
    found.set(entry.device_id, known);
  }
  return found;
}

/** Return the ids of a plant's imported statistics by series, empty before there are any. */
export function statisticsOf(hass, plant) {
  const state = hass.states[plant.find("history_import")];
  return state?.attributes.statistic_ids ?? {};
}

const histories = new WeakMap();

/** Tell whether plants have got statistics that they did not have before. */
export function hasNewStatistics(before, after) {
  // The registry's object is another one when something in it has changed.
  if (!histories.has(after.entities)) {
    const entries = Object.values(after.entities).filter(
      ({ platform, translation_key }) =>
        platform === DOMAIN && translation_key === "history_import",
    );
    histories.set(after.entities, entries.map(({ entity_id }) => entity_id));
  }
  const count = (state) => Object.keys(state?.attributes.statistic_ids ?? {}).length;
  return histories
    .get(after.entities)
    .some((id) => count(before.states[id]) !== count(after.states[id]));
}
