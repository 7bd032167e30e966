/** Why a plant does not answer: the repair that Home Assistant shows of its entry. */

const DOMAIN = "smartpvms";
/** Whoever has lists of repairs for so long (milliseconds), asks no more. */
const KEPT = 30_000;
/** What leaves a plant without powers, the most likely first. */
const KINDS = [
  "config_entry_reauth",
  "no_consent",
  "no_access",
  "not_configured",
  "quota_used_up",
  "second_session",
  "plants_missing",
];

let asked = { at: 0 };

/** Return the title of the repair that is about a plant, undefined where there is none. */
export async function reasonOf(hass, plant, now) {
  const entries = hass.devices[plant.id]?.config_entries ?? [];
  const { issues } = await listed(hass, now);
  const ours = issues.filter(
    ({ ignored, issue_id, translation_key }) =>
      !ignored &&
      KINDS.includes(translation_key) &&
      entries.some((entry) => issue_id.includes(entry)),
  );
  const rank = ({ translation_key }) => KINDS.indexOf(translation_key);
  const [issue] = ours.sort((one, other) => rank(one) - rank(other));
  if (!issue) return undefined;
  const { domain = DOMAIN, translation_key, translation_placeholders } = issue;
  const localize = await hass.loadBackendTranslation("issues", domain);
  const key = `component.${domain}.issues.${translation_key}.title`;
  return localize(key, translation_placeholders ?? {}) || undefined;
}

function listed(hass, now) {
  if (asked.connection !== hass.connection || now - asked.at > KEPT) {
    const list = hass
      .callWS({ type: "repairs/list_issues" })
      // An old server, or no right to see them: the banner does without.
      .catch(() => ({ issues: [] }));
    asked = { connection: hass.connection, at: now, list };
  }
  return asked.list;
}
