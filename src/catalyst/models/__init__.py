"""Models and custom nodes: looked at before they are used (docs/guides/scan.md)."""
