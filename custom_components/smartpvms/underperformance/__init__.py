"""Inverters and strings that stay below their siblings."""
