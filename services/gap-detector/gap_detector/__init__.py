"""Keeps what Phoenix's probes saw, and finds gaps, outages and latency anomalies in it."""
