"""Weather station, combiner box, transformer (reference 3.6)."""

from math import cos, pi

from .look import Look, Row, three_phases

MJ_PER_KWH = 3.6


def weather_station(look: Look) -> Row:
    """Return the KPIs of type 10: today's irradiation in MJ/m², irradiance in W/m²."""
    moment = look.moment
    watts, today = moment.power.irradiation * 1000, moment.today.irradiation
    return {
        "temperature": round(moment.air, 1),
        "pv_temperature": round(moment.air + watts / 42, 1),
        "wind_speed": round(3.2 + 1.8 * cos(moment.at / 5300) + look.noise("w", 1), 1),
        "wind_direction": round(180 + 120 * cos(2 * pi * moment.at / 91000)),
        "radiant_total": round(today * 1.11 * MJ_PER_KWH, 3),
        "radiant_line": round(watts * 1.11, 1),
        "horiz_radiant_line": round(watts, 1),
        "horiz_radiant_total": round(today * MJ_PER_KWH, 3),
        "run_state": 1,
    }


def combiner_box(look: Look) -> Row:
    """Return the KPIs of type 15: currents of the strings and their sum in A."""
    moment, device = look.moment, look.device
    kilowatts = moment.power.pv(device.array or 0) / 6
    volts = round(640 + look.noise("dc", 8), 1)
    amps = kilowatts * 1000 / volts
    row: Row = {}
    for number in range(1, 21):
        used = number <= device.strings
        wobble = 1 + look.noise(f"i{number}", 0.04)
        row[f"dc_i{number}"] = round(amps / device.strings * wobble, 2) if used else 0
    row |= {
        "photc_i": round(amps, 2),
        "photc_u": volts if kilowatts else 0.0,
        "temprature": round(moment.air + 6, 1),
        "thunder_count": 2,
        "run_state": 1,
    }
    return row


def transformer(look: Look) -> Row:
    """Return the KPIs of type 8: the power of all inverters in kW."""
    kilowatts = look.moment.power.ac()
    row = three_phases(look, kilowatts, 5780)
    row |= {
        "active_power": kilowatts,
        "reactive_power": round(0.05 * kilowatts, 3),
        "power_factor": 0.99,
        "elec_freq": look.moment.frequency,
        "run_state": 1,
    }
    return row
