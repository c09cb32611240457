"""The way to the workload's page."""
