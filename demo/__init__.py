"""A real Home Assistant beside a simulated FusionSolar, from one command."""
