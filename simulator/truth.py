"""What really happens at a plant, for tests that want to know."""

from dataclasses import dataclass
from datetime import datetime

from .model import Plant


@dataclass(frozen=True, slots=True)
class PowerFlow:
    """Powers in kW: battery + is discharge, grid + is import."""

    pv: float
    battery: float
    grid: float
    load: float


@dataclass(frozen=True, slots=True)
class EnergyFlow:
    """Energies of a period in kWh, revenue in the plant's currency."""

    pv: float
    export: float
    import_: float
    consumption: float
    charge: float
    discharge: float
    revenue: float


class Truth:
    """A plant without any interface in between."""

    def __init__(self, plant: Plant) -> None:
        """Look at one plant."""
        self._world = plant.world

    def power(self, at: datetime) -> PowerFlow:
        """Powers at an instant."""
        now = self._world.power(at.timestamp())
        return PowerFlow(
            pv=now.pv(),
            battery=round(now.discharge() - now.charge(), 4),
            grid=round(now.import_ - now.export, 4),
            load=now.load,
        )

    def energy(self, start: datetime, end: datetime) -> EnergyFlow:
        """Energies between two instants."""
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
