"""Availability, outages and error budgets of what Phoenix manages, as JSON and as a page."""
