"""What was saved, read without trusting its shape. Pure."""

import re


def as_dict(saved: object) -> dict[str, object]:
    """Return a JSON object, an empty one for anything else."""
    return saved if isinstance(saved, dict) else {}


def by_id(saved: object) -> dict[int, object]:
    """Return what was saved by the id of a device or type, JSON keys being text."""
    return {
        int(key): item
        for key, item in as_dict(saved).items()
        if re.fullmatch(r"-?[0-9]{1,19}", key)
    }


def load_ids(saved: object) -> set[int]:
    """Return a list of ids."""
    ids = saved if isinstance(saved, list) else []
    return {key for key in ids if isinstance(key, int)}


def load_flags(saved: object) -> dict[int, bool]:
    """Return flags by the id of a device."""
    return {key: flag is True for key, flag in by_id(saved).items()}


def numbers(saved: object) -> dict[str, float]:
    """Return the numbers of a JSON object."""
    return {
        key: float(item)
        for key, item in as_dict(saved).items()
        if isinstance(item, int | float)
    }
