"""KPIs of each device type, and of plants, as the interfaces send them."""

from .devices import KPIS, five_minute_row, live_row
from .look import Look, Moment

__all__ = ["KPIS", "Look", "Moment", "five_minute_row", "live_row"]
