"""Data sets: reading, splitting, augmentation, batches on the device, and all random streams."""
