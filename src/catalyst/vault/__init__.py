"""API tokens at rest: an ordinary age file whose plaintext is a small JSON document (docs/guides/tokens.md)."""
