"""A client for the northbound interface of Huawei's SmartPVMS (FusionSolar).

Needs aiohttp and nothing else. Start with `NorthboundSession`, which wants a
`Ledger`, and give it to `NorthboundClient`.
"""

from .address import normalise_address, trusting
from .authenticator import (
    AccessTokens,
    Authenticator,
    BearerAuthenticator,
    PasswordAuthenticator,
)
from .client import NorthboundClient
from .errors import NorthboundError
from .interfaces import Dialect, Interface
from .lane import PauseReason
from .ledger import Ledger
from .limits import Profile, Scale
from .models import Device, DeviceRow, Plant, PlantRow, Values
from .periods import Period
from .plant_list import PlantList
from .session import NorthboundSession, normalise_origin

__all__ = [
    "AccessTokens",
    "Authenticator",
    "BearerAuthenticator",
    "Device",
    "DeviceRow",
    "Dialect",
    "Interface",
    "Ledger",
    "NorthboundClient",
    "NorthboundError",
    "NorthboundSession",
    "PasswordAuthenticator",
    "PauseReason",
    "Period",
    "Plant",
    "PlantList",
    "PlantRow",
    "Profile",
    "Scale",
    "Values",
    "normalise_address",
    "normalise_origin",
    "trusting",
]
