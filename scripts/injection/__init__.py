"""Faults that are injected into real sweeps, and what became of the sweeps."""
