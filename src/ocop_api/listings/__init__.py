"""Where products are sold: channels, listings, and how much of the catalogue they cover."""
