"""Every check, one per file, each declaring CHECK. They are found by their names (audit/run.py)."""
