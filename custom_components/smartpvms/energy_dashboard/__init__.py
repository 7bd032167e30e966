"""The Energy dashboard: its sources for a plant, and their set-up."""
