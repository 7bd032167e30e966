"""What a battery says about its modules: a nested object in its real-time row.

`{"unit1": [{"sn": …, "soh": "95.0%"}, null, null], "unit2": []}`: real servers, also
where `battery_soh` is 0; one module may stand there without its list. An inverter
drives up to four units of three modules. A temperature has not been seen; `temperature`
is what its key would be, by the names of other devices.
"""

from collections.abc import Iterator
import re
from typing import Final

from .interfaces import Json

MODULES: Final = "battery_unit_info"
"""The key of the object in a row."""

UNITS: Final = 4
MODULES_OF_A_UNIT: Final = 3

_UNIT: Final = re.compile(r"unit([1-9])")
# A serial may look like a number, so no other value is taken.
_VALUES: Final = ("soh", "temperature")


def module_values(units: Json) -> Iterator[tuple[str, Json]]:
    """Yield the values of modules, as `module_<unit>_<place>_<value>`.

    A module's place is counted from 1; a place may be empty.
    """
    for name, modules in units.items() if isinstance(units, dict) else ():
        unit = _UNIT.fullmatch(name)
        listed = modules if isinstance(modules, list) else [modules]
        for place, module in enumerate(listed, 1):
            if unit and isinstance(module, dict):
                for key in _VALUES:
                    yield f"module_{unit[1]}_{place}_{key}", module.get(key)
