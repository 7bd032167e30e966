import assert from "node:assert/strict";
import { test } from "node:test";

import { numberOf, writer } from "../../custom_components/smartpvms/dashboard/browser/numbers.js";

const as = (locale, time_zone = "Europe/Berlin") => writer({ locale, config: { time_zone } });
const plain = (text) => text.replace(/[\u00a0\u202f]/g, " ");

test("amounts have three digits that count, and mega from 10,000 on", () => {
  const { energy, power } = as({ language: "en" });
  const found = [0, 0.05, 4.034, 37.22, 548.96, 4552.4, 123456].map(energy).map(plain);
  assert.deepEqual(found, [
    "0 kWh",
    "0.05 kWh",
    "4.03 kWh",
    "37.2 kWh",
    "549 kWh",
    "4,552 kWh",
    "123 MWh",
  ]);
  assert.equal(plain(power(-2.9)), "-2.9 kW");
  assert.equal(energy(undefined), "–");
});

test("what rounds to nothing has no sign", () => {
  const { power } = writer({ locale: { language: "en" } });
  assert.deepEqual([-0.001, -0, 0.001].map(power), Array(3).fill("0\u00a0kW"));
  assert.equal(power(-0.01), "-0.01\u00a0kW");
});

test("numbers are as the profile says", () => {
  const written = (number_format) =>
    plain(as({ language: "de", number_format }).energy(1234.5));
  assert.equal(written("language"), "1.235 kWh");
  assert.equal(written("comma_decimal"), "1,235 kWh");
  assert.equal(written("space_comma"), "1 235 kWh");
  assert.equal(written("none"), "1235 kWh");
  // As Home Assistant's own tiles beside it: no point in four digits.
  assert.equal(plain(as({ language: "es" }).energy(1234.5)), "1235 kWh");
});

test("a day is the server's, a moment the user's", () => {
  const time = Date.parse("2026-11-28T23:30:00Z");
  const write = as({ language: "en", time_zone: "server", time_format: "24" });
  assert.equal(write.clock(time), "00:30");
  assert.match(write.day(time), /29/);
  assert.match(write.moment(time), /29.*00:30/);
  assert.equal(write.ago(time, time + 125_000), "2 minutes ago");
  assert.equal(write.ago(time, time - 125_000), "this minute");
  assert.equal(as({ language: "de" }).ago(time, time + 90_000_000), "gestern");
});

test("an axis has one unit, and its marks are of that unit", () => {
  const axis = (levels, unit, language = "en") => {
    const found = as({ language }).axis(levels, unit);
    return [found.unit, ...levels.map((level) => plain(found.label(level)))];
  };
  assert.deepEqual(axis([0, 2.5, 5], "kWh"), ["kWh", "0", "2.5", "5"]);
  assert.deepEqual(axis([0, 7500, 12500], "kWh"), ["MWh", "0", "7.5", "12.5"]);
  assert.deepEqual(axis([-20_000, 0, 20_000], "kW", "de"), ["MW", "-20", "0", "20"]);
  // Money has no mega, and what is many is written as the language writes it.
  assert.deepEqual(axis([0, 25_000, 112_500], "EUR"), ["EUR", "0", "25K", "112.5K"]);
  assert.deepEqual(axis([0, 25_000, 112_500], "EUR", "de"), ["EUR", "0", "25.000", "112.500"]);
});

test("money is money, whatever its unit", () => {
  const { money } = as({ language: "en" });
  assert.equal(money(6.144, "EUR"), "€6.14");
  assert.equal(plain(money(6.144, "no currency")), "6.14 no currency");
  assert.equal(money(undefined, "EUR"), "–");
});

test("a state is kilo, or nothing", () => {
  const state = (value, unit_of_measurement) => ({ state: value, attributes: { unit_of_measurement } });
  assert.equal(numberOf(state("2710", "W")), 2.71);
  assert.equal(numberOf(state("0.63", "MW")), 630);
  assert.equal(numberOf(state("75", "%")), 75);
  for (const value of ["unknown", "unavailable", "text", ""]) {
    assert.equal(numberOf(state(value)), undefined);
  }
  assert.equal(numberOf(undefined), undefined);
});
