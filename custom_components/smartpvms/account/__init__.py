"""An account: its connection, its plants and devices, and what they are called."""
