"""Settings of battery and feed-in as the control interfaces take and show them.

Not in the 2020 reference: editions 24.4 to 26.2, as clients that run quote them.
Numbers, modes and ids come as number or as text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final, Self

from .interfaces import Interface, Json
from .models import number, rows, text

PLANTS_PER_TASK: Final = 10
PLANTS_PER_CHARGE: Final = 100
MOST_WINDOWS: Final = 14

type Row = Mapping[str, Json]


class ExportMode(StrEnum):
    """How the feed-in is controlled, by the name that a reading has."""

    NO_LIMIT = "noLimit"
    ZERO_EXPORT = "zeroExportLimitation"
    LIMITED = "limitedPowerGridKW"
    LIMITED_PERCENT = "limitedPowerGridPercent"
    OTHER = "other"


class OperationMode(StrEnum):
    """Working mode of the batteries; the last three can be read, not set."""

    SELF_CONSUMPTION = "maximumSelfConsumption"
    TIME_OF_USE = "TOU"
    FULLY_FED_TO_GRID = "fullyFidToGrid"
    THIRD_PARTY_DISPATCH = "thirdPartyDispatch"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ExportLimit:
    """A limit of the feed-in in kW, None for no limit."""

    kilowatts: float | None

    deliver: ClassVar = Interface.EXPORT_LIMIT
    follow: ClassVar = Interface.EXPORT_LIMIT_RESULT
    most: ClassVar = PLANTS_PER_TASK

    def task(self) -> dict[str, Json]:
        """Return the part of a task for one plant."""
        if self.kilowatts is None:
            return {"controlMode": "0"}
        limit: dict[str, Json] = {
            "maxGridFeedInPower": self.kilowatts,
            "limitationMode": "0",
        }
        return {"controlMode": "6", "controlInfo": limit}


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Hours (HH:MM) on weekdays (Monday is 1) to charge or to discharge."""

    start: str
    end: str
    charges: bool
    weekdays: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BatteryMode:
    """A working mode, with windows for the time of use.

    `grid_charge_kw`: what a charging window may take from the grid; `feeds_surplus`:
    surplus PV goes into the grid before it goes into the battery.
    """

    mode: OperationMode
    windows: tuple[TimeWindow, ...] = ()
    grid_charge_kw: float | None = None
    feeds_surplus: bool | None = None

    deliver: ClassVar = Interface.BATTERY_MODE
    follow: ClassVar = Interface.BATTERY_MODE_RESULT
    most: ClassVar = PLANTS_PER_TASK

    def task(self) -> dict[str, Json]:
        """Return the part of a task for one plant."""
        part: dict[str, Json] = {"operationMode": str(self.mode)}
        if self.feeds_surplus is not None:
            fed = "fedToGridPreference" if self.feeds_surplus else "chargePreference"
            part["redundantPVEnergyPriority"] = fed
        if self.grid_charge_kw is not None:
            part["allowedAcChargePower"] = self.grid_charge_kw
        if self.windows:
            part["chargingAndDischargingTimeWindow"] = [
                {
                    "startTime": window.start,
                    "endTime": window.end,
                    "chargeOrDischarge": "charge" if window.charges else "discharge",
                    "repeat": list(window.weekdays),
                }
                for window in self.windows
            ]
        return part


@dataclass(frozen=True, slots=True)
class BatteryLimits:
    """Bounds of the state of charge (%) and of the powers (W); None stays as it is."""

    end_of_charge_soc: float | None = None
    end_of_discharge_soc: float | None = None
    maximum_charge_power: float | None = None
    maximum_discharge_power: float | None = None

    deliver: ClassVar = Interface.BATTERY_LIMITS
    follow: ClassVar = Interface.BATTERY_LIMITS_RESULT
    most: ClassVar = PLANTS_PER_TASK

    def task(self) -> dict[str, Json]:
        """Return the part of a task for one plant."""
        given = {
            "endOfChargeSoc": self.end_of_charge_soc,
            "endOfDischargeSoc": self.end_of_discharge_soc,
            "maximumChargePower": self.maximum_charge_power,
            "maximumDischargePower": self.maximum_discharge_power,
        }
        info: dict[str, Json] = {k: v for k, v in given.items() if v is not None}
        return {"batteryConfigurationInfo": info}


@dataclass(frozen=True, slots=True)
class ForcedCharge:
    """A forced charge (watts above 0) or discharge (below), or its end (0).

    It goes on to a state of charge (%), or for minutes.
    """

    watts: int
    target_soc: float | None = None
    minutes: int | None = None

    deliver: ClassVar = Interface.FORCED_CHARGE
    follow: ClassVar = Interface.FORCED_CHARGE_STATE
    most: ClassVar = PLANTS_PER_CHARGE

    def task(self) -> dict[str, Json]:
        """Return the part of a task for one plant."""
        if not self.watts:
            return {"dispatchSwitch": 0}
        part: dict[str, Json] = {
            "dispatchSwitch": 1 if self.watts > 0 else 2,
            "powerDispatch": self.watts,
        }
        if self.target_soc is not None:
            return {**part, "controlType": 1, "targetSOC": self.target_soc}
        return {**part, "controlType": 2, "dispatchTime": self.minutes}


