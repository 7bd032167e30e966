"""A simulated SmartPVMS: the northbound interface of Huawei FusionSolar.

    sim = Simulator(plants=fleet.demo(), dialect=Dialect.V2022)
    async with serve(sim) as url:
        ...

It imports neither Home Assistant nor the integration, so that its answers are
independent of the code that they test.
"""

from . import fleet
from .alarms import Alarm, Alarms, Status
from .clock import Clock
from .control import Outcome
from .dialect import Dialect
from .disturbances import Disturbance, DisturbanceKind, Scope
from .faults import Fault, FaultKind
from .model import Device, Oddity, Plant, Type
from .owner import Owner
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
    "Disturbance",
    "DisturbanceKind",
    "EnergyFlow",
    "Fault",
    "FaultKind",
    "Oddity",
    "Outcome",
    "Owner",
    "Plant",
    "PowerFlow",
    "Scope",
    "Simulator",
    "Status",
    "Type",
    "fleet",
    "serve",
]
