"""What `inverter_power` of a plant's hours is: the PV yield, or AC output. Pure.

It is the yield in every real row that has both. Should a system tell otherwise, its
battery is in it already, as the inverter's output contains what a battery gives.
"""

from collections.abc import Iterable
from typing import Final

from ..catalogue.series import DEVICE_INVERTER, PV_POWER
from ..local_time import HOUR
from .five_minutes import HourlyFlows
from .merge import Span

# So much (kWh) must lie between yield and output: less is rounding.
_LEAST: Final = 1.0
# The right one is so many times nearer.
_NEARER: Final = 4.0


def tell_ac_output(told: Iterable[Span], flows: HourlyFlows) -> bool | None:
    """Tell whether a plant's hours (kWh) are AC output, None where they do not show it.

    They are held against what its devices' five-minute rows say of the same hours.
    """
    from_yield = from_output = 0.0
    yields = flows.powers.get(PV_POWER, {})
    for span in told:
        generated, row = yields.get(span.since), flows.energies.get(span.since, {})
        output = row.get(DEVICE_INVERTER)
        if generated is None or output is None or span.until - span.since != HOUR:
            continue
        from_yield += abs(span.amount - generated.mean)
        from_output += abs(span.amount - output)
    if max(from_yield, from_output) < _LEAST:
        return None
    if from_output * _NEARER < from_yield:
        return True
    return False if from_yield * _NEARER < from_output else None
