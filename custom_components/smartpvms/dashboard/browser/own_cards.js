/** The custom elements of this dashboard's own cards. */

import { Bars } from "./bars.js";
import { OWN } from "./cards.js";
import { Curve } from "./curve.js";
import { Status } from "./status.js";

/** Tell the browser of all cards. */
export function defineCards() {
  const elements = { status: Status, curve: Curve, bars: Bars };
  for (const [name, card] of Object.entries(elements)) {
    customElements.define(OWN[name], card);
  }
}
