"""Control of battery and feed-in (editions 24.4 to 26.2), below /rest/openapi/pvms."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from simulator.control import FORCED, Change, Job, Task, largest_kw
from simulator.envelope import CODES, Answer, Refused
from simulator.model import Plant
from simulator.world import Forced, Mode, Rules, Window

from .arguments import Asked

EXPORT = "nbi/v2/control/active-power-control"
MODE = "nbi/v1/control/battery/mode"
BOUNDS = "nbi/v1/control/battery/configuration"
FORCED_STATE = "v1/vpp/chargeAndDischargeStatus"
READ_EXPORT = "nbi/v1/configuration/active-power-control-mode"
READ_MODE = "nbi/v1/configuration/battery-mode"

MOST_PLANTS, MOST_CHARGES, MOST_WINDOWS = 10, 100, 14
SMALLEST_KW = -1000.0
SAME = "the value is the same as the present one"

type Part = Mapping[str, Any]
type Reader = Callable[[Asked, Plant, Part], Change]


class _Same(Exception):
    """Raised where a plant already has what was asked for."""


def _number(value: Any, low: float, high: float, code: int = 20611) -> float:
    """Return a number, which may be a text; Refused outside its bounds."""
    try:
        found = float(value)
    except TypeError, ValueError:
        raise Refused(20612 if code == 20611 else code) from None
    if not low <= found <= high:
        raise Refused(code)
    return found


def _plant(asked: Asked, code: str, *, battery: bool) -> Plant:
    """Return a plant that can be steered; otherwise Refused."""
    plant = next((one for one in asked.sim.plants if one.code == code), None)
    if plant is None:
        raise Refused(20622)
    asked.check_allowed((code,))
    if code in asked.sim.control.unconsented:
        raise Refused(20621)
    if len(plant.controllers) != 1:
        raise Refused(20609)
    if battery and not plant.site.storages:
        raise Refused(20610)
    return plant


def _export(asked: Asked, plant: Plant, part: Part) -> Change:
    mode = str(part.get("controlMode"))
    limit: float | None = None
    if mode == "6":
        info = part.get("controlInfo")
        given = info if isinstance(info, dict) else {}
        limit = _number(given.get("maxGridFeedInPower"), SMALLEST_KW, largest_kw(plant))
    elif mode != "0":
        raise Refused(20611)
    if asked.sim.control.rules(plant).export_kw == limit:
        raise _Same
    return lambda rules: replace(rules, export_kw=limit)


def _minutes(text: Any) -> int:
    hours, _, minutes = str(text).partition(":")
    if not (hours.isdigit() and minutes.isdigit()):
        raise Refused(20611)
    return int(_number(hours, 0, 24)) * 60 + int(_number(minutes, 0, 59))


def _window(given: Part) -> Window:
    start, end = _minutes(given.get("startTime")), _minutes(given.get("endTime"))
    action = given.get("chargeOrDischarge")
    if start >= end or action not in {"charge", "discharge"}:
        raise Refused(20611)
    days = frozenset(int(_number(day, 1, 7)) for day in given.get("repeat", []))
    return Window(start, end, action == "charge", days)


def _mode(asked: Asked, plant: Plant, part: Part) -> Change:
    try:
        mode = Mode(str(part.get("operationMode")))
    except ValueError:
        raise Refused(20611) from None
    given = part.get("chargingAndDischargingTimeWindow") or []
    if len(given) > MOST_WINDOWS:
        raise Refused(20611)
    windows = tuple(_window(one) for one in given)
    drawn = _number(part.get("allowedAcChargePower", 0), 0, 50_000)
    to_grid = part.get("redundantPVEnergyPriority") == "fedToGridPreference"
    if asked.sim.control.rules(plant).mode is mode is Mode.SELF_CONSUMPTION:
        raise _Same

    def change(rules: Rules) -> Rules:
        return replace(
            rules,
            mode=mode,
            windows=windows,
            surplus_to_grid=to_grid,
            ac_charge_kw=drawn,
        )

    return change


BOUNDS_OF: dict[str, tuple[str, float, float, float]] = {
    "endOfChargeSoc": ("highest", 90, 100, 100),
    "endOfDischargeSoc": ("lowest", 0, 20, 100),
    "maximumChargePower": ("charge_kw", 0, 1e9, 1000),
    "maximumDischargePower": ("discharge_kw", 0, 1e9, 1000),
}
"""Attribute of the rules, bounds, and the divisor that gives its unit."""


def _bounds(asked: Asked, plant: Plant, part: Part) -> Change:
    info = part.get("batteryConfigurationInfo")
    given = {key: info[key] for key in BOUNDS_OF if key in info} if info else {}
    if not given:
        raise Refused(20612)
    changed: dict[str, Any] = {}
    for key, value in given.items():
        name, low, high, divisor = BOUNDS_OF[key]
        changed[name] = _number(value, low, high) / divisor
    return lambda rules: replace(rules, **changed)


def _forced(asked: Asked, plant: Plant, part: Part) -> Change:
    control, switch = asked.sim.control, str(part.get("dispatchSwitch"))
    if switch == "0":
        control.stop(FORCED, plant)
        return lambda rules: replace(rules, forced=None)
    if switch not in {"1", "2"}:
        raise Refused(20040)
    power = _number(part.get("powerDispatch"), -1e9, 1e9, 20047) / 1000
    if power == 0 or (power > 0) != (switch == "1"):
        raise Refused(20047)
    target = until = None
    kind = str(part.get("controlType"))
    if kind == "1":
        target = _number(part.get("targetSOC"), 0, 100, 20042) / 100
    elif kind == "2":
        minutes = _number(part.get("dispatchTime"), 1, 1440, 20043)
        until = asked.at + control.delay + minutes * 60
    else:
        raise Refused(20041)
    return lambda rules: replace(rules, forced=Forced(power, target, until))


def _parts(asked: Asked, most: int) -> list[Part]:
    """Return the parts of a task; Refused for none, too many or a plant twice."""
    tasks = asked.body.get("tasks")
    given = tasks if isinstance(tasks, list) else []
    parts: list[Part] = [one for one in given if isinstance(one, dict)]
    if not parts:
        raise Refused(20607)
    if len(parts) > most:
        raise Refused(20611)
    codes = [one.get("plantCode") for one in parts]
    if len(set(codes)) < len(codes):
        raise Refused(20608)
    return parts


def _not_busy(asked: Asked, kind: str, plant: Plant, part: Part) -> None:
    """Raise Refused 20615 where a task of the kind runs, but for a stop."""
    stops = str(part.get("dispatchSwitch")) == "0"
    if not stops and asked.sim.control.busy(kind, plant):
        raise Refused(20615)


def _delivered(
    asked: Asked, kind: str, reader: Reader, *, battery: bool = True, most: int
) -> tuple[Task | None, dict[str, str]]:
    """Return the begun task, and why plants were refused; Refused for a single one."""
    control, parts = asked.sim.control, _parts(asked, most)
    taken: list[tuple[Plant, dict[str, object], Change]] = []
    refused: dict[str, str] = {}
    for part in parts:
        code = str(part.get("plantCode"))
        try:
            plant = _plant(asked, code, battery=battery)
            _not_busy(asked, kind, plant, part)
            taken.append((plant, dict(part), reader(asked, plant, part)))
        except _Same:
            refused[code] = SAME
        except Refused as error:
            if len(parts) == 1:
                raise
            refused[code] = CODES[error.code]
    return (control.deliver(kind, taken) if taken else None), refused


def _code(task: Task | None, refused: Mapping[str, str]) -> int:
    """Return the fail code of a task: 0 all, 1 some, 2 none of the plants."""
    if task is None:
        return 2
    return 1 if refused else 0


def _id(asked: Asked, number: int) -> int | str:
    """Return an id; it is a number now and then."""
    return number if asked.sim.quirks else str(number)


def _deliver(kind: str, reader: Reader, *, battery: bool = True) -> Any:
    """Return the handler that delivers a task of a kind."""

    def handle(asked: Asked) -> Answer:
        task, refused = _delivered(
            asked, kind, reader, battery=battery, most=MOST_PLANTS
        )
        rows: list[dict[str, Any]] = [
            {"plantCode": job.plant.code, "status": "RUNNING", "message": None}
            for job in (task.jobs if task else ())
        ]
        rows += [
            {"plantCode": code, "status": "FAIL", "message": why}
            for code, why in refused.items()
        ]
        number = _id(asked, task.id) if task else None
        code = _code(task, refused)
        return Answer({"taskId": number, "result": rows}, code < 2, code=code)

    return handle


def _task(asked: Asked, key: str, kind: str) -> Task:
    """Return a task by its id; Refused where there is none."""
    text = asked.text(key)
    if not text:
        raise Refused(20616)
    task = asked.sim.control.tasks.get(int(text)) if text.isdigit() else None
    if task is None or task.kind != kind:
        raise Refused(20620)
    return task


def _followed(kind: str) -> Any:
    """Return the handler that says what came of a task of a kind."""

    def row(asked: Asked, job: Job) -> dict[str, Any]:
        status, message = "RUNNING", None
        if not job.runs(asked.at):
            good = job.outcome == "SUCCESS"
            status, message = ("SUCCESS", "") if good else ("FAIL", job.outcome.value)
        return {**job.asked, "status": status, "message": message}

    def handle(asked: Asked) -> Answer:
        task = _task(asked, "taskId", kind)
        over = all(not job.runs(asked.at) for job in task.jobs)
        end = int(max(job.ends for job in task.jobs) * 1000) if over else None
        begun = int(task.jobs[0].begun * 1000)
        rows = [row(asked, job) for job in task.jobs]
        return Answer({"dispatchResult": rows, "startTime": begun, "endTime": end})

    return handle


def _deliver_forced(asked: Asked) -> Answer:
    task, refused = _delivered(asked, FORCED, _forced, most=MOST_CHARGES)
    number = task.id if task else None
    rows: list[dict[str, Any]] = [
        {
            "plantCode": job.plant.code,
            "sn": job.plant.controllers[0].serial,
            "dispatchResult": 0,
            "subTaskId": f"{number}-{index}",
            "description": "",
        }
        for index, job in enumerate(task.jobs if task else ())
    ]
    rows += [
        {"plantCode": code, "sn": None, "dispatchResult": 1, "description": why}
        for code, why in refused.items()
    ]
    code = _code(task, refused)
    data = {"requestID": None if number is None else _id(asked, number), "result": rows}
    return Answer(data, code < 2, code=code)


def _forced_state(asked: Asked) -> Answer:
    task = _task(asked, "requestID", FORCED)
    rows = []
    for job in task.jobs:
        runs = job.runs(asked.at)
        done = job.plant.world.energy(job.begun, min(job.ends, asked.at))
        good = job.outcome == "SUCCESS"
        rows.append(
            {
                "plantCode": job.plant.code,
                "sn": job.plant.controllers[0].serial,
                "remoteID": str(task.id),
                "status": 1 if runs else 0 if good else 2,
                "chargedCapacity": done.charge(),
                "dischargedCapacity": done.discharge(),
                "execStartTime": int(job.begun * 1000),
                "execEndTime": None if runs else int(job.ends * 1000),
                "message": "" if good or runs else job.outcome.value,
            }
        )
    return Answer(rows)


def _read_export(asked: Asked) -> Answer:
    plant = _plant(asked, asked.text("plantCode"), battery=False)
    limit = asked.sim.control.rules(plant).export_kw
    name = asked.sim.control.mode_field
    if limit is None:
        return Answer({name: "noLimit"})
    shown: float | str = str(limit) if asked.sim.quirks else limit
    value = {"limitationMode": "totalPower", "maxGridFeedInPowerValue": shown}
    return Answer({name: "limitedPowerGridKW", "limitedPowerGridValueParam": value})


def _read_mode(asked: Asked) -> Answer:
    plant = _plant(asked, asked.text("plantCode"), battery=True)
    rules = asked.sim.control.rules(plant)
    data: dict[str, Any] = {"operationMode": rules.mode.value}
    if rules.mode is Mode.TIME_OF_USE:
        data["touOperationModeParamDetail"] = {
            "allowedAcChargePower": rules.ac_charge_kw
        }
    return Answer(data)


HANDLERS: dict[str, Callable[[Asked], Answer]] = {
    f"{EXPORT}/async-task": _deliver(EXPORT, _export, battery=False),
    f"{EXPORT}/task-info": _followed(EXPORT),
    f"{MODE}/async-task": _deliver(MODE, _mode),
    f"{MODE}/task-info": _followed(MODE),
    f"{BOUNDS}/async-task": _deliver(BOUNDS, _bounds),
    f"{BOUNDS}/task-info": _followed(BOUNDS),
    f"{FORCED}/async-task": _deliver_forced,
    FORCED_STATE: _forced_state,
    READ_EXPORT: _read_export,
    READ_MODE: _read_mode,
}
