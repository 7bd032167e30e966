"""Tests of the room `energy_dashboard`."""
