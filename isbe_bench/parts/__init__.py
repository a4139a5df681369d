"""Parts that the suite does not ship: the user's own, created from their settings, and torchvision."""