type Setting = ExportLimit | BatteryMode | BatteryLimits | ForcedCharge


class Status(StrEnum):
    """What became of a task at a plant."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


STATUSES: Final[Mapping[str, Status]] = {
    "RUNNING": Status.RUNNING,
    "SUCCESS": Status.SUCCEEDED,
    "FAIL": Status.FAILED,
    # Of forced charges.
    "0": Status.SUCCEEDED,
    "1": Status.RUNNING,
    "2": Status.FAILED,
}

NONE_TAKEN: Final = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task at one plant, and the server's word for why.

    `reason` is the server's: FAILURE, TIMEOUT, BUSY, INVALID, EXCEPTION, a number, or
    a sentence. It stays out of logs.
    """

    status: Status
    reason: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the server made of a task: its id, and the outcome by plant code.

    `task` is None where no plant has taken it.
    """

    task: str | None
    outcomes: Mapping[str, Outcome] = field(repr=False)

    @classmethod
    def from_data(cls, data: Json, code: int, asked: Iterable[str]) -> Self:
        """Parse the answer to a task; `code`: 0 all, 1 some, 2 none have taken it."""
        found = data if isinstance(data, dict) else {}
        task = text(found.get("taskId")) or text(found.get("requestID"))
        listed = {
            plant: row
            for row in rows(found.get("result"))
            if (plant := text(row.get("plantCode")))
        }
        outcomes = {
            plant: _delivered(listed.get(plant, {}), code, task is not None)
            for plant in asked
        }
        return cls(task, outcomes)


def _delivered(row: Row, code: int, has_task: bool) -> Outcome:
    """Return what the answer to a task says of one plant."""
    reason = text(row.get("message")) or text(row.get("description"))
    if code == NONE_TAKEN or not has_task:
        return Outcome(Status.FAILED, reason)
    if code == 0:
        return Outcome(Status.RUNNING)
    known = text(row.get("status"))
    if known is not None:
        return Outcome(STATUSES.get(known, Status.RUNNING), reason)
    # `dispatchResult` is 0 or 1, but which is which was never seen: what has a part
    # of the task was taken.
    is_taken = text(row.get("subTaskId")) is not None
    return Outcome(Status.RUNNING) if is_taken else Outcome(Status.FAILED, reason)


def outcomes(data: Json) -> dict[str, Outcome]:
    """Return what became of a task, by plant code; several parts of one count as one.

    A plant is done when all of its parts are, and failed when one of them has.
    """
    listed = data.get("dispatchResult") if isinstance(data, dict) else data
    found: dict[str, Outcome] = {}
    for row in rows(listed):
        plant, shown = text(row.get("plantCode")), text(row.get("status"))
        if plant is None or shown is None or shown not in STATUSES:
            continue
        outcome = Outcome(STATUSES[shown], text(row.get("message")))
        known = found.setdefault(plant, outcome)
        if _rank(outcome.status) > _rank(known.status):
            found[plant] = outcome
    return found


def _rank(status: Status) -> int:
    """Return which status of two parts counts: the higher one."""
    return (Status.SUCCEEDED, Status.FAILED, Status.RUNNING).index(status)


@dataclass(frozen=True, slots=True)
class ExportControl:
    """How a plant's feed-in is controlled, with its limit in kW or percent."""

    mode: ExportMode
    kilowatts: float | None = None
    percent: float | None = None

    @classmethod
    def from_data(cls, data: Json) -> Self:
        """Parse a reading; the mode's field has two names."""
        found = data if isinstance(data, dict) else {}
        shown = found.get("activePowerControlMode", found.get("controlMode"))
        mode = _named(ExportMode, text(shown), ExportMode.OTHER)
        detail: dict[str, Json] = {}
        for key in (
            "zeroExportLimitationParam",
            "limitedPowerGridValueParam",
            "limitedPowerGridPercentParam",
        ):
            part = found.get(key)
            detail |= part if isinstance(part, dict) else {}
        kilowatts = number(detail.get("maxGridFeedInPowerValue"))
        percent = number(detail.get("maxGridFeedInPowerPercent"))
        if mode is ExportMode.LIMITED and kilowatts == 0:
            mode = ExportMode.ZERO_EXPORT
        if mode is ExportMode.ZERO_EXPORT:
            kilowatts = 0.0
        is_kilowatts = mode in (ExportMode.LIMITED, ExportMode.ZERO_EXPORT)
        is_percent = mode is ExportMode.LIMITED_PERCENT
        return cls(
            mode,
            kilowatts if is_kilowatts else None,
            percent if is_percent else None,
        )


def battery_mode(data: Json) -> OperationMode:
    """Return the working mode of a reading."""
    found = data if isinstance(data, dict) else {}
    shown = text(found.get("operationMode"))
    return _named(OperationMode, shown, OperationMode.OTHER)


def _named[E: StrEnum](kind: type[E], name: str | None, otherwise: E) -> E:
    """Return a member by its name in the interface, whatever its case."""
    wanted = (name or "").casefold()
    return next((one for one in kind if one.casefold() == wanted), otherwise)
