"""Long work in short steps: others have their turn in between."""

import asyncio
from collections.abc import Generator, Mapping
from itertools import batched
from typing import Final, Protocol

DUMPED_AT_ONCE: Final = 40


class Dumps(Protocol):
    """Something that can be saved."""

    def dump(self) -> object:
        """Return it as JSON data."""
        ...


type Steps[T] = Generator[None, None, T]
"""Work in short steps, which returns something in the end."""


def dumping[K](items: Mapping[K, Dumps]) -> Steps[dict[str, object]]:
    """Return items as JSON data by their keys, a few with each step."""
    found: dict[str, object] = {}
    for some in batched(list(items.items()), DUMPED_AT_ONCE):
        found |= {str(key): item.dump() for key, item in some}
        yield
    return found


def finished[T](steps: Steps[T]) -> T:
    """Take all steps at once."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


async def async_finished[T](steps: Steps[T]) -> T:
    """Take all steps, with others in between."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        await asyncio.sleep(0)
