"""What several probes do, each with other targets."""
