"""Home Assistant with a simulated FusionSolar, started by one command."""
