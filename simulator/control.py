"""What controllers were told, and the tasks that tell them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import ceil

from .clock import Clock
from .model import INVERTERS, Plant, Type
from .world import Rules
from .world.orders import rules_at
from .world.sun import STEP

DAY = 24 * 3600
FORCED = "nbi/v2/control/charge-and-discharge"

type Change = Callable[[Rules], Rules]

LARGEST_KW = {Type.LOGGER: 50_000.0, Type.DONGLE: 5000.0}
"""Largest limit of the feed-in by controller; of an EMMA: the inverters' output."""


class Outcome(StrEnum):
    """How a job ends; all but SUCCESS are messages of a FAIL."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    TIMEOUT = "TIMEOUT"
    BUSY = "BUSY"
    INVALID = "INVALID"
    EXCEPTION = "EXCEPTION"


@dataclass(slots=True)
class Job:
    """A task's part at one plant; times in epoch seconds.

    ``ends``: when its result is known, for a forced charge when it is over.
    """

    plant: Plant
    asked: dict[str, object]
    begun: float
    ends: float
    outcome: Outcome

    def runs(self, now: float) -> bool:
        """Return whether the result is not known yet."""
        return now < self.ends


@dataclass(slots=True)
class Task:
    """A delivered task; ``kind``: the interface without its last part."""

    id: int
    kind: str
    jobs: list[Job]


@dataclass(slots=True)
class Control:
    """Tasks and rules of all plants of a simulator.

    ``delay``: seconds that a controller takes. ``unconsented``: codes of plants whose
    owner has not consented. ``outcomes``: how the next job of a plant ends.
    """

    clock: Clock
    delay: float = 40.0
    unconsented: set[str] = field(default_factory=set)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    mode_field: str = "activePowerControlMode"
    tasks: dict[int, Task] = field(default_factory=dict)
    _rules: dict[str, list[tuple[float, Rules]]] = field(default_factory=dict)

    def rules(self, plant: Plant) -> Rules:
        """Return what a plant's controller would say now."""
        told = tuple(self._rules.get(plant.code, ()))
        return rules_at(told, self.clock.now())

    def change(self, plant: Plant, change: Change, at: float | None = None) -> float:
        """Let new rules hold from now, or an epoch time; returns when a charge ends.

        Powers follow from the next step of five minutes on.
        """
        at = self.clock.now() if at is None else at
        told = self._rules.setdefault(plant.code, [])
        step = ceil(at / STEP) * STEP
        rules = change(rules_at(tuple(told), at))
        told[:] = [one for one in told if one[0] < at]
        told.append((at, rules))
        # Two changes of one step: the second keeps what the first has told.
        plant.told = plant.world.told(step, rules)
        if rules.forced is None:
            return at
        end = self._end(plant, step, rules)
        rest = replace(rules, forced=None)
        told.append((end, rest))
        plant.told = plant.told.told(end, rest)
        return end

    @staticmethod
    def _end(plant: Plant, step: int, rules: Rules) -> float:
        """Return the end of a forced charge in epoch seconds, a day at the latest."""
        forced, world = rules.forced, plant.world
        assert forced is not None
        if forced.until is not None:
            return ceil(forced.until / STEP) * STEP
        storages = plant.site.storages
        whole = sum(one.capacity_kwh for one in storages)
        target = whole * (1.0 if forced.target is None else forced.target)
        sign = 1 if forced.power_kw > 0 else -1
        for at in range(step, step + DAY, STEP):
            level = sum(world.stored(at, index) for index in range(len(storages)))
            if (target - level) * sign <= 0.001 * whole:
                return at
        return step + DAY

    def busy(self, kind: str, plant: Plant) -> bool:
        """Return whether a task of this kind runs at a plant."""
        now = self.clock.now()
        return any(
            job.plant is plant and job.runs(now)
            for task in self.tasks.values()
            if task.kind == kind
            for job in task.jobs
        )

    def deliver(
        self, kind: str, parts: list[tuple[Plant, dict[str, object], Change]]
    ) -> Task:
        """Begin a task at some plants."""
        now, jobs = self.clock.now(), []
        for plant, asked, change in parts:
            outcome = self.outcomes.pop(plant.code, Outcome.SUCCESS)
            ends = now + self.delay
            if outcome is Outcome.SUCCESS:
                over = self.change(plant, change, ends)
                # A setting is done while a forced charge goes on; only that one waits.
                ends = max(ends, over) if kind == FORCED else ends
            jobs.append(Job(plant, asked, now, ends, outcome))
        task = Task(900_001 + len(self.tasks), kind, jobs)
        self.tasks[task.id] = task
        return task

    def stop(self, kind: str, plant: Plant) -> None:
        """End the running jobs of a kind at a plant."""
        now = self.clock.now()
        for task in self.tasks.values():
            for job in task.jobs:
                if task.kind == kind and job.plant is plant and job.runs(now):
                    job.ends = now


def largest_kw(plant: Plant) -> float:
    """Return the largest limit of the feed-in that a plant's controller takes."""
    [controller] = plant.controllers
    rated = sum(
        plant.site.arrays[device.array].limit_kw
        for device in plant.devices
        if device.type in INVERTERS and device.array is not None
    )
    return LARGEST_KW.get(Type(controller.type), rated)
