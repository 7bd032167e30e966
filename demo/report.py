"""Plain-text tables of the check."""

from collections import Counter
from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as columns: the first aligned left, the others right."""
    cells = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(heads))]
    lines = []
    for row in cells:
        first, *others = zip(row, widths, strict=True)
        columns = [first[0].ljust(first[1])]
        columns += [cell.rjust(width) for cell, width in others]
        lines.append("  " + "  ".join(columns))
    lines.insert(1, "  " + "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def calls_table(calls: dict[str, Counter[str]]) -> str:
    """Return the number of calls by interface and outcome as a table."""
    outcomes = sorted({outcome for counts in calls.values() for outcome in counts})
    rows = [
        (interface, *(counts[outcome] or "" for outcome in outcomes))
        for interface, counts in sorted(calls.items())
    ]
    return table(("interface", *outcomes), rows)
