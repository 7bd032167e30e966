"""Checks that code, YAML, texts and documents agree, which no linter does.

The rules are in `script/rules`. Run with the environment of the tests;
`script/check` does.
"""

from pathlib import Path
import sys

sys.path.insert(0, str(Path(__file__).parent.parent))

from script.rules import RULES, Project


def main() -> int:
    """Print all faults; returns 1 if there are any, else 0."""
    project = Project(Path(__file__).parent.parent)
    faults = [fault for rule in RULES for fault in rule(project)]
    for fault in faults:
        print(fault)
    print(f"{len(RULES)} rules, {len(faults)} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
