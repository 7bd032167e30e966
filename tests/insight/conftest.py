"""The house of the assistants' tests: its past is in a real recorder."""

from ..assist.conftest import house, integration

__all__ = ["house", "integration"]
