"""Commands and settings as they are saved and read again; reasons in words."""

from contextlib import suppress
from dataclasses import asdict
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_load_integrations
from hypothesis import given, strategies as st
import pytest

from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.control.commands import (
    KEPT,
    NEVER_ENDED,
    NO_ANSWER,
    Command,
    pruned,
    restored,
)
from custom_components.smartpvms.control.plants import PlantSettings
from custom_components.smartpvms.control.reasons import known_reason, reason_text
from custom_components.smartpvms.northbound import Interface
from custom_components.smartpvms.northbound.tasks import (
    BatteryLimits,
    ExportControl,
    ExportLimit,
    ExportMode,
    ForcedCharge,
    OperationMode,
    Outcome,
    Setting,
    Status,
)
from custom_components.smartpvms.storage.store import DAMAGE

NOW = 1_780_000_000.0
DONE = Outcome(Status.SUCCEEDED)


def command(setting: Setting | None = None, task: str | None = "1") -> Command:
    found = Command.of(
        {"A": setting or ExportLimit(2), "B": setting or ExportLimit(3)}, NOW
    )
    found.task = task
    return found


def test_a_command_survives_a_restart() -> None:
    one = command()
    assert one.apply({"A": DONE, "C": DONE, "B": Outcome(Status.RUNNING)}, NOW) == ["A"]
    [again] = restored([Command.load(json.loads(json.dumps(one.dump())))], NOW + 5)
    assert again == one
    assert again.runs_at("B")
    assert not again.runs_at("A")
    assert again.apply({"A": Outcome(Status.FAILED), "B": DONE}, NOW + 9) == ["B"]
    assert (again.ended_at, again.outcomes["A"]) == (NOW + 9, DONE)


def test_a_command_without_a_task_is_never_sent_again() -> None:
    [again] = restored([Command.load(command(task=None).dump())], NOW + 5)
    assert not again.is_running
    assert again.outcomes["A"] == Outcome(Status.FAILED, NO_ANSWER)


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "x"},
        {"sent_at": None},
        {"wishes": []},
        {"wishes": {"A": {"watts": {}}}},
        {"outcomes": {"A": {"status": "what", "reason": None}}},
        {"task": 7},
    ],
)
def test_a_command_of_another_shape_is_damage(changed: dict[str, Any]) -> None:
    with pytest.raises(DAMAGE):
        Command.load(command().dump() | changed)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*command().dump(), *PlantSettings().dump(), "A", "status"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from([*command().dump()]), JSON), JSON)
def test_any_json_is_read_whole_or_damage(changed: Any, other: Any) -> None:
    with suppress(*DAMAGE):
        json.dumps(Command.load(command().dump() | changed).dump(), allow_nan=False)
    with suppress(*DAMAGE):
        settings = PlantSettings().dump() | {"bounds": other, "export": changed}
        json.dumps(PlantSettings.load(settings).dump(), allow_nan=False)


def test_old_commands_are_pruned_but_for_those_that_run() -> None:
    commands = [command() for _ in range(KEPT + 5)]
    for one in commands[1:]:
        one.fail(NEVER_ENDED, NOW)
    kept = pruned(commands)
    assert len(kept) == KEPT + 1
    assert kept[0] is commands[0]


def test_a_forced_charge_may_take_a_day() -> None:
    charge, limit = command(ForcedCharge(5, minutes=9)), command()
    assert limit.is_overdue(NOW + 2 * 3600)
    assert not charge.is_overdue(NOW + 24 * 3600)
    assert charge.is_overdue(NOW + 26 * 3600)
    # A clock that was far ahead.
    assert charge.is_overdue(NOW - 2 * 3600)
    assert command(ForcedCharge(0)).is_stop
    assert not charge.is_stop
    assert not limit.is_stop


def test_settings_survive_a_restart() -> None:
    known = PlantSettings(bounds={"end_of_charge_soc": 95.0})
    known.apply(ExportControl(ExportMode.LIMITED, 2.5), NOW)
    known.apply(OperationMode.TIME_OF_USE, NOW)
    known.due_at["x"] = NOW
    again = PlantSettings.load(known.dump())
    assert again == known
    assert again.limit == 2.5
    again.apply(ExportControl(ExportMode.NO_LIMIT), NOW)
    assert again.limit == 2.5
    again.refuse(Interface.EXPORT_CONTROL, 20609)
    again.refuse(Interface.BATTERY_MODE_READ, 20621)
    assert (again.export, again.mode) == (None, None)
    assert PlantSettings.load(again.dump()).refusals == again.refusals
    for damaged in (None, {}, known.dump() | {"export": 5}):
        with pytest.raises(DAMAGE):
            PlantSettings.load(damaged)


def test_limits_are_remembered_by_name() -> None:
    limits = asdict(BatteryLimits(end_of_charge_soc=95))
    assert command(BatteryLimits(end_of_charge_soc=95)).wishes["A"] == limits


async def test_reasons_in_words(hass: HomeAssistant) -> None:
    await async_load_integrations(hass, {DOMAIN})
    assert "could not carry it out" in reason_text(hass, None)
    assert "several controllers" in reason_text(hass, "20609")
    assert "does not say what became" in reason_text(hass, NEVER_ENDED)
    text = reason_text(hass, "a  sentence\nof the server")
    assert text == "FusionSolar gave this reason: a sentence of the server"
    assert len(reason_text(hass, "x" * 1000)) < 250
    assert known_reason("Erika's plant") == "other"
    assert [known_reason(one) for one in (None, "BUSY", "20609", NO_ANSWER)] == [
        None,
        "BUSY",
        "20609",
        NO_ANSWER,
    ]
