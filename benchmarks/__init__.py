"""What the integration costs, as a ratio to what Home Assistant itself costs."""

from pathlib import Path
import sys

# Home Assistant finds the integrations of all folders of that name on the path.
sys.path.append(str(Path(__file__).parent / "floor"))
