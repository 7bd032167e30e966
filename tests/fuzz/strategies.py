"""What real servers were seen to answer, and worse."""

from collections.abc import Iterable
import copy
from dataclasses import dataclass
import json
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st

SECRETS = ("Owner-Plant", "Owner-Serial", "Owner-Token")

ODD_TEXTS = (
    "N/A",
    "null",
    "",
    " ",
    "95.0%",
    "512.0",
    "1e999",
    "-0",
    "305",
    "20007",
    "²",
    "٣",
    "NaN",
    "\ud800",
    "\x00",
    "a_b_c",
    # Keys of our own, which a server's shall not take away.
    "pv_power",
    "day_inverter_power",
    "alarm",
    "firmware",
    "run_state",
    "<html>",
    "9" * 5000,
    *SECRETS,
)
ODD_NUMBERS = (
    0,
    -1,
    305,
    20007,
    512.0,
    15.970000000000027,
    1e308,
    -1e308,
    5e-324,
    float("nan"),
    float("inf"),
    -float("inf"),
    2**53 + 1,
    2**63,
    2**64,
    10**400,
    -(10**30),
    # The ends of the calendar, in milliseconds.
    -62_135_596_800_000,
    253_402_300_799_999,
)


def draws(share: float) -> settings:
    """Return how much a test draws: a share of what the profile says."""
    return settings(
        max_examples=max(1, round(settings().max_examples * share)),
        # Fixtures stay as they are, and a Home Assistant takes its time.
        suppress_health_check=list(HealthCheck),
    )


texts = st.sampled_from(ODD_TEXTS) | st.text(
    st.characters(exclude_categories=()), max_size=20
)
numbers = st.sampled_from(ODD_NUMBERS) | st.integers() | st.floats()
leaves = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
    ),
    max_leaves=10,
)


def _turned(value: Any) -> Any:
    """Return a value as another type, as servers do."""
    match value:
        case bool() | None:
            return str(value)
        case int():
            return float(value) if abs(value) < 2**53 else str(value)
        case float():
            return str(value)
        case str():
            return [value]
        case list():
            return {str(key): item for key, item in enumerate(value)}
        case _:
            return list(value.values())


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change at one place of a document.

    `path` leads there from the outside in, by the place of each key among the others;
    where it is longer than the document is deep, its rest says nothing.
    """

    path: tuple[int, ...]
    kind: str
    odd: Any = None

    def apply(self, root: Any) -> None:
        """Change a list or object in place."""
        parent, key, here = root, 0, root
        for step in self.path:
            if not isinstance(here, dict | list) or not here:
                break
            parent = here
            keys = list(here) if isinstance(here, dict) else range(len(here))
            key = keys[step % len(keys)]
            here = parent[key]
        if not parent:
            return
        match self.kind:
            case "odd":
                parent[key] = copy.deepcopy(self.odd)
            case "gone":
                del parent[key]
            case "twice" if isinstance(parent, list):
                parent.insert(key, copy.deepcopy(here))
            case "twice":
                parent[str(self.odd)[:40]] = here
            case "turned":
                parent[key] = _turned(here)


mutations = st.builds(
    Mutation,
    st.lists(st.integers(0, 99), min_size=1, max_size=7).map(tuple),
    st.sampled_from(["odd", "odd", "odd", "gone", "twice", "turned"]),
    anything,
)
plans = st.lists(mutations, min_size=1, max_size=3)


def applied(plan: Iterable[Mutation], document: Any) -> Any:
    """Return a document with all of these changes."""
    root = [copy.deepcopy(document)]
    for mutation in plan:
        Mutation((0, *mutation.path), mutation.kind, mutation.odd).apply(root)
    return root[0] if root else None


def mutated(document: Any) -> st.SearchStrategy[Any]:
    """Draw a document with up to three places changed, gone, doubled or turned."""
    return plans.map(lambda plan: applied(plan, document))


def spoken(value: Any) -> bytes:
    """Return what goes over the wire: NaN and lone surrogates as servers send them."""
    return json.dumps(value).encode()


@st.composite
def bodies(draw: st.DrawFn, document: Any) -> bytes:
    """Draw a body that is a good answer, or not quite, or none at all."""
    good = spoken(document)
    kind = draw(
        st.sampled_from(
            ["json"] * 6
            + [
                "cut",
                "bom",
                "utf-16",
                "latin",
                "twice",
                "tail",
                "deep",
                "page",
                "noise",
            ]
        )
    )
    match kind:
        case "cut":
            return good[: draw(st.integers(0, len(good)))]
        case "bom":
            return b"\xef\xbb\xbf" + good
        case "utf-16":
            return good.decode().encode("utf-16")
        case "latin":
            return good.replace(b'"', b'"\xe9\xff', draw(st.integers(1, 9)))
        case "twice":
            again = spoken(draw(mutated(document)))
            return good.rstrip(b"}") + b', "data":' + again + b', "failCode":"0"}'
        case "tail":
            return good + draw(st.binary(min_size=1, max_size=9))
        case "deep":
            depth = draw(st.sampled_from([50, 900, 100_000]))
            return b'{"success":true,"data":' + b"[" * depth + b"]" * depth + b"}"
        case "page":
            return b"\n <!DOCTYPE html><title>" + SECRETS[0].encode() + b"</title>"
        case "noise":
            return draw(st.binary(max_size=60))
    return spoken(draw(mutated(document)))
