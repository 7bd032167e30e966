"""Years of energy: from the interface into the recorder."""
