"""What the Python services of the stack have in common: settings, the database, HTTP, metrics, start and stop."""

VERSION = "0.1.0"
