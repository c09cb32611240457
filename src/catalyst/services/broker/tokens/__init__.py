"""Tokens that the workload uses and never reads: what the broker does with connections to a token's host."""
