"""Live counters beside a stop of Home Assistant, and beside what rows have told.

Home Assistant writes what is due when it stops, and unloads nothing.
"""

from copy import deepcopy
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.account.connections import _KEY as CONNECTIONS
from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from custom_components.smartpvms.history.feeds import DAYS, Question
from custom_components.smartpvms.history.merge import Span
from custom_components.smartpvms.history.progress import Progress
from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.local_time import ONE_DAY, Days, midnight
from simulator import Simulator

from .life import HOUR, bars_of, pass_time, start, stop

MINUTE = 60


async def stop_as_home_assistant(
    hass: HomeAssistant, entry: MockConfigEntry, files: dict[str, Any]
) -> None:
    """Stop with what the last write has put into the files.

    The event itself would end the recorder too, which goes on here.
    """
    hub: Hub = entry.runtime_data
    for store in (hub._store._store, hub.history._store, hass.data[CONNECTIONS]._store):
        if store._unsub_final_write_listener is not None:
            await store._async_callback_final_write(
                Event(EVENT_HOMEASSISTANT_FINAL_WRITE)
            )
    written = deepcopy(files)
    await stop(hass, entry)
    files.clear()
    files.update(written)


async def test_the_running_hour_does_not_fall(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """A stop at any time begins again with the counters that were shown last."""
    code = sim.plants[0].code
    await pass_time(hass, freezer, 90 * MINUTE, 60)
    before = await bars_of(hass, code)
    hour = max(before["pv_energy"])
    assert before["pv_energy"][hour] > 0
    known = history.progress(code).live.dump()
    await stop_as_home_assistant(hass, entry, hass_storage)
    assert (await start(hass, entry)).progress(code).live.dump() == known
    await pass_time(hass, freezer, MINUTE, 5)
    after = await bars_of(hass, code)
    for series, bars in before.items():
        if hour in bars:
            assert after[series][hour] >= bars[hour] - 1e-6, series


async def test_what_devices_have_told_is_not_taken_back(
    hass: HomeAssistant,
    sim: Simulator,
    entry: MockConfigEntry,
    history: HistoryCoordinator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Live counters that were silent know less of an hour than the meter's rows."""
    code = sim.plants[0].code
    await pass_time(hass, freezer, 90 * MINUTE, 60)
    progress = history.progress(code)
    hours = sorted(progress.live.hours)[-2:]
    told = [Span(hours[0], hours[1], 7.0), Span(hours[1], hours[1] + HOUR, 7.0)]
    progress.note_told({"grid_export": told}, hours[1] + HOUR)
    # The hour that has just begun lacks its end still.
    assert progress.told["grid_export"] == hours[1]
    progress.delivered_until = 0
    with patch.object(history._ingest, "async_import") as write:
        await history._ingest.async_import_live(code, progress)
    found = write.call_args.args[2]
    assert [span.since for span in found["grid_export"]] == [hours[1]]
    assert {span.since for span in found["pv_energy"]} >= set(hours)
    known = Progress.load(progress.dump())
    assert known.told == progress.told
    known.forget(Days())
    assert not known.told


async def test_hours_that_begin_at_other_minutes_have_room(
    hass: HomeAssistant, sim: Simulator, history: HistoryCoordinator
) -> None:
    """What was counted before the time zone was known stands across two hours."""
    code, ingest = sim.plants[0].code, history._ingest
    progress, kolkata = history.progress(code), ZoneInfo("Asia/Kolkata")
    whole = int(sim.clock.now()) // HOUR * HOUR
    progress.live.hours = {whole: {"day_power": 0.4}}
    found = {"pv_energy": [Span(whole, whole + HOUR, 0.4)]}
    await ingest.async_import(code, progress, found)
    day = sim.clock.at().date()
    rows = [(midnight(day, kolkata), {"inverter_power": 30.0})]
    question = Question(DAYS, day, day + ONE_DAY, kolkata, (code,))
    await ingest._async_learn_zone(question, code, progress, rows)
    assert history.account.zone(code).utcoffset(sim.clock.at()) == timedelta(hours=5.5)
    half = whole - HOUR // 2
    hours = [Span(half, half + HOUR, 3.0), Span(half + HOUR, half + 2 * HOUR, 4.0)]
    await ingest.async_import(code, progress, {"pv_energy": hours})
    bars = (await bars_of(hass, code))["pv_energy"]
    assert {at: bar for at, bar in bars.items() if bar} == {half: 3.0, half + HOUR: 4.0}
