"""One file per command: its function parses nothing, calls one part of Catalyst and prints."""
