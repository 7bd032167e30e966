"""Tests of the room `firmware`."""
