import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";

import { all, browser, drawn, textOf } from "./dom.js";
import { recorded, serveFiles } from "./house.js";

const FOLDER = "../../custom_components/smartpvms/dashboard/browser/";
const NAMES = new URL("../data/names.json", import.meta.url);
const HOUSE = { plant: "sonnenhof" };
const HOUR = 3600_000;
const ALARMS = "sensor.sonnenhof_active_alarms";
let modules;

before(async () => {
  browser();
  serveFiles();
  const names = ["alarm_list", "bars", "calendar", "curve", "device_list", "editor"];
  names.push("command", "forced_charge", "status", "story", "table", "totals");
  const found = await Promise.all(names.map((name) => import(`${FOLDER}${name}.js`)));
  modules = Object.assign({}, ...found);
});

/** Return a frontend with states of the house: value, or value and unit. */
function having(states = {}, rows = {}) {
  const hass = recorded();
  hass.formatEntityState = ({ state }) => state;
  for (const [key, given] of Object.entries(states)) {
    const [state, unit_of_measurement] = [given].flat();
    const entity_id = `sensor.sonnenhof_${key}`;
    hass.states[entity_id] = { entity_id, state, attributes: { unit_of_measurement } };
  }
  hass.callWS = async ({ type, period, statistic_ids: ids = [] }) => {
    if (type === "repairs/list_issues") return { issues: rows.issues ?? [] };
    const found = rows[period] ?? {};
    return Object.fromEntries(ids.filter((id) => found[id]).map((id) => [id, found[id]]));
  };
  return hass;
}

function withAlarms(...alarms) {
  const hass = having();
  hass.states[ALARMS] = { state: String(alarms.length), attributes: { alarms } };
  return hass;
}

const ALARM = {
  name: "Fan is stuck",
  severity: "major",
  device: "Inverter-1",
  cause: "Dust.",
  suggestion: "Clean it.",
  raised_at: "2026-06-15T10:00:00+00:00",
};

