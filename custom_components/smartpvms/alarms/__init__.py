"""Alarms: what is active, what has changed, and the entities that show it."""
