"""The dashboard's view of a recorded house as YAML, for docs/dashboard.md."""

from collections.abc import Mapping
import json
from pathlib import Path
import shutil
import subprocess
from typing import Any, Final, override

import yaml

ROOT: Final = Path(__file__).parent.parent.parent
MODULE: Final = Path(__file__).with_suffix(".mjs")
HOUSE: Final = "sonnenhof"


class _Dumper(yaml.SafeDumper):
    """Writes multi-line texts as blocks, and repeated values without aliases."""

    @override
    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def node() -> str:
    """Return the path of Node: the one of script/setup, else of the PATH."""
    own = ROOT / ".environment" / "node"
    found = str(own) if own.exists() else shutil.which("node")
    if not found:
        raise FileNotFoundError("no Node: run script/setup")
    return found


def views() -> dict[str, Any]:
    """Return the views of the recorded plants (`views`) and their `overview`."""
    done = subprocess.run((node(), str(MODULE)), check=True, capture_output=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def tables(texts: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the house's view as a fenced YAML block, under the name ``view``."""
    view = {"title": "Sonnenhof", "path": HOUSE, **views()["views"][HOUSE]}
    written = yaml.dump(
        [view],
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=1000,
    )
    return {"view": f"```yaml\n{written}```"}
