/**
 * The dashboard strategy "Huawei FusionSolar", as Home Assistant finds it.
 *
 * A dashboard of it is `strategy: {type: custom:smartpvms}`; with `plants`, a list of device
 * ids, it has these plants only; with `hidden`, names of sections, its plants' views lack them. Its views are strategies themselves, so that each is built
 * when somebody looks at it.
 */

import { FORCED_CHARGE } from "./control.js";
import { ForcedCharge } from "./forced_charge.js";
import { EDITOR, defineCards } from "./own_cards.js";
import { FEW_PLANTS, overviewView, pathOf } from "./overview.js";
import { messageView, plantView } from "./plant.js";
import { offer } from "./power-flow.js";
import { hasNewStatistics, plantsOf } from "./registry.js";
import { language, ownTexts, textsOf } from "./texts.js";

// Named here, so that a browser asks for all modules at once, not for one level after the other.
import "./alarm_list.js";
import "./alarms.js";
import "./bars.js";
import "./calendar.js";
import "./cards.js";
import "./chart.js";
import "./command.js";
import "./curve.js";
import "./device_list.js";
import "./device_values.js";
import "./devices.js";
import "./editor.js";
import "./elements.js";
import "./flow-model.js";
import "./flow-scene.js";
import "./flow.js";
import "./graphs.js";
import "./health.js";
import "./numbers.js";
import "./powers.js";
import "./ranking.js";
import "./records.js";
import "./statistics.js";
import "./status.js";
import "./story.js";
import "./sums.js";
import "./table.js";
import "./today.js";
import "./totals.js";

const TYPE = "smartpvms";
const NAME = "Huawei FusionSolar";
const ICON = "mdi:solar-power-variant";
const REGISTRIES = ["entities", "devices"];

/** The dashboard: a view per plant, and before them the overview of several. */
class Dashboard extends HTMLElement {
  static registryDependencies = REGISTRIES;

  static getCreateSuggestions() {
    return { title: NAME, icon: ICON };
  }

  static async getConfigElement() {
    return document.createElement(EDITOR);
  }

  static async generate(config, hass) {
    const { own } = await textsOf(hass);
    const plants = plantsOf(hass, config.plants);
    if (!plants.length) {
      return { views: [{ title: NAME, ...messageView(own.no_plant) }] };
    }
    const hidden = config.hidden && { hidden: config.hidden };
    const views = plants.map((plant) => ({
      title: plant.name,
      path: pathOf(plant),
      ...(plants.length > FEW_PLANTS && { subview: true }),
      strategy: { type: `custom:${TYPE}-plant`, plant: plant.id, ...hidden },
    }));
    const overview = {
      title: own.overview,
      path: "overview",
      strategy: {
        type: `custom:${TYPE}-overview`,
        ...(config.plants && { plants: config.plants }),
      },
    };
    return { title: NAME, views: plants.length > 1 ? [overview, ...views] : views };
  }
}

/** A view, built anew when there is something more to show in it. */
class View extends HTMLElement {
  static registryDependencies = REGISTRIES;

  static shouldRegenerate(config, before, after) {
    const isNew = (name) => before[name] !== after[name];
    return REGISTRIES.some(isNew) || hasNewStatistics(before, after);
  }
}

class Overview extends View {
  static async generate(config, hass) {
    return overviewView(hass, config.plants, await textsOf(hass));
  }
}

class Plant extends View {
  static async generate(config, hass) {
    return plantView(hass, config.plant, await textsOf(hass), config.hidden);
  }
}

customElements.define(`ll-strategy-dashboard-${TYPE}`, Dashboard);
customElements.define(`ll-strategy-view-${TYPE}-overview`, Overview);
customElements.define(`ll-strategy-view-${TYPE}-plant`, Plant);
customElements.define(FORCED_CHARGE, ForcedCharge);

defineCards();

const own = await ownTexts(language());
offer(own);
window.customStrategies = window.customStrategies || [];
window.customStrategies.push({
  type: TYPE,
  strategyType: "dashboard",
  name: NAME,
  description: own.description,
});
