/** The custom elements of this dashboard's own cards. */

import { Alarms } from "./alarm_list.js";
import { Bars, FleetBars } from "./bars.js";
import { Calendar } from "./calendar.js";
import { OWN } from "./cards.js";
import { Command } from "./command.js";
import { Curve } from "./curve.js";
import { Devices } from "./device_list.js";
import { Editor } from "./editor.js";
import { Status } from "./status.js";
import { Story } from "./story.js";
import { Table } from "./table.js";
import { Totals } from "./totals.js";

const ELEMENTS = {
  status: Status,
  alarms: Alarms,
  curve: Curve,
  bars: Bars,
  story: Story,
  totals: Totals,
  calendar: Calendar,
  command: Command,
  devices: Devices,
  table: Table,
  fleet: FleetBars,
};

/** The dashboard's visual editor. */
export const EDITOR = "smartpvms-dashboard-editor";

/** Tell the browser of all cards. */
export function defineCards() {
  for (const [name, card] of Object.entries(ELEMENTS)) customElements.define(OWN[name], card);
  customElements.define(EDITOR, Editor);
}
