"""What real servers were seen to answer, and worse."""

from collections.abc import Iterator
import copy
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


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Find every place in a piece of JSON."""
    yield path
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from spots(inner, (*path, key))


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


@st.composite
def mutated(draw: st.DrawFn, document: Any, most: int = 3) -> Any:
    """Draw a document with one or more places changed, gone, doubled or turned."""
    root = [copy.deepcopy(document)]
    for _ in range(draw(st.integers(1, most))):
        # From the outside in: else nearly all places are values of rows.
        path: tuple[Any, ...] = (0,)
        while isinstance(here := _at(root, path), dict | list) and here:
            if draw(st.integers(0, 5)) == 0:
                break
            keys = list(here) if isinstance(here, dict) else range(len(here))
            path = (*path, draw(st.sampled_from(keys)))
        _mutate(draw, root, path)
        if not root:
            return None
    return root[0]


def _at(root: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        root = root[key]
    return root


def _mutate(draw: st.DrawFn, root: list[Any], path: tuple[Any, ...]) -> None:
    parent, key = _at(root, path[:-1]), path[-1]
    match draw(st.sampled_from(["odd", "odd", "odd", "gone", "twice", "turned"])):
        case "odd":
            parent[key] = draw(anything)
        case "gone":
            del parent[key]
        case "twice" if isinstance(parent, list):
            parent.insert(key, copy.deepcopy(parent[key]))
        case "twice":
            parent[draw(texts)] = parent[key]
        case "turned":
            parent[key] = _turned(parent[key])


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
