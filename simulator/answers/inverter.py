"""Inverters: types 1, 38 and 14 (reference 3.6)."""

from datetime import timedelta

from simulator.model import Oddity, Type

from .look import Look, Row, Value, three_phases

ON_GRID, STANDBY_DARK = 0x0200, 0xA000

NIGHT_GAP = 4
"""One in so many five-minute steps of the night has no lifetime counter."""


def string_inverter(look: Look) -> Row:
    """Return the KPIs of a string inverter or a smart energy center."""
    large = look.device.type == Type.STRING_INVERTER
    row = _common(look, three_phases(look, _ac(look), 230 if not large else 461))
    row |= _strings(look, _inputs(look))
    row |= _trackers(look, 10 if large else 4)
    if large:
        row["mppt_total_cap"] = look.moment.totals.pv(look.device.array)
    row["efficiency"] = _efficiency(look)
    return row


def central_inverter(look: Look) -> Row:
    """Return the KPIs of a central inverter; its ten inputs have equal currents."""
    row = _common(look, three_phases(look, _ac(look), 182))
    for key in ("ab_u", "bc_u", "ca_u"):
        del row[key]
    kilowatts, volts = _dc(look), 640 + look.noise("dc", 8)
    awake = kilowatts > 0
    row["center_u"] = round(volts, 1) if awake else 0.0
    row["center_i"] = round(kilowatts * 1000 / volts, 1)
    for number in range(1, 11):
        row[f"center_i_{number}"] = round(kilowatts * 100 / volts, 2)
    row["aop"] = 100.0 if awake else 0.0
    return row


def _inputs(look: Look) -> int:
    """Return how many inputs the interface has keys for."""
    if look.device.type == Type.ENERGY_CENTER:
        return 8
    return 36 if look.newer else 24


def _dc(look: Look) -> float:
    return look.moment.power.pv(look.device.array or 0)


def _ac(look: Look) -> float:
    return look.moment.power.ac(look.device.array or 0)


def _common(look: Look, phases: Row) -> Row:
    moment, device = look.moment, look.device
    kilowatts = _ac(look)
    asleep = kilowatts == 0 and _dc(look) <= 0
    idle: Value = None if look.odd(Oddity.NULL_AT_NIGHT) else 0
    day = moment.today.output(device.array or 0)
    if look.odd(Oddity.LATE_MIDNIGHT) and moment.today.pv(device.array or 0) == 0:
        day = moment.yesterday.output(device.array or 0)
    total = moment.totals.output(device.array or 0) + device.counted_before
    opened, closed = _hours(look)
    return {
        "inverter_state": STANDBY_DARK if asleep else ON_GRID,
        **phases,
        "temperature": round(moment.air + 8 + 18 * moment.power.irradiation, 1),
        "power_factor": idle if asleep else 1.0,
        "elec_freq": idle if asleep else moment.frequency,
        "active_power": idle if asleep else kilowatts,
        "reactive_power": idle if asleep else round(look.noise("q", 0.03), 3),
        "day_cap": round(day, 2),
        "mppt_power": idle if asleep else _dc(look),
        "total_cap": None if asleep and _forgets(look) else round(total, 2),
        "open_time": opened,
        "close_time": closed,
        "run_state": 0 if asleep and look.odd(Oddity.OFFLINE_AT_NIGHT) else 1,
    }


def _forgets(look: Look) -> bool:
    """Return whether the lifetime counter is missing in this step of the night."""
    gap = look.noise("total", 1) > 1 - 2 / NIGHT_GAP
    return gap and look.odd(Oddity.FORGETS_TOTAL)


def _efficiency(look: Look) -> float:
    """Return the nominal efficiency in percent; simulated energies have no losses."""
    if _ac(look) <= 0:
        return 0.0
    if look.odd(Oddity.EFFICIENCY_100):
        return 100.0
    return round(98.2 + look.noise("efficiency", 0.4), 2)


def _hours(look: Look) -> tuple[Value, Value]:
    """Return the last start and the last shutdown in epoch milliseconds."""
    world, at, day = look.moment.world, look.moment.at, look.moment.local.date()
    today = world.generating(day)
    before = world.generating(day - timedelta(days=1))
    opened: Value = None
    closed: Value = None
    if today and today[0] <= at:
        opened = today[0] * 1000
    elif before:
        opened = before[0] * 1000
    if today and today[1] <= at:
        closed = today[1] * 1000
    elif today and today[0] <= at and look.odd(Oddity.NO_CLOSE_TIME):
        closed = "N/A"
    elif before:
        # A running inverter keeps the shutdown time of the day before.
        closed = before[1] * 1000
    return opened, closed


def _strings(look: Look, inputs: int) -> Row:
    """Return voltage and current of each input; 0 or null if it is not connected."""
    kilowatts, strings = _dc(look), min(look.device.strings, inputs)
    spare: Value = None if look.odd(Oddity.NULL_SPARE) else 0
    weights = [1 + look.noise(f"string{n}", 0.08, steady=True) for n in range(strings)]
    whole = sum(weights)
    row: Row = {}
    for number in range(1, inputs + 1):
        volts: Value = spare
        amps: Value = spare
        if number <= strings:
            awake = kilowatts > 0
            voltage = round(590 + look.noise(f"u{number}", 14), 1) if awake else 0.0
            volts = voltage
            share = kilowatts * weights[number - 1] / whole
            amps = round(share * 1000 / voltage, 2) if voltage else 0.0
        row[f"pv{number}_u"] = volts
        row[f"pv{number}_i"] = amps
    return row


def _trackers(look: Look, trackers: int) -> Row:
    """Return the lifetime DC energy of each tracker in kWh; two strings a tracker."""
    counted = look.moment.totals.pv(look.device.array or 0)
    used = max(1, min(trackers, -(-look.device.strings // 2)))
    if look.device.type == Type.ENERGY_CENTER:
        # A small inverter has one tracker for each string.
        used = max(1, min(trackers, look.device.strings))
    return {
        f"mppt_{number}_cap": round(counted / used, 2)
        if number <= used and not look.odd(Oddity.NO_MPPT_COUNTERS)
        else 0.0
        for number in range(1, trackers + 1)
    }
