"""Values kept current: readings, counters and the coordinators that ask for them."""
