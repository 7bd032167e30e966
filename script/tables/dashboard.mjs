/**
 * Prints the dashboard's views of the recorded plants as JSON: `views` by plant and `overview`, in
 * English.
 */

import { overviewView } from "../../custom_components/smartpvms/dashboard/browser/overview.js";
import { plantView } from "../../custom_components/smartpvms/dashboard/browser/plant.js";
import { textsOf } from "../../custom_components/smartpvms/dashboard/browser/texts.js";
import { recorded, serveFiles } from "../../tests/dashboard/house.js";

serveFiles();
const hass = recorded();
const texts = await textsOf(hass);
const plants = ["sonnenhof", "solarpark_sud"];
const views = await Promise.all(plants.map((id) => plantView(hass, id, texts)));
console.log(
  JSON.stringify({
    views: Object.fromEntries(plants.map((id, index) => [id, views[index]])),
    overview: overviewView(hass, undefined, texts),
  }),
);
