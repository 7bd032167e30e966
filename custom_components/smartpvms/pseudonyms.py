"""Numbers in place of names, so that diagnostics can be shown to strangers."""

from collections.abc import Iterable
import re
from typing import Final

from .northbound import Device, Plant

# A shorter name would be found in words that have nothing to do with it.
SHORTEST: Final = 4


class Pseudonyms:
    """What plants and devices are called, and texts without their names.

    `secrets` are further texts that nobody is to see.
    """

    def __init__(
        self, plants: Iterable[Plant], devices: Iterable[Device], secrets: Iterable[str]
    ) -> None:
        """Give plants and devices numbers, in their order."""
        self._names: dict[str, str] = {}
        self._plants: dict[str, str] = {}
        self._devices: dict[int, str] = {}
        for number, plant in enumerate(plants, start=1):
            self._plants[plant.code] = f"plant_{number}"
            self._hide(f"plant_{number}", plant.code, plant.name)
        for number, device in enumerate(devices, start=1):
            self._devices[device.id] = f"device_{number}"
            key = str(device.id)
            self._hide(f"device_{number}", key, device.name, device.serial)
        self._hide("redacted", *secrets)
        self._longest_first = sorted(self._names, key=len, reverse=True)
        self._texts: dict[str, str] = {}

    def _hide(self, pseudonym: str, *names: str | None) -> None:
        for name in names:
            if name and len(name) >= SHORTEST:
                self._names.setdefault(name.lower(), pseudonym)

    def plant(self, code: str) -> str:
        """Return what a plant is called."""
        return self._plants.get(code, "plant")

    def device(self, device_id: int) -> str:
        """Return what a device is called."""
        return self._devices.get(device_id, "device")

    def text(self, text: str) -> str:
        """Return a text that the server wrote, without any name in it."""
        if text not in self._texts:
            self._texts[text] = self._without_names(text)
        return self._texts[text]

    def _without_names(self, text: str) -> str:
        lowered = text.lower()
        # A pattern of all names of a fleet would take seconds to make.
        found = [re.escape(name) for name in self._longest_first if name in lowered]
        if not found:
            return text
        pattern = re.compile("|".join(found), re.IGNORECASE)
        return pattern.sub(lambda hit: self._names[hit[0].lower()], text)
