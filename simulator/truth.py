"""The physical truth of a plant, as the reference value of tests."""

from dataclasses import dataclass
from datetime import datetime

from .model import Plant


@dataclass(frozen=True, slots=True)
class PowerFlow:
    """Powers in kW; positive battery: discharge, positive grid: import."""

    pv: float
    battery: float
    grid: float
    load: float


@dataclass(frozen=True, slots=True)
class EnergyFlow:
    """Energies of a period in kWh, and revenue in the plant's currency."""

    pv: float
    export: float
    import_: float
    consumption: float
    charge: float
    discharge: float
    revenue: float


class Truth:
    """Powers and energies of a plant without lag, rounding or quirks."""

    def __init__(self, plant: Plant) -> None:
        """Use the world of a plant."""
        self._world = plant.world

    def power(self, at: datetime) -> PowerFlow:
        """Return the powers at an instant."""
        now = self._world.power(at.timestamp())
        return PowerFlow(
            pv=now.pv(),
            battery=round(now.discharge() - now.charge(), 4),
            grid=round(now.import_ - now.export, 4),
            load=now.load,
        )

    def energy(self, start: datetime, end: datetime) -> EnergyFlow:
        """Return the energies between two instants."""
        sums = self._world.energy(start.timestamp(), end.timestamp())
        return EnergyFlow(
            pv=sums.pv(),
            export=sums.export,
            import_=sums.import_,
            consumption=sums.load,
            charge=sums.charge(),
            discharge=sums.discharge(),
            revenue=sums.revenue,
        )
