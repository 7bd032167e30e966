"""Costs of the integration relative to plain coordinator entities, the floor."""

from pathlib import Path
import sys

# Home Assistant loads integrations from every folder custom_components on the path.
sys.path.append(str(Path(__file__).parent / "floor"))