test("an alarm is told with cause and suggestion, and leads to its device", async () => {
  const hass = withAlarms(ALARM);
  hass.devices.inverter_1.name_by_user = "Roof";
  const card = await drawn(modules.Alarms, hass, HOUSE);
  const text = textOf(card);
  for (const part of ["Fan is stuck · Inverter-1", "Major · since Jun 15", "Cause: Dust.", "What to do: Clean it."]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  const [link] = all(card).filter(({ tag }) => tag === "a");
  assert.equal(link.attributes.href, "/config/devices/device/inverter_1");
});

test("labels are written as the language does", async () => {
  const hass = withAlarms(ALARM);
  hass.locale = { language: "fr" };
  assert.ok(textOf(await drawn(modules.Alarms, hass, HOUSE)).includes("Que faire\u00a0: Clean it."));
  const state = having({ status: "healthy", highest_severity: "major", active_alarms: "2" });
  state.locale = { language: "fr" };
  assert.match(textOf(await drawn(modules.Status, state, HOUSE)), /Active alarms\u00a0: 2/);
});

test("what an alarm does not have is not shown", async () => {
  const bare = { name: "Plant disconnected", severity: "new one" };
  const empty = { device: null, cause: null, suggestion: null, raised_at: null };
  const card = await drawn(modules.Alarms, withAlarms({ ...bare, ...empty }), HOUSE);
  assert.equal(textOf(card).trim(), "Plant disconnectednew one");
});

test("an alarm of no known device leads nowhere, a long suggestion is folded", async () => {
  const hass = withAlarms({ ...ALARM, device: null, raised_at: null, suggestion: "Look. ".repeat(99) });
  const card = await drawn(modules.Alarms, hass, HOUSE);
  const tags = all(card).map(({ tag }) => tag);
  assert.ok(!tags.includes("a"));
  assert.ok(tags.includes("details"));
  assert.ok(!textOf(card).includes("since"));
});

test("what others write is text, on one line", async () => {
  for (const { name } of JSON.parse(readFileSync(NAMES, "utf-8"))) {
    const alarm = { ...ALARM, name, device: name, cause: name, suggestion: name };
    const card = await drawn(modules.Alarms, withAlarms(alarm), HOUSE);
    const known = ["", "#shadow", "style", "ha-card", "div", "ha-icon", "span", "p"];
    assert.deepEqual(all(card).map(({ tag }) => tag).filter((tag) => !known.includes(tag)), []);
    assert.doesNotMatch(textOf(card), /[\n\t\u202e\u2066]/);
  }
});

test("a healthy plant has a light, the age of its data, and no banner", async () => {
  const last_data = new Date(Date.now() - 120_000).toISOString();
  const states = { status: "healthy", highest_severity: "none", last_data, history_import: "100" };
  const card = await drawn(modules.Status, having(states), HOUSE);
  assert.match(textOf(card), /healthy.*Last data: 2 minutes ago/);
  assert.ok(!all(card).some(({ attributes }) => attributes.class === "banner"));
});

test("beside an alarm no plant is told to be healthy", async () => {
  const states = { status: "healthy", highest_severity: "major", active_alarms: "2" };
  const card = await drawn(modules.Status, having(states), HOUSE);
  assert.match(textOf(card), /Active alarms: 2/);
  assert.doesNotMatch(textOf(card), /healthy/);
  const faulty = await drawn(modules.Status, having({ ...states, status: "faulty" }), HOUSE);
  assert.match(textOf(faulty), /faulty · Active alarms: 2/);
  const bare = await drawn(modules.Status, having({ highest_severity: "major", pv_power: ["5", "kW"] }), HOUSE);
  assert.match(textOf(bare), /Major/);
});

test("what the fields of a forced charge begin with is accepted by them", () => {
  const card = new modules.ForcedCharge();
  const words = { power: "Power", target_soc: "Charge", duration: "Duration" };
  card.setConfig({ plant: "sonnenhof", words });
  const fields = all(card).filter(({ tag }) => tag === "input");
  assert.deepEqual(fields.map(({ name }) => name), ["power", "target_soc", "duration"]);
  for (const { value, min, max, step = 1 } of fields) {
    assert.ok(min <= value && value <= max);
    assert.equal((value - min) % step, 0);
  }
});

const MODE = {};

/** Return the house after a command: its attributes, and what became of it. */
function commanded(attributes, state = "running") {
  const hass = having();
  const states = {
    "sensor.sonnenhof_last_command": [state, attributes],
    "select.sonnenhof_feed_in_control": ["no_limit", {}],
    "select.sonnenhof_battery_mode": ["maximum_self_consumption", MODE],
  };
  for (const [entity_id, [value, more]] of Object.entries(states)) {
    const other = more === MODE ? "battery_mode" : "export_control";
    const translation_key = more === attributes ? "last_command" : other;
    hass.entities[entity_id] = { entity_id, translation_key, device_id: "sonnenhof", platform: "smartpvms" };
    hass.states[entity_id] = { entity_id, state: value, attributes: more };
  }
  hass.formatEntityState = ({ state: own }, option = own) => option;
  return hass;
}

test("the last command is told with what was asked, and why it failed", async () => {
  const told = async (...command) =>
    textOf(await drawn(modules.Command, commanded(...command), HOUSE)).replace(/\s/g, " ").trim();
  const sent_at = "2026-06-15T19:21:00+00:00";
  const kind = "forced_charge";
  assert.equal(
    await told({ kind, asked: { watts: -3000, minutes: 60 }, sent_at }),
    "Force discharge · 3,000 W · 60 min · Jun 15, 12:21 PM",
  );
  assert.equal(await told({ kind, asked: { watts: 0 } }), "Stop forced charge or discharge");
  const reason = "The plant is busy.";
  assert.equal(
    await told({ kind, asked: { watts: 1500, target_soc: 90 }, reason }, "failed"),
    "Force charge · 1,500 W · 90 %The plant is busy.",
  );
  assert.equal(await told({ kind: "export_limit", asked: { kilowatts: 3 } }), "Set feed-in limit · 3 kW");
  assert.equal(await told({ kind: "export_limit", asked: {} }), "Set feed-in limit · no_limit");
  assert.equal(await told({ kind: "export_limit", asked: { kilowatts: 0 } }), "Set feed-in limit · zero_export");
  assert.equal(
    await told({ kind: "battery_limits", asked: { end_of_discharge_soc: 0 } }),
    "Set battery limits · End of discharge 0 %",
  );
  const mode = { kind: "battery_mode", asked: { mode: "TOU" } };
  assert.equal(await told(mode), "Set battery mode · time_of_use");
  assert.equal(await told({}, "none"), "");
  const forced_charge = { asked: { watts: -2000, target_soc: 20 }, sent_at };
  assert.equal(
    await told({ kind: "export_limit", asked: { kilowatts: 3 }, forced_charge }, "succeeded"),
    "Set feed-in limit · 3 kW" + "Force discharge · 2,000 W · 20 % · Jun 15, 12:21 PM · running",
  );
});

test("a command that waits is told, and no other can be sent meanwhile", async () => {
  const card = new modules.ForcedCharge();
  const words = { power: "Power", target_soc: "Charge", duration: "Duration", force_charge: "Force charge" };
  card.setConfig({ plant: "sonnenhof", words });
  const sent = [];
  let end;
  const callService = (...call) => {
    sent.push(call);
    return new Promise((_, refuse) => (end = refuse));
  };
  card.hass = { localize: () => "OK", callService };
  for (const input of all(card).filter(({ tag }) => tag === "input")) {
    Object.assign(input, { reportValidity: () => true, valueAsNumber: Number(input.value) });
  }
  card.choice.value = "duration";
  card.ask("force_charge", () => {});
  assert.ok(all(card.question).some(({ textContent }) => /^Force charge.*min\?$/.test(textContent)));
  card.config.words.asked = "¿{text}?";
  card.ask("force_charge", () => {});
  assert.ok(all(card.question).some(({ textContent }) => /^¿Force charge.*min\?$/.test(textContent)));
  const confirm = all(card.question).find(({ className }) => className === "sends");
  const done = confirm.onclick();
  assert.equal(sent.length, 1);
  assert.ok(card.buttons.hidden);
  assert.deepEqual(all(card.question).filter(({ tag }) => tag === "button"), []);
  assert.match(all(card.question).map(({ textContent }) => textContent).join(), /Force charge.*…/);
  end(new Error("refused"));
  await done;
  assert.ok(!card.buttons.hidden);
});

test("a plant that does not answer says since when, why, and where it is repaired", async () => {
  const gone = Object.fromEntries(
    ["status", "pv_power", "pv_energy_today", "pv_lifetime_energy", "highest_severity"].map((key) => [
      key,
      "unavailable",
    ]),
  );
  const last_data = new Date(Date.now() - HOUR).toISOString();
  const issue = { domain: "smartpvms", issue_id: "entry_no_consent", translation_key: "no_consent" };
  const hass = having({ ...gone, last_data }, { issues: [issue] });
  hass.devices.sonnenhof.config_entries = ["entry"];
  hass.connection = {};
  const card = await drawn(modules.Status, hass, HOUSE);
  const text = textOf(card);
  assert.match(text, /No data of this plant since/);
  assert.match(text, /owner/i);
  assert.equal(all(card).find(({ tag }) => tag === "a").attributes.href, "/config/repairs");
  assert.ok(all(card).some(({ attributes }) => attributes.class === "age bad"));
  hass.config.state = "NOT_RUNNING";
  assert.doesNotMatch(textOf(await drawn(modules.Status, hass, HOUSE)), /No data of this plant/);
});

test("a plant of which the account may not ask everything says what is refused", async () => {
  const last_data = new Date().toISOString();
  const refused = (name, feature, translation_key = "no_access") => ({
    domain: "smartpvms",
    issue_id: `entry_${translation_key}_${name}`,
    translation_key,
    translation_placeholders: { feature, interface: name },
  });
  const values = refused("getStationRealKpi", "real-time values of plants");
  const shown = async (pv_energy_today, issue = values) => {
    const states = { pv_power: ["5", "kW"], pv_energy_today, last_data };
    const hass = having(states, { issues: [issue] });
    hass.devices.sonnenhof.config_entries = ["entry"];
    hass.connection = {};
    return drawn(modules.Status, hass, HOUSE);
  };
  const card = await shown("unavailable");
  assert.match(textOf(card), /real-time values of plants/);
  assert.doesNotMatch(textOf(card), /No data of this plant/);
  assert.equal(all(card).find(({ tag }) => tag === "a").attributes.href, "/config/repairs");
  // While the last values are still shown, too.
  assert.match(textOf(await shown(["5", "kWh"])), /real-time values of plants/);
  // What leaves the values alone disturbs nobody here.
  const others = [
    refused("getAlarmList", "Alarms"),
    refused("getDevRealKpi", "Values of devices", "not_configured"),
    { ...refused("", "History", "quota_used_up"), translation_placeholders: { lanes: "- History (getKpiStationDay)" } },
  ];
  for (const issue of others) {
    assert.equal(all(await shown(["5", "kWh"], issue)).find(({ tag }) => tag === "a"), undefined);
    assert.ok(all(await shown("unavailable", issue)).find(({ tag }) => tag === "a"));
  }
});

test("a plant whose data are overdue says since when, also while it has values", async () => {
  const old = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
  const late = having({ status: "healthy", pv_lifetime_energy: "56163", last_data: old(18) });
  assert.match(textOf(await drawn(modules.Status, late, HOUSE)), /No data of this plant since/);
  const good = having({ status: "healthy", pv_lifetime_energy: "56163", last_data: old(9) });
  assert.doesNotMatch(textOf(await drawn(modules.Status, good, HOUSE)), /No data/);
});

test("the import is told while it goes on", async () => {
  const card = await drawn(modules.Status, having({ status: "healthy", history_import: "29" }), HOUSE);
  assert.match(textOf(card), /History is being imported: 29%/);
  const hass = having({ status: "healthy", history_import: "29" });
  const until = async (hours) => {
    const done_at = new Date(Date.now() + hours * HOUR).toISOString();
    hass.states["sensor.sonnenhof_history_import"].attributes = { done_at };
    return textOf(await drawn(modules.Status, hass, HOUSE));
  };
  assert.match(await until(5), /done about \w+ \d+, \d+:\d\d [AP]M/);
  // Days ahead, the hour is not known.
  assert.match(await until(80), /done about \w+, \w+ \d+\./);
});

test("the sentence of the day compares a day that is over, or that is ahead", () => {
  const told = (value, average, isOver) => modules.comparison({ value, average, isOver });
  assert.deepEqual(told(38, 34, true), { text: "day_more", percent: 12 });
  assert.deepEqual(told(17, 34, true), { text: "day_less", percent: 50 });
  assert.deepEqual(told(34, 34, true), { text: "day_equal" });
  assert.deepEqual(told(17, 34, false), { text: "day_average" });
  assert.deepEqual(told(38, 34, false), { text: "day_already_more", percent: 12 });
  assert.deepEqual(told(38, undefined, false), { text: "day_so_far" });
});

const ENERGY = "smartpvms:ne_33554785_pv_energy";

/** Return rows of the days of this month before today, in Los Angeles. */
function daysBefore(count, change) {
  const noon = new Date();
  return Array.from({ length: count }, (_, at) => {
    const start = new Date(noon.getTime() - (count - at) * 24 * HOUR);
    const date = start.toLocaleDateString("sv", { timeZone: "America/Los_Angeles" });
    const offset = start.toLocaleString("en", { timeZone: "America/Los_Angeles", timeZoneName: "longOffset" });
    return { start: Date.parse(`${date}T00:00:00${offset.slice(-6)}`), change };
  });
}

test("bars are of real days, today as the plant has counted it", async () => {
  const hass = having(
    { pv_energy_today: ["12500", "Wh"], history_import: "50" },
    { day: { [ENERGY]: daysBefore(20, 20) } },
  );
  hass.states["sensor.sonnenhof_history_import"].attributes.statistic_ids = { pv_energy: ENERGY };
  const card = await drawn(modules.Bars, hass, { ...HOUSE, series: ["pv_energy", "revenue"] });
  const bars = all(card).filter(({ attributes }) => attributes.fill === "#ff9800");
  assert.equal(bars.length, 14);
  assert.match(textOf(card), /12\.5.kWh/);
});

test("the running month and year are as far as today", async () => {
  const now = new Date();
  const at = (month, day = 1) => Date.UTC(now.getUTCFullYear(), month, day);
  const [month, today] = [at(now.getUTCMonth()), at(now.getUTCMonth(), now.getUTCDate())];
  const rows = {
    day: { [ENERGY]: [{ start: today, change: 10 }] },
    month: { [ENERGY]: [{ start: at(now.getUTCMonth() - 1), change: 300 }, { start: month, change: 500 }] },
    year: { [ENERGY]: [{ start: at(-12), change: 800 }, { start: at(0), change: 900 }] },
  };
  const hass = having({ pv_energy_today: ["12.5", "kWh"], history_import: "50" }, rows);
  Object.assign(hass.states["sensor.sonnenhof_history_import"].attributes, {
    statistic_ids: { pv_energy: ENERGY }, years_left: 0, months_left: 0,
  });
  hass.config.time_zone = "UTC";
  const card = await drawn(modules.Bars, hass, { ...HOUSE, series: ["pv_energy"] });
  for (const [period, amount] of [["month", /PV energy 503.kWh/], ["year", /PV energy 903.kWh/]]) {
    card.period = period;
    await card.drawNow();
    assert.match(textOf(card), amount);
  }
});

test("the axis of large amounts is in MWh, that of money in money", async () => {
  const ids = { pv_energy: "x:many", revenue: "x:money" };
  for (const [series, unit, top] of [["pv_energy", /MWh/, /120 /], ["revenue", /EUR/, /120K/]]) {
    const rows = daysBefore(20, 120_000);
    const hass = having({ history_import: "100" }, { day: { [ids[series]]: rows } });
    hass.states["sensor.sonnenhof_history_import"].attributes.statistic_ids = ids;
    hass.config.currency = "EUR";
    const card = await drawn(modules.Bars, hass, { ...HOUSE, series: [series], money: series === "revenue" });
    const labels = all(card).filter(({ tag }) => tag === "text").map(textOf).join(" ");
    assert.match(labels, unit);
    assert.match(`${labels} `, top);
    assert.doesNotMatch(labels, /kWh|\dM| M/);
  }
});

test("before there are values the graphs say so", async () => {
  const hass = having({ history_import: "1" });
  for (const name of ["Bars", "Calendar", "Curve"]) {
    hass.states["sensor.sonnenhof_history_import"].attributes.statistic_ids = { pv_energy: `x:${name}` };
    const card = await drawn(modules[name], hass, { ...HOUSE, series: ["pv_energy"] });
    assert.match(textOf(card), /No values yet\..*History is being imported: 1%/);
  }
});

test("pictures that follow one another on a phone are lower", async () => {
  const heights = [];
  for (globalThis.innerWidth of [390, 1400]) {
    const hass = having({ pv_power: ["5", "kW"], history_import: "100" });
    const card = await drawn(modules.Curve, hass, HOUSE);
    heights.push(all(card).find(({ tag }) => tag === "svg").attributes.height);
  }
  delete globalThis.innerWidth;
  assert.ok(Number(heights[0]) < 0.7 * Number(heights[1]));
});

test("a best day is one of all days", async () => {
  const id = "x:calendar";
  for (const days of [3, 0]) {
    const hass = having({ history_import: "60" }, { day: { [id]: daysBefore(20, 20) } });
    const { attributes } = hass.states["sensor.sonnenhof_history_import"];
    Object.assign(attributes, { statistic_ids: { pv_energy: id }, years_left: 0, months_left: 0, days_left: days });
    const shown = await drawn(class extends modules.Calendar { isSeen = true; }, hass, HOUSE);
    assert.equal(/Best day/.test(textOf(shown)), days === 0);
  }
});

test("the curve has today's hours, and what flows without a sign", async () => {
  const hass = having({ pv_power: ["5", "kW"], grid_power: ["-2217", "W"], history_import: "100" });
  const card = await drawn(modules.Curve, hass, HOUSE);
  assert.match(textOf(card), /Solar 5.kW/);
  assert.match(textOf(card), /To the grid 2\.22.kW/);
  assert.match(textOf(card), /12 AM.*12 PM.*12 AM/);
  // The colours of the bars and of the picture: from the grid above zero, to the grid below.
  const dots = all(card).filter(({ attributes }) => attributes?.class === "dot");
  assert.match(dots.map(({ attributes }) => attributes.style).join(" "), /#488fc2 50%, #8353d1 50%/);
});

test("pointing at a time of the curve tells what yesterday had given then", async () => {
  const pv = "sensor.sonnenhof_pv_power";
  const noon = new Date().setUTCHours(12, 0, 0, 0);
  const rows = { "5minute": { [pv]: [{ start: noon - 24 * HOUR - HOUR / 12, end: noon - 24 * HOUR, mean: 3.21 }] } };
  const hass = having({ pv_power: ["5", "kW"] }, rows);
  hass.config.time_zone = "UTC";
  const card = await drawn(modules.Curve, hass, HOUSE);
  assert.match(textOf(card), /Yesterday(?! 3)/);
  const svg = all(card).find(({ tag }) => tag === "svg");
  svg.getBoundingClientRect = () => ({ left: 0, width: card.span.width });
  svg.listeners.pointermove({ clientX: card.span.x(noon) });
  assert.match(textOf(card), /Yesterday 3\.21.kW/);
});

test("the curve of a plant that does not answer tells no power as of now", async () => {
  const pv = "sensor.sonnenhof_pv_power";
  const rows = { "5minute": { [pv]: [{ start: Date.now() - HOUR / 6, mean: 5 }] } };
  const hass = having({ pv_power: "unavailable" }, rows);
  delete hass.entities["sensor.sonnenhof_battery_power"];
  const card = await drawn(modules.Curve, hass, HOUSE);
  assert.match(textOf(card), /Solar/);
  assert.doesNotMatch(textOf(card), /5.kW/);
});

test("a plant that is gone leaves an empty card", async () => {
  for (const name of ["Alarms", "Bars", "Calendar", "Curve", "Status", "Story", "Totals"]) {
    const card = await drawn(modules[name], having(), { plant: "gone", series: [] });
    assert.ok("hidden" in card.attributes);
  }
});

test("a card that was empty appears when there is something in it", async () => {
  const card = await drawn(modules.Alarms, withAlarms(), HOUSE);
  assert.ok("hidden" in card.attributes);
  // Home Assistant takes cards out of the page that are hidden, but for those.
  assert.ok(card.connectedWhileHidden);
  card.hass = withAlarms(ALARM);
  await card.drawNow();
  assert.ok(!("hidden" in card.attributes));
  const { type, detail } = card.dispatched;
  assert.deepEqual([type, detail.value], ["card-visibility-changed", true]);
});

test("more than three alarms are shown when asked for", async () => {
  const hass = withAlarms(ALARM, ALARM, ALARM, ALARM);
  const card = await drawn(modules.Alarms, hass, HOUSE);
  const count = () => all(card).filter(({ tag }) => tag === "ha-card").length;
  assert.equal(count(), 3);
  const more = all(card).find(({ attributes }) => attributes.class === "more");
  assert.equal(textOf(more), "Show all (4)");
  await more.listeners.click();
  await card.drawNow();
  assert.equal(count(), 4);
});

/** Set a state by its whole id. */
function set(hass, entity_id, state, attributes = {}) {
  hass.states[entity_id] = { entity_id, state: String(state), attributes };
}

test("plants are compared by installed power, those with problems first", async () => {
  const hass = having();
  const plant = (name, power, capacity, today, status) => {
    set(hass, `sensor.${name}_pv_power`, power, {
      unit_of_measurement: "kW",
      installed_capacity: capacity,
    });
    set(hass, `sensor.${name}_pv_energy_today`, today, { unit_of_measurement: "kWh" });
    set(hass, `sensor.${name}_status`, status);
  };
  plant("sonnenhof", 5, 10, 30, "healthy");
  plant("solarpark_sud", 500, 1000, 2000, "healthy");
  const names = async () => {
    const card = await drawn(modules.Table, hass, { kind: "plants" });
    return [card, all(card).filter(({ tag }) => tag === "a").map(textOf)];
  };
  const [card, sorted] = await names();
  assert.deepEqual(sorted, ["Sonnenhof", "Solarpark Süd"]);
  assert.match(textOf(card), /kWh\/kWp/);
  assert.match(textOf(card), /Total505.kW2,030.kWh2\.01/);
  assert.match(textOf(card), /3\.00.*2\.00/);
  plant("solarpark_sud", 500, 1000, 2000, "faulty");
  assert.deepEqual((await names())[1], ["Solarpark Süd", "Sonnenhof"]);
  // No sum with a part missing.
  set(hass, "sensor.sonnenhof_pv_power", "unavailable");
  assert.match(textOf((await names())[0]), /Total≥.500.kW2,030/);
});

test("the table holds the plants that were chosen, or a plant's inverters", async () => {
  const hass = having();
  const of = async (config) => {
    const card = await drawn(modules.Table, hass, config);
    return all(card).filter(({ tag }) => tag === "a").map(({ attributes }) => attributes.href);
  };
  assert.equal((await of({ kind: "plants", plants: ["sonnenhof"] })).length, 1);
  assert.deepEqual(await of({ kind: "inverters", plant: "sonnenhof" }), [
    "/config/devices/device/inverter_1",
    "/config/devices/device/inverter_2",
  ]);
});

function withStrings() {
  const hass = having();
  const add = (entity_id, translation_key, state) => {
    const entry = { entity_id, translation_key, device_id: "inverter_1", platform: "smartpvms" };
    hass.entities[entity_id] = entry;
    set(hass, entity_id, state);
  };
  add("sensor.pv2_i", "pv2_i", 2);
  add("sensor.pv2_u", "pv2_u", 400);
  add("sensor.pv1_i", "pv1_i", 8);
  add("sensor.pv1_u", "pv1_u", 400);
  add("binary_sensor.pv2_lags", "pv2_underperformance", "on");
  return hass;
}

test("strings are a strip beside each other, one that falls behind is marked", async () => {
  const card = await drawn(modules.Devices, withStrings(), { ...HOUSE, kind: "inverter" });
  const fields = all(card).filter(({ attributes }) => /^string( |$)/.test(attributes.class));
  assert.deepEqual(
    fields.map(({ attributes }) => [attributes.class, attributes["aria-label"].replace("\u00a0", " ")]),
    [
      ["string bright", "PV1 3.2 kW"],
      ["string behind", "PV2 0.8 kW"],
    ],
  );
  assert.match(fields[0].attributes.style, /100%/);
  assert.match(fields[1].attributes.style, /34%/);
  const [details] = all(card).filter(({ tag }) => tag === "details");
  assert.ok("open" in details.attributes);
});

test("a string that is not known is told so, and a bright one has dark letters", async () => {
  const hass = withStrings();
  set(hass, "sensor.pv2_i", "unavailable");
  set(hass, "sensor.pv2_u", "unavailable");
  const card = await drawn(modules.Devices, hass, { ...HOUSE, kind: "inverter" });
  const fields = all(card).filter(({ attributes }) => /^string( |$)/.test(attributes.class));
  assert.deepEqual(
    fields.map(({ attributes }) => [attributes.class, attributes.title.replace("\u00a0", " ")]),
    [
      ["string bright", "3.2 kW"],
      ["string behind", "–"],
    ],
  );
});

test("devices are folded while they have no problem, values are the user's", async () => {
  const hass = having();
  set(hass, "sensor.inverter_1_pv_power", 3400, { unit_of_measurement: "W" });
  set(hass, "sensor.inverter_2_pv_power", 2100, { unit_of_measurement: "W" });
  set(hass, "sensor.inverter_1_lifetime_energy", 1609979.4, { unit_of_measurement: "kWh" });
  hass.locale = { language: "de" };
  const card = await drawn(modules.Devices, hass, { ...HOUSE, kind: "inverter" });
  const text = textOf(card);
  assert.match(text, /Wechselrichter25,5.kW/);
  // Its output is not what the roof gave: there is a battery.
  assert.doesNotMatch(text, /MWh/);
  const { battery_1: _, ...devices } = hass.devices;
  const bare = await drawn(modules.Devices, { ...hass, devices }, { ...HOUSE, kind: "inverter" });
  assert.match(textOf(bare), /1\.610.MWh/);
  const [details] = all(card).filter(({ tag }) => tag === "details");
  assert.ok(!("open" in details.attributes));
});

test("a device's light is as grave as its alarm", async () => {
  const hass = having();
  const marks = async (module, config) =>
    all(await drawn(module, hass, config))
      .map(({ attributes }) => attributes?.icon)
      .filter((icon) => ["mdi:alert-circle", "mdi:close-octagon"].includes(icon));
  for (const [severity, icon] of [
    ["minor", "mdi:alert-circle"],
    ["critical", "mdi:close-octagon"],
    [undefined, "mdi:close-octagon"],
  ]) {
    set(hass, "binary_sensor.inverter_1_problem", "on", { severity });
    const found = await marks(modules.Devices, { ...HOUSE, kind: "inverter" });
    assert.deepEqual([...new Set(found)], [icon]);
    assert.deepEqual(await marks(modules.Table, { ...HOUSE, kind: "inverters" }), [icon]);
  }
});

test("a meter's names say which way is positive, in the user's language", async () => {
  const hass = having();
  for (const id of ["active_power_positive_export", "lifetime_energy_export", "lifetime_energy_import"]) {
    set(hass, `sensor.meter_1_${id}`, 1, { unit_of_measurement: "kW" });
  }
  hass.locale = { language: "de" };
  const labels = async () => {
    const card = await drawn(modules.Devices, hass, { ...HOUSE, kind: "meter" });
    return all(card)
      .filter(({ attributes }) => attributes?.class === "value")
      .map(({ childNodes: [label] }) => textOf(label));
  };
  assert.deepEqual(await labels(), [
    "Active power (positive = export)",
    "Lifetime energy (export)",
    "Lifetime energy (import)",
  ]);
  hass.devices = { ...hass.devices, meter_1: { ...hass.devices.meter_1, model_id: "EMMA" } };
  assert.deepEqual(await labels(), [
    "Active power (positive = import)",
    "Lifetime energy (import)",
    "Lifetime energy (export)",
  ]);
});

test("batteries together are as full as the picture says", async () => {
  const hass = having({ energy_stored: [9, "kWh"] });
  hass.states["sensor.sonnenhof_energy_stored"].attributes.capacity = 10;
  const entry = Object.values(hass.entities).find(
    ({ device_id, translation_key }) => device_id === "battery_1" && translation_key === "battery_soc",
  );
  hass.devices = { ...hass.devices, battery_2: { ...hass.devices.battery_1, id: "battery_2", name: "B2" } };
  const entity_id = "sensor.battery_2_state_of_charge";
  hass.entities = { ...hass.entities, [entity_id]: { ...entry, entity_id, device_id: "battery_2" } };
  set(hass, entry.entity_id, 100, { unit_of_measurement: "%" });
  set(hass, entity_id, 50, { unit_of_measurement: "%" });
  const card = await drawn(modules.Devices, hass, { ...HOUSE, kind: "battery" });
  const [sum] = all(card).filter(({ attributes }) => attributes?.class === "sum");
  assert.equal(textOf(sum), "90%");
});

test("many other devices are shown while they have a problem", async () => {
  const hass = having();
  for (let number = 1; number < 14; number += 1) {
    const id = `optimizer_${number}`;
    hass.devices[id] = { ...hass.devices.dongle_1, id, name: id };
    const entity_id = `binary_sensor.${id}`;
    const entry = hass.entities["binary_sensor.dongle_1_problem"];
    hass.entities[entity_id] = { ...entry, entity_id, device_id: id };
    set(hass, entity_id, number === 3 ? "on" : "off");
  }
  const card = await drawn(modules.Devices, hass, { ...HOUSE, kind: "other" });
  assert.match(textOf(card), /optimizer_3/);
  assert.doesNotMatch(textOf(card), /optimizer_4/);
});

test("plants are compared in bars, each with its colour", async () => {
  const hass = having({ pv_energy_today: ["30", "kWh"] }, { day: { "x:house": daysBefore(20, 20) } });
  set(hass, "sensor.sonnenhof_history_import", 100, { statistic_ids: { pv_energy: "x:house" } });
  set(hass, "sensor.sonnenhof_pv_power", 1, { installed_capacity: 10 });
  const card = await drawn(modules.FleetBars, hass, { plants: ["sonnenhof"] });
  assert.match(textOf(card), /Sonnenhof 3.kWh\/kWp/);
});

test("the editor keeps what is chosen, and no list of all", () => {
  const { withPlant, withSection } = modules;
  const known = ["a", "b"];
  const one = withPlant({ type: "t" }, known, "b", false);
  assert.deepEqual(one, { type: "t", plants: ["a"] });
  assert.deepEqual(withPlant(one, known, "b", true), { type: "t" });
  const hidden = withSection({ type: "t" }, "calendar", false);
  assert.deepEqual(hidden, { type: "t", hidden: ["calendar"] });
  assert.deepEqual(withSection(hidden, "calendar", true), { type: "t" });
});

test("the editor has a box for each plant and section", async () => {
  const editor = new modules.Editor();
  editor.given = having();
  editor.config = { plants: ["sonnenhof"], hidden: ["calendar"] };
  await editor.draw();
  const boxes = all(editor).filter(({ tag }) => tag === "label");
  const names = (checked) =>
    boxes.filter((box) => "checked" in box.childNodes[0].attributes === checked).map(textOf);
  assert.deepEqual(names(false), ["Solarpark Süd", "All days"]);
  assert.ok(names(true).includes("Sonnenhof"));
  const [first] = boxes;
  first.childNodes[0].listeners.change({ target: { checked: true } });
  assert.deepEqual(editor.dispatched.detail.config, { hidden: ["calendar"] });
});
