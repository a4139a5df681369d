"""Measuring time and memory, and recording what could disturb a measurement."""
