"""Tests of the room `underperformance`."""
