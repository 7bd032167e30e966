"""What the imported years say about a plant: its battery, its shares, what it saves."""
