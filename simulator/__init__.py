"""A SmartPVMS one can run: Huawei FusionSolar's northbound interface, simulated.

    sim = Simulator(plants=fleet.demo(), dialect=Dialect.V2022)
    async with serve(sim) as url:
        ...

It stands alone: nothing of it knows Home Assistant or the integration.
"""

from . import fleet
from .alarms import Alarm, Alarms, Status
from .clock import Clock
from .dialect import Dialect
from .faults import Fault, FaultKind
from .model import Device, Oddity, Plant, Type
from .server import serve
from .simulator import ABSENT, Call, Simulator
from .truth import EnergyFlow, PowerFlow

__all__ = [
    "ABSENT",
    "Alarm",
    "Alarms",
    "Call",
    "Clock",
    "Device",
    "Dialect",
    "EnergyFlow",
    "Fault",
    "FaultKind",
    "Oddity",
    "Plant",
    "PowerFlow",
    "Simulator",
    "Status",
    "Type",
    "fleet",
    "serve",
]
