"""The six lanes of today, this month, this year, and what is saved of them."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from homeassistant.core import callback

from ..catalogue import PERIODS
from ..northbound import Interface
from ..storage.parse import as_dict, instant, times
from ..storage.steps import Steps, dumping
from .period_coordinator import (
    DevicePeriodCoordinator,
    PeriodCoordinator,
    PlantPeriodCoordinator,
)
from .readings import Reading

if TYPE_CHECKING:
    from ..account.account import Account

type Lane = PlantPeriodCoordinator | DevicePeriodCoordinator


class PeriodLanes:
    """One coordinator per period, for plants and for devices."""

    def __init__(self, account: Account) -> None:
        """Start without readings; no call is made."""
        self._unload = account.entry.async_on_unload
        self.plants = [PlantPeriodCoordinator(account, period) for period in PERIODS]
        self.devices = [DevicePeriodCoordinator(account, period) for period in PERIODS]

    def __iter__(self) -> Iterator[Lane]:
        """Iterate over all lanes."""
        return chain(self.plants, self.devices)

    @callback
    def start(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever a lane has new readings."""
        for lane in self:
            self._unload(lane.async_add_listener(changed))

    @callback
    def forget_gone(self) -> None:
        """Drop what is known of plants or devices that are gone."""
        for lane in self:
            lane.forget_gone()

    def refused_types(self) -> frozenset[int]:
        """Return the types that have no days, months or years here."""
        return frozenset(
            type_id
            for lane in self.devices
            for type_id in lane.types.refused
            if not lane.types.may_ask(type_id)
        )

    async def async_ask_again(self, interface: Interface) -> None:
        """Ask an interface that the user says to have granted."""
        for lane in self:
            if lane.interface is interface:
                lane.ask_again()
                await lane.async_request_refresh()

    def dumping(self) -> Steps[dict[str, object]]:
        """Return what the next start begins with, as JSON data."""
        found: dict[str, object] = {}
        for plants in self.plants:
            found[plants.interface] = yield from _dumping(plants)
        for devices in self.devices:
            kept = yield from _dumping(devices)
            found[devices.interface] = {**kept, "types": devices.types.dump()}
        return found

    @callback
    def restore(self, saved: object) -> None:
        """Take over what `dumping` returned, as far as it has that shape."""
        found = as_dict(saved)
        for plants in self.plants:
            _restore(plants, found.get(plants.interface))
        for devices in self.devices:
            kept = found.get(devices.interface)
            devices.types.restore(as_dict(kept).get("types"))
            _restore(devices, kept)


def read_periods(saved: object) -> dict[str, object]:
    """Return what `PeriodLanes.dumping` returned with all rows read; pure."""
    return {
        name: {
            **as_dict(kept),
            "readings": {
                key: Reading.load(item)
                for key, item in as_dict(as_dict(kept).get("readings")).items()
            },
        }
        for name, kept in as_dict(saved).items()
    }


def _dumping[K, RequestT](
    lane: PeriodCoordinator[K, RequestT],
) -> Steps[dict[str, object]]:
    readings = yield from dumping(lane.data)
    return {
        "round_at": lane.round_at,
        "asked": {str(key): at for key, at in lane.asked.items()},
        "readings": readings,
    }


def _restore[K, RequestT](lane: PeriodCoordinator[K, RequestT], saved: object) -> None:
    kept = as_dict(saved)
    asked, readings = times(kept.get("asked")), as_dict(kept.get("readings"))
    lane.round_at = instant(kept.get("round_at")) or 0.0
    lane.asked = {
        source: asked[str(source)] for source in lane.sources() if str(source) in asked
    }
    lane.restore(
        {
            source: reading
            for source in lane.sources()
            if (reading := Reading.load(readings.get(str(source))))
        }
    )
