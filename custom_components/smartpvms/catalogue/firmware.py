"""Firmware: what the records of upgrades mean (reference 2.14, 2.15)."""

from typing import Final

FIRMWARE: Final = "firmware"
REQUEST_UPGRADE: Final = "request_firmware_upgrade"

RESULTS: Final = {
    0: "not_started",
    1: "success",
    2: "failure",
    3: "cancelled",
    4: "upgrading",
    5: "timeout",
}
RUNNING: Final = frozenset({0, 4})
"""The results with which an upgrade is still to end."""
