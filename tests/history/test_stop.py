"""A stop of Home Assistant, which writes what is due and unloads nothing."""

from copy import deepcopy
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.account.connections import _KEY as CONNECTIONS
from custom_components.smartpvms.history.coordinator import HistoryCoordinator
from custom_components.smartpvms.hub.hub import Hub
from simulator import Simulator

from .life import bars_of, pass_time, start, stop

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
