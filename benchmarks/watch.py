"""Finds callbacks that block the event loop, and the code that runs in them."""

from asyncio import events
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import gc
import sys
import threading
from time import sleep, thread_time
from types import FrameType
from typing import Final

OURS: Final = "/custom_components/smartpvms/"
_SAMPLE_EVERY: Final = 0.004
_DEEPEST: Final = 60


@dataclass(slots=True)
class Block:
    """A long callback: its processor seconds, and stacks sampled while it ran.

    A stack lists `file:function`, innermost first.
    """

    seconds: float
    stacks: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def is_ours(self) -> bool:
        """Return whether the integration ran in a part of the callback."""
        return any(OURS in place for stack in self.stacks for place in stack)

    def is_in(self, place: str) -> bool:
        """Return whether at least half of the samples have `place` in their stack."""
        met = sum(any(place in frame for frame in stack) for stack in self.stacks)
        return 2 * met >= len(self.stacks)

    def where(self, most: int = 3) -> str:
        """Return a text with the seconds and the most frequent functions."""
        found = Counter(
            place.partition(OURS)[2]
            for stack in self.stacks
            for place in dict.fromkeys(stack)
            if OURS in place
        )
        count = len(self.stacks) or 1
        places = [f"{100 * n // count} % {place}" for place, n in found.most_common()]
        inner = Counter(stack[0].rpartition("/")[2] for stack in self.stacks)
        tips = [f"{place}" for place, _ in inner.most_common(most)]
        return f"{self.seconds:.3f} s: {', '.join(places)}; in {', '.join(tips)}"


class Watch:
    """Samples the stack of the loop's thread and keeps the samples of long callbacks.

    Seconds are processor time of the thread, which neither other processes nor the
    frozen clock of a test change.
    """

    def __init__(self, at_least: float) -> None:
        """Keep callbacks of at least so many seconds."""
        self.at_least = at_least
        self.blocks: list[Block] = []
        self.longest = 0.0
        self._stacks: list[tuple[str, ...]] = []
        self._thread = threading.get_ident()
        self._ends = False

    @property
    def ours(self) -> list[Block]:
        """Return the blocks in which the integration ran."""
        return [block for block in self.blocks if block.is_ours]

    def run(self, handle: events.Handle, run: Callable[[events.Handle], None]) -> None:
        """Run a handle of the loop and measure it."""
        stacks: list[tuple[str, ...]] = []
        self._stacks = stacks
        begun = thread_time()
        try:
            run(handle)
        finally:
            seconds = thread_time() - begun
            # Samples of the waiting loop belong to no callback.
            self._stacks = []
            self.longest = max(self.longest, seconds)
            if seconds >= self.at_least:
                self.blocks.append(Block(seconds, stacks))

    def sample(self) -> None:
        """Sample the stack of the thread until stopped; runs in a second thread."""
        while not self._ends:
            sleep(_SAMPLE_EVERY)
            stacks = self._stacks
            if frame := sys._current_frames().get(self._thread):  # noqa: SLF001
                stacks.append(_stack(frame))

    def stop(self) -> None:
        """End the sampling."""
        self._ends = True


@contextmanager
def watching(at_least: float = 0.1) -> Iterator[Watch]:
    """Watch the event loop of this thread.

    Garbage collection is off meanwhile, because its length depends on all objects of
    Home Assistant.
    """
    watch = Watch(at_least)
    run = events.Handle._run  # noqa: SLF001
    sampler = threading.Thread(target=watch.sample, daemon=True)
    sampler.start()
    events.Handle._run = lambda handle: watch.run(handle, run)  # type: ignore[assignment,method-assign]  # noqa: SLF001
    gc.disable()
    try:
        yield watch
    finally:
        gc.enable()
        events.Handle._run = run  # type: ignore[method-assign]  # noqa: SLF001
        watch.stop()
        sampler.join()


def _stack(frame: FrameType | None) -> tuple[str, ...]:
    places: list[str] = []
    while frame is not None and len(places) < _DEEPEST:
        code = frame.f_code
        places.append(f"{code.co_filename}:{code.co_name}")
        frame = frame.f_back
    return tuple(places)
