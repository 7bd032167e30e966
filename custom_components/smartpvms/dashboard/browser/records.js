/** Best days and months of a plant's years. */

const DAY = 86_400_000;
/** Days that may be missing: a plant is off line now and then. */
const MISSING = 3;

/** Return the best day of rows with year, month, day and change; undefined without any. */
export const bestDay = (days) => best(days);

/** Return the best month whose days are there, all of them, or that is its year's running one. */
export function bestMonth(days) {
  const months = new Map();
  for (const { year, month, change } of days) {
    const key = `${year}-${month}`;
    const known = months.get(key) ?? { year, month, change: 0 };
    months.set(key, { ...known, change: known.change + change });
  }
  return best([...months.values()]);
}

/** Return the sum of a year's days; undefined where some of them are missing. */
export function yearSum(days, isDone) {
  const [first, last] = [days[0], days.at(-1)];
  const numberOf = ({ year, month, day }) => Date.UTC(year, month - 1, day) / DAY;
  const isWhole = numberOf(last) - numberOf(first) + 1 - days.length <= MISSING;
  const isFromStart = first.month === 1 && first.day === 1;
  if (!isWhole || (!isFromStart && !isDone)) return undefined;
  return days.reduce((all, { change }) => all + change, 0);
}

function best(rows) {
  return rows.reduce(
    (found, row) => (!found || row.change > found.change ? row : found),
    undefined,
  );
}
