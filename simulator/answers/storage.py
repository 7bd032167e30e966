"""Batteries: types 39 and 41. Powers in W, positive is charging; counters of today."""

from simulator.model import Oddity, Type
from simulator.world import Mode

from .look import Look, Row, Value

STANDBY, RUNNING = 1, 2
FORCED, TIME_OF_USE, SELF_CONSUMPTION, FULLY_FED, THIRD_PARTY = 1, 2, 4, 5, 12
MODES = {
    Mode.SELF_CONSUMPTION: SELF_CONSUMPTION,
    Mode.TIME_OF_USE: TIME_OF_USE,
    Mode.FULLY_FED: FULLY_FED,
    Mode.THIRD_PARTY: THIRD_PARTY,
}


def battery(look: Look) -> Row:
    """Return the KPIs of a battery.

    Rated capacity (except of type 41) and packs exist since 2022.
    """
    moment, number = look.moment, look.device.storage or 0
    unit = moment.world.site.storages[number]
    power = moment.power.charge(number) - moment.power.discharge(number)
    level = moment.world.stored(moment.at, number) / unit.capacity_kwh
    most = unit.power_kw * 1000
    rules = moment.world.rules(moment.at)
    row: Row = {
        "battery_status": RUNNING if power else STANDBY,
        "max_charge_power": most if level < 0.995 else 0.0,
        "max_discharge_power": most if level > unit.reserve + 0.005 else 0.0,
        "ch_discharge_power": round(power * 1000, 1),
        "busbar_u": round(370 + 60 * level + look.noise("u", 2), 1),
        "battery_soc": round(level * 100, 1),
        "battery_soh": 0.0 if look.odd(Oddity.NO_HEALTH) else 99.0,
        "ch_discharge_model": FORCED if rules.forced else MODES[rules.mode],
        "charge_cap": round(moment.today.charge(number), 2),
        "discharge_cap": round(moment.today.discharge(number), 2),
        "run_state": 1,
    }
    if look.newer or look.device.type == Type.LARGE_STORAGE:
        row["rated_capacity"] = unit.capacity_kwh
    if look.newer and look.odd(Oddity.PACKS):
        # Seen: serial and health. The temperature is made up, to see what becomes of it.
        packs: dict[str, object] = {
            "unit1": [
                {"sn": "2210010034", "soh": "95.0%", "temperature": 31.5},
                {"sn": "2210010035", "soh": "93.0%", "temperature": 32.0},
                None,
            ],
            "unit2": [],
        }
        nested: Value = packs
        row["battery_unit_info"] = nested
    return row
