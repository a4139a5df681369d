"""Executes single runs and sweeps."""
