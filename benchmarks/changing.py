"""Answers of the interface in which every value differs from the answer before."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass

from custom_components.smartpvms.catalogue import DEVICE_TYPES, PLANT, Kpi, Status
from custom_components.smartpvms.hub.hub import Hub
from custom_components.smartpvms.northbound import DeviceRow, PlantRow

_CYCLE_SECONDS: Final = 310.0


@dataclass(slots=True)
class Answers:
    """Answered rows by request: by plant codes, and by device type and device ids."""

    plants: dict[tuple[str, ...], list[PlantRow]] = field(default_factory=dict)
    devices: dict[tuple[int, tuple[int, ...]], list[DeviceRow]] = field(
        default_factory=dict
    )

    def changed(self, step: int) -> Answers:
        """Return rows with all values different from the step before.

        Neighbouring devices are switched on and off in turns, so that every step has
        the same number of running devices.
        """
        return Answers(
            {
                asked: _moved_rows(rows, PLANT, step)
                for asked, rows in self.plants.items()
            },
            {
                asked: _moved_rows(rows, _rows_of(asked[0]), step)
                for asked, rows in self.devices.items()
            },
        )


class Replay:
    """Answers an account's real-time calls from memory.

    Its clock advances by a cycle at each refresh, so that every lane may be called.
    """

    def __init__(self, hub: Hub) -> None:
        """Replace the client's real-time calls and the account's clocks."""
        self._hub = hub
        self._answers = Answers()
        self._passed = 0.0
        client, ledger = hub.account.client, hub.account.ledger
        now = ledger.now
        ledger.now = lambda: now() + self._passed  # type: ignore[method-assign]
        hub.account.clock.now = ledger.now  # type: ignore[method-assign]
        client.plant_real_time = self._plants  # type: ignore[method-assign]
        client.device_real_time = self._devices  # type: ignore[method-assign]

    async def _plants(self, plants: Collection[str]) -> list[PlantRow]:
        return self._answers.plants[tuple(plants)]

    async def _devices(self, type_id: int, devices: Collection[int]) -> list[DeviceRow]:
        return self._answers.devices.get((type_id, tuple(devices)), [])

    async def refresh(self, answers: Answers) -> None:
        """Refresh every plant and device once from the given answers."""
        self._answers = answers
        hub = self._hub
        self._passed += _CYCLE_SECONDS
        for lane in (hub.plants, hub.devices):
            await lane.async_refresh()


def _rows_of(type_id: int) -> tuple[Kpi | Status, ...]:
    kind = DEVICE_TYPES[type_id]
    return (*kind.kpis, *kind.statuses)


def _moved_rows[RowT: (PlantRow, DeviceRow)](
    rows: list[RowT], known: tuple[Kpi | Status, ...], step: int
) -> list[RowT]:
    return [
        replace(row, values=_moved(row.values, known, step + number))
        for number, row in enumerate(rows)
    ]


def _moved(
    values: Mapping[str, float], rows: tuple[Kpi | Status, ...], step: int
) -> dict[str, float]:
    known = {row.key: row for row in rows}
    return {key: _other(value, known.get(key), step) for key, value in values.items()}


def _other(value: float, row: Kpi | Status | None, step: int) -> float:
    """Return a valid value of a row for a step; counters only rise."""
    if isinstance(row, Status):
        return float(step % 2)
    if row and row.states:
        codes = list(row.states)
        return float(codes[step % len(codes)])
    if row and row.device_class is SensorDeviceClass.TIMESTAMP:
        return value + 1000 * step
    return value + 0.01 * step
