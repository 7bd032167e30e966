"""Saved JSON, read without trusting its shape. Pure."""

from datetime import date, datetime
import re
from typing import Final, TypeGuard

from ..northbound.bounds import LARGEST, LAST_YEAR, LATEST

FIRST_YEAR: Final = 1970


def as_dict(saved: object) -> dict[str, object]:
    """Return a JSON object, an empty one for anything else."""
    return saved if isinstance(saved, dict) else {}


def by_id(saved: object) -> dict[int, object]:
    """Return items by the id of a device or type; JSON keys are text."""
    return {
        int(key): item
        for key, item in as_dict(saved).items()
        if re.fullmatch(r"-?[0-9]{1,19}", key)
    }


def load_ids(saved: object) -> set[int]:
    """Return a list of ids."""
    ids = saved if isinstance(saved, list) else []
    return {key for key in ids if is_whole(key)}


def texts(saved: object) -> set[str]:
    """Return the texts of a list."""
    items = saved if isinstance(saved, list) else []
    return {item for item in items if isinstance(item, str)}


def load_flags(saved: object) -> dict[int, bool]:
    """Return flags by the id of a device."""
    return {key: flag is True for key, flag in by_id(saved).items()}


def numbers(saved: object) -> dict[str, float]:
    """Return the numbers of a JSON object."""
    return {
        key: number
        for key, item in as_dict(saved).items()
        if (number := amount(item)) is not None
    }


def times(saved: object) -> dict[str, float]:
    """Return the times (epoch seconds) of a JSON object."""
    return {
        key: at
        for key, item in as_dict(saved).items()
        if (at := instant(item)) is not None
    }


def is_whole(saved: object) -> TypeGuard[int]:
    """Tell whether it is a whole number that can be saved again."""
    return isinstance(saved, int) and not isinstance(saved, bool) and abs(saved) < 2**63


def amount(saved: object) -> float | None:
    """Return a number that can be reckoned with, None for anything else."""
    if isinstance(saved, bool) or not isinstance(saved, int | float):
        return None
    return float(saved) if -LARGEST <= saved <= LARGEST else None


def instant(saved: object) -> float | None:
    """Return a time in epoch seconds, None where no clock can show it."""
    at = amount(saved)
    return at if at is not None and 0 <= at <= LATEST else None


def load_time(saved: object) -> datetime | None:
    """Return a time with its offset, None for anything else."""
    try:
        at = datetime.fromisoformat(saved) if isinstance(saved, str) else None
    except ValueError:
        return None
    if at is None or at.utcoffset() is None:
        return None
    return at if FIRST_YEAR <= at.year < LAST_YEAR else None


def load_date(saved: object) -> date | None:
    """Return a day, None for anything else."""
    try:
        day = date.fromisoformat(saved) if isinstance(saved, str) else None
    except ValueError:
        return None
    return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None
