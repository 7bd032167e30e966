"""Checks what no linter sees: that code, YAML, texts and documents agree.

The rules are in `script/rules`. Run with the environment of the tests;
`script/check` does.
"""

from pathlib import Path
import sys

sys.path.insert(0, str(Path(__file__).parent.parent))

from script.rules import RULES, Project


def main() -> int:
    """Say all that is wrong."""
    project = Project(Path(__file__).parent.parent)
    wrong = [fault for rule in RULES for fault in rule(project)]
    for fault in wrong:
        print(fault)
    print(f"{len(RULES)} rules, {len(wrong)} faults")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
