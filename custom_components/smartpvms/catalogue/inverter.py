"""Inverters: types 1 (string), 14 (central) and 38 (residential).

Reference 3.6; strings up to 36 by later editions. Powers in kW, energies in
kWh. `active_power` is the AC output and contains the discharge of a DC-coupled
battery, `mppt_power` is the PV input.
"""

from typing import Final

from .kpi import (
    LINE_VOLTAGES,
    PHASE_VALUES,
    Counter,
    Kpi,
    current,
    energy,
    enumeration,
    frequency,
    moment,
    percentage,
    phases,
    power,
    power_factor,
    reactive_power,
    temperature,
    voltage,
)

STRINGS: Final = 36
MPPTS: Final = 12

INVERTER_STATES: Final = {
    0x0000: "standby_initializing",
    0x0001: "standby_insulation_resistance_detection",
    0x0002: "standby_sunlight_detection",
    0x0003: "standby_grid_detection",
    0x0100: "startup",
    0x0200: "on_grid",
    0x0201: "on_grid_power_limited",
    0x0202: "on_grid_self_derating",
    0x0203: "off_grid",
    0x0300: "shutdown_unexpected",
    0x0301: "shutdown_commanded",
    0x0302: "shutdown_ovgr",
    0x0303: "shutdown_communication_disconnected",
    0x0304: "shutdown_power_limited",
    0x0305: "shutdown_manual_startup_required",
    0x0306: "shutdown_dc_switch_disconnected",
    0x0401: "grid_schedule_cos_phi_p_curve",
    0x0402: "grid_schedule_q_u_curve",
    0x0403: "grid_schedule_pf_u_curve",
    0x0404: "grid_schedule_dry_contact",
    0x0405: "grid_schedule_q_p_curve",
    0x0500: "spot_check_ready",
    0x0501: "spot_checking",
    0x0600: "inspecting",
    0x0700: "afci_self_test",
    0x0800: "iv_scanning",
    0x0900: "dc_input_detection",
    0x0A00: "off_grid_charging",
    0xA000: "standby_no_sunlight",
    0xB000: "communication_disconnected",
    0xC000: "loading",
}
"""Reference 3.6, inverter status; 0x0203, 0x0403 to 0x0405, 0x0A00: real servers."""

PRODUCING_STATES: Final = frozenset(
    {
        *(0x0200, 0x0201, 0x0202, 0x0203),
        *(0x0401, 0x0402, 0x0403, 0x0404, 0x0405),
        0x0A00,
    }
)
"""The states in which a missing power is a gap; in all others it is 0.

0x0203 and 0x0A00 (off grid), 0x0403 to 0x0405 (scheduled by the grid): real servers.
"""

_COMMON: Final[tuple[Kpi, ...]] = (
    enumeration("inverter_state", INVERTER_STATES),
    power("active_power"),
    power("mppt_power"),
    energy("day_cap", Counter.DEVICE_DAY),
    energy("total_cap", Counter.LIFETIME),
    reactive_power("reactive_power"),
    power_factor(),
    frequency("elec_freq"),
    # Most people look for it.
    temperature("temperature", enabled=True),
    *PHASE_VALUES,
    moment("open_time"),
    moment("close_time"),
)

STRING_INVERTER: Final[tuple[Kpi, ...]] = (
    *_COMMON,
    *LINE_VOLTAGES,
    percentage("efficiency"),
    *(voltage(f"pv{n}_u", needs_production=True) for n in range(1, STRINGS + 1)),
    *(current(f"pv{n}_i", needs_production=True) for n in range(1, STRINGS + 1)),
    energy("mppt_total_cap", Counter.LIFETIME, enabled=False, needs_production=True),
    *(
        energy(f"mppt_{n}_cap", Counter.LIFETIME, enabled=False, needs_production=True)
        for n in range(1, MPPTS + 1)
    ),
)

CENTRAL_INVERTER: Final[tuple[Kpi, ...]] = (
    *_COMMON,
    *phases("center_u", "center_i"),
    *(current(f"center_i_{n}", needs_production=True) for n in range(1, 11)),
    percentage("aop"),
)
