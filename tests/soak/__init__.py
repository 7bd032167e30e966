"""Days of an account on which whatever can go wrong goes wrong."""
