"""Completes the translations: numbered keys have the texts of their number 1.

A translator writes `pv1_u` as "PV{number} voltage"; this script copies the text to
`pv2_u` and the others and sorts the entities. `--check` changes nothing and fails if
a file is incomplete. Run with the environment of the tests.
"""

import argparse
import json
from pathlib import Path
import re
import sys

sys.path.insert(0, str(Path(__file__).parent.parent))

from custom_components.smartpvms.catalogue import DERIVED, DEVICE_TYPES, PLANT
from custom_components.smartpvms.catalogue.underperformance import COMPARISONS

TRANSLATIONS = Path("custom_components/smartpvms/translations")

type Tree = dict[str, dict[str, dict[str, dict[str, object]]]]


def numbered_keys() -> dict[str, list[str]]:
    """Return the keys with a number in them, by platform."""
    rows = [kpi for kind in DEVICE_TYPES.values() for kpi in kind.kpis]
    keys = {
        "sensor": dict.fromkeys(kpi.key for kpi in (*PLANT, *DERIVED, *rows)),
        "binary_sensor": [row.key for row in COMPARISONS],
    }
    return {
        platform: [key for key in found if re.search(r"\d", key)]
        for platform, found in keys.items()
    }


def complete(tree: Tree) -> Tree:
    """Return the translations with the texts of all numbered keys."""
    for platform, keys in numbered_keys().items():
        texts = tree["entity"][platform]
        for key in keys:
            first = re.sub(r"\d+", "1", key, count=1)
            if first in texts:
                texts[key] = dict(texts[first])
        tree["entity"][platform] = dict(sorted(texts.items(), key=_natural))
    return tree


def _natural(item: tuple[str, object]) -> list[tuple[bool, int, str]]:
    parts = re.split(r"(\d+)", item[0])
    return [(p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts]


def main() -> int:
    """Complete or check all languages; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    stale = []
    for path in sorted(TRANSLATIONS.glob("*.json")):
        before = path.read_text(encoding="utf-8")
        tree = complete(json.loads(before))
        after = json.dumps(tree, indent=2, ensure_ascii=False) + "\n"
        if before != after:
            stale.append(path.name)
            if not check:
                path.write_text(after, encoding="utf-8")
    if check and stale:
        print(f"run script/translations.py: {', '.join(stale)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
