import assert from "node:assert/strict";
import { test } from "node:test";

import { fileOf, ownTexts } from "../../custom_components/smartpvms/dashboard/browser/texts.js";
import { serveFiles } from "./house.js";

test("a language has its file, or the nearest one, or the English one", () => {
  assert.equal(fileOf("de"), "de");
  assert.equal(fileOf("pt-BR"), "pt-BR");
  assert.equal(fileOf("de-CH"), "de");
  assert.equal(fileOf("zh-Hans"), "zh-Hans");
  assert.equal(fileOf("fi"), "en");
  assert.equal(fileOf(undefined), "en");
});

test("a file that does not come is English, and asked for again", async () => {
  serveFiles();
  const served = globalThis.fetch;
  globalThis.fetch = async (url) =>
    String(url).endsWith("fr.json") ? { ok: false, status: 500 } : served(url);
  assert.equal((await ownTexts("fr")).now, "Now");
  globalThis.fetch = served;
  assert.equal((await ownTexts("fr")).now, "Maintenant");
});
