"""The settings of runs: composition, validation and identity."""
