"""Saved JSON, read whole: of another shape than expected it raises ValueError. Pure."""

from collections.abc import Callable
from datetime import date, datetime
from math import inf
from typing import Final

from ..northbound.bounds import LARGEST, LAST_YEAR, LATEST

FIRST_YEAR: Final = 1970


def as_dict(saved: object) -> dict[str, object]:
    """Return a JSON object."""
    if isinstance(saved, dict):
        return saved
    raise ValueError("no object")


def as_list(saved: object) -> list[object]:
    """Return a JSON array."""
    if isinstance(saved, list | tuple):
        return list(saved)
    raise ValueError("no array")


def by_name[T](read: Callable[[object], T]) -> Callable[[object], dict[str, T]]:
    """Return what reads the items of a JSON object."""
    return lambda saved: {name: read(item) for name, item in as_dict(saved).items()}


def by_id[T](read: Callable[[object], T]) -> Callable[[object], dict[int, T]]:
    """Return what reads items by the id of a device or type; JSON keys are text."""
    return lambda saved: {
        whole(int(key)): read(item) for key, item in as_dict(saved).items()
    }


def by_start[T](read: Callable[[object], T]) -> Callable[[object], dict[int, T]]:
    """Return what reads items by when they begin (epoch seconds)."""
    return lambda saved: {
        int(instant(int(start))): read(item) for start, item in as_dict(saved).items()
    }


def optional[T](read: Callable[[object], T]) -> Callable[[object], T | None]:
    """Return what reads a value or None."""
    return lambda saved: None if saved is None else read(saved)


def text(saved: object) -> str:
    """Return a text."""
    if isinstance(saved, str):
        return saved
    raise ValueError("no text")


def flag(saved: object) -> bool:
    """Return a truth value."""
    if isinstance(saved, bool):
        return saved
    raise ValueError("no truth value")


def whole(saved: object) -> int:
    """Return a whole number that can be saved again."""
    if isinstance(saved, int) and abs(saved) < 2**63:
        return int(saved)
    raise ValueError("no whole number")


def amount(saved: object) -> float:
    """Return a number that can be reckoned with."""
    if isinstance(saved, float) and -LARGEST <= saved <= LARGEST:
        return saved
    if isinstance(saved, int | float) and -inf <= saved <= inf:
        return float(max(-LARGEST, min(saved, LARGEST)))
    raise ValueError("no number")


def instant(saved: object) -> float:
    """Return a time in epoch seconds that a clock can show."""
    return max(0.0, min(amount(saved), LATEST))


def ids(saved: object) -> set[int]:
    """Return a list of ids."""
    return set(map(whole, as_list(saved)))


def texts(saved: object) -> set[str]:
    """Return the texts of a list."""
    return set(map(text, as_list(saved)))


def load_time(saved: object) -> datetime:
    """Return a time with its offset."""
    at = datetime.fromisoformat(text(saved))
    if at.utcoffset() is not None and FIRST_YEAR <= at.year < LAST_YEAR:
        return at
    raise ValueError("no time")


def load_date(saved: object) -> date:
    """Return a day."""
    day = date.fromisoformat(text(saved))
    if FIRST_YEAR <= day.year <= LAST_YEAR:
        return day
    raise ValueError("no day")


numbers: Final = by_name(amount)
times: Final = by_name(instant)
