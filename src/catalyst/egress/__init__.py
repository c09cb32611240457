"""The allow list: its rules, and the hosts that stand on it from the start."""
