"""An independent reference: back-propagation by hand, in NumPy and float64 (Tomasi 2019)."""
