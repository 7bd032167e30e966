"""Tests of the room `alarms`."""
