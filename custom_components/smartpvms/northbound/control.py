"""The control interfaces as typed coroutines: one coroutine is one call.

A task is sent exactly once. What is refused for some or for all plants (failCode 1
and 2) is an answer; every other refusal is a NorthboundError, as everywhere.
"""

from collections.abc import Mapping

from .errors import ResponseError
from .interfaces import TASK_CODE, Interface, Json
from .models import integer
from .session import NorthboundSession
from .tasks import (
    MOST_WINDOWS,
    BatteryLimits,
    BatteryMode,
    Delivery,
    ExportControl,
    ForcedCharge,
    OperationMode,
    Outcome,
    Setting,
    battery_mode,
    outcomes,
)


class ControlClient:
    """Control of the battery and the feed-in of an account's plants."""

    def __init__(self, session: NorthboundSession) -> None:
        """Speak over this session."""
        self._session = session

    async def export_control(self, plant: str) -> ExportControl:
        """Return how a plant's feed-in is controlled."""
        data = await self._session.call(Interface.EXPORT_CONTROL, {"plantCode": plant})
        return ExportControl.from_data(data)

    async def battery_mode(self, plant: str) -> OperationMode:
        """Return the working mode of a plant's battery."""
        data = await self._session.call(
            Interface.BATTERY_MODE_READ, {"plantCode": plant}
        )
        return battery_mode(data)

    async def deliver(self, settings: Mapping[str, Setting]) -> Delivery:
        """Deliver one task, settings of one kind by plant code."""
        kinds = {type(setting) for setting in settings.values()}
        if len(kinds) != 1:
            raise ValueError("settings of one kind")
        (kind,) = kinds
        if len(settings) > kind.most:
            raise ValueError(f"at most {kind.most} plants in one task")
        tasks: list[Json] = [
            {"plantCode": plant, **checked(setting).task()}
            for plant, setting in settings.items()
        ]
        data = await self._session.call(kind.deliver, {"tasks": tasks})
        found = data if isinstance(data, dict) else {}
        code = integer(found.get(TASK_CODE)) or 0
        delivery = Delivery.from_data(data, code, settings)
        if delivery.task is None and code == 0:
            raise ResponseError(kind.deliver, detail="no task id")
        return delivery

    async def outcomes(self, kind: type[Setting], task: str) -> dict[str, Outcome]:
        """Return what became of a task by plant code, one that was not named left out."""
        key = "requestID" if kind is ForcedCharge else "taskId"
        data = await self._session.call(kind.follow, {key: task})
        return outcomes(data)


def checked(setting: Setting) -> Setting:
    """Return a setting that can be sent, or raise ValueError."""
    match setting:
        case BatteryMode(windows=windows) if len(windows) > MOST_WINDOWS:
            raise ValueError(f"at most {MOST_WINDOWS} windows")
        case BatteryLimits() if setting == BatteryLimits():
            raise ValueError("one limit at least")
        case ForcedCharge(target_soc=target, minutes=minutes) if setting.watts and (
            (target is None) == (minutes is None)
        ):
            raise ValueError("a state of charge or a time")
    return setting
