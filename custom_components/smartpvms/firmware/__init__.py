"""Firmware: the records of upgrades, and the request for one."""
