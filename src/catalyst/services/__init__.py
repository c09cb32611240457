"""Programs that stand beside the workload. They do not know the host side."""
