"""What runs inside a sandbox to attack it: standard library only, no word of Catalyst's host side."""
