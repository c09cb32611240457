"""PID 1 of every sandbox: the inner layer. Standard library only, and no other part of Catalyst.

It runs as `python3 -I -S …/catalyst/guard/__main__.py PLAN` with this package and nothing else mounted, so it must
not import what is not beside it.
"""
