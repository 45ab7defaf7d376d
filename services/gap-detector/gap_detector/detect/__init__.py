"""Pure: arrays in, findings out. No clock, no database."""
