"""What polling has come to: when the last values came, and the calls left."""

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.catalogue.plant import CALLS_LEFT, LAST_DATA
from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.local_time import DAY
from simulator import fleet

CODE = fleet.residential().code


async def test_what_polling_has_come_to_does_not_age(
    setup: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    hub: Hub = setup.runtime_data
    known = hub.polling.data[CODE].values
    rows = [hub.plants.data[CODE], *hub.devices.data.values()]
    assert known[LAST_DATA] == max(row.at for row in rows) // 1 * 1000
    left = [value for key, value in known.items() if key.startswith(f"{CALLS_LEFT}_")]
    assert known[CALLS_LEFT] == sum(left) > 0
    assert hub.balance.is_fresh(CODE)
    freezer.tick(DAY)
    for coordinator in (hub.balance, hub.polling, hub.insights):
        coordinator.mark_stale()
    assert not hub.balance.is_fresh(CODE)
    assert hub.polling.is_fresh(CODE)


async def test_a_plant_without_rows_has_no_last_data(setup: MockConfigEntry) -> None:
    hub: Hub = setup.runtime_data
    hub.plants.data.clear()
    hub.devices.data.clear()
    hub.polling.derive([CODE, "NE=gone"])
    assert LAST_DATA not in hub.polling.data[CODE].values
    assert hub.polling.data.keys() == {CODE}
