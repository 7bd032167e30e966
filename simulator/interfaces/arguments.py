"""The parameters of a request, with the refusals of the real server."""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from simulator.alarms import Alarms
from simulator.answers.look import Row
from simulator.control import Control
from simulator.dialect import Dialect
from simulator.disturbances import Disturbances
from simulator.envelope import Refused
from simulator.model import Device, Plant
from simulator.upgrades import Upgrades

MOST_PLANTS = MOST_DEVICES = 100


class Backend(Protocol):
    """The part of the simulator that the interfaces use, without importing it."""

    plants: list[Plant]
    dialect: Dialect
    all_types: bool
    unserved: set[int]
    refused: dict[int | str, int]
    text_types: set[int]
    other_types: dict[int, Row]
    is_paged: bool
    quirks: bool
    alarms: Alarms
    disturbances: Disturbances
    upgrades: Upgrades
    control: Control

    def overridden(self, what: Hashable, row: Row) -> Row:
        """Return a row with its forced KPI values merged in."""

    def is_faulty(self, plant: Plant) -> bool:
        """Return whether a plant's health state is "faulty"."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the simulator, its JSON body, its arrival in epoch seconds."""

    sim: Backend
    body: dict[str, Any]
    at: float

    def text(self, key: str) -> str:
        """Return a parameter as text; as on the real server it may be a number."""
        value = self.body.get(key)
        return "" if value is None else str(value).strip()

    def numbers(self, key: str) -> frozenset[int] | None:
        """Return the numbers of a comma-separated filter; None if it is absent."""
        text = self.text(key)
        if not text:
            return None
        return frozenset(int(part) for part in text.split(",") if part.strip())

    def moment(self, key: str) -> float:
        """Return a time, sent in milliseconds, in epoch seconds; or Refused 20012."""
        try:
            return int(self.text(key)) / 1000
        except ValueError:
            raise Refused(20012) from None

    def plants(self) -> list[Plant]:
        """Return the plants of ``stationCodes``; Refused 20010, 20014 or 20007."""
        codes = _split(self.text("stationCodes"))
        if not codes:
            raise Refused(20010)
        if len(codes) > MOST_PLANTS:
            raise Refused(20014)
        known = {plant.code: plant for plant in self.sim.plants}
        if any(code not in known for code in codes):
            raise Refused(20007)
        self.check_allowed(codes)
        return [known[code] for code in codes]

    def check_allowed(self, sources: Iterable[int | str]) -> None:
        """Refuse the request for the sake of one plant or device."""
        refused = self.sim.refused
        for source in sources if refused else ():
            if source in refused:
                raise Refused(refused[source])

    def devices(
        self, types: Collection[int], most: int = MOST_DEVICES, beyond: int = 20016
    ) -> list[tuple[Plant, Device]]:
        """Return the devices of ``devIds``, of type ``devTypeId``, with their plants.

        ``types``: the allowed types. ``beyond``: fail code for more than ``most``
        devices. Other refusals: 20011, 20005, 20013, 20008, 20006.
        """
        ids = self.text("devIds")
        if not ids:
            raise Refused(20011)
        parts = [part.strip() for part in ids.split(",")]
        if "" in parts:
            raise Refused(20005)
        wanted = list(dict.fromkeys(parts))
        if len(wanted) > most:
            raise Refused(beyond)
        kind = self.text("devTypeId")
        if not kind.isdigit() or int(kind) not in types:
            raise Refused(20013)
        known = _by_id(self.sim.plants)
        if any(number not in known for number in wanted):
            raise Refused(20008)
        found = [known[number] for number in wanted]
        if any(device.type != int(kind) for _, device in found):
            raise Refused(20006)
        for plant, device in found:
            self.check_allowed((plant.code, device.id))
        return found


def _split(text: str) -> list[str]:
    """Return the distinct parts of a comma-separated list, in their order."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _by_id(plants: Iterable[Plant]) -> dict[str, tuple[Plant, Device]]:
    return {
        str(device.id): (plant, device) for plant in plants for device in plant.devices
    }
