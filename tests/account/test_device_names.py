"""Names of devices in Home Assistant: told apart, and never changed by that."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.account.device_registry import RegisteredDevices
from custom_components.smartpvms.const import DOMAIN
from custom_components.smartpvms.northbound import Device, Plant


def plant(code: str, name: str) -> Plant:
    """Return a plant."""
    found = Plant.from_stations({"plantCode": code, "plantName": name})
    assert found
    return found


def device(key: int, name: str, code: str) -> Device:
    """Return an inverter."""
    row = {"id": key, "devName": name, "stationCode": code, "devTypeId": 1}
    found = Device.from_row(row)
    assert found
    return found


async def test_a_name_that_plants_share(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """The battery that was there first keeps its name, as does the lone meter."""
    registry = dr.async_get(hass)

    def name(key: int) -> str | None:
        found = registry.async_get_device_by_identifier(
            (DOMAIN, str(key)), entry.entry_id
        )
        assert found
        assert found.configuration_url == entry.data["host"]
        return found.name

    first, second = plant("a", "House 1"), plant("b", "House 2")
    await RegisteredDevices(hass, entry).async_add([first], [device(1, "Bat", "a")])
    devices = [device(1, "Bat", "a"), device(2, "Bat", "b"), device(3, "Meter", "b")]
    for _ in range(2):
        await RegisteredDevices(hass, entry).async_add([first, second], devices)
        assert [name(key) for key in (1, 2, 3)] == ["Bat", "House 2 Bat", "Meter"]
    # A plant of another name takes the name along.
    renamed = plant("b", "Barn")
    await RegisteredDevices(hass, entry).async_add([first, renamed], devices)
    assert name(2) == "Barn Bat"
