"""Overwrite and remove what is on disk: the second line, for what could not be kept in memory.

`roots` says what may be wiped at all, `wiper` does it, `journal` lets a later start finish it, `certificate` says what
was done and what nobody can promise. Knows errors and the guard's system calls, nothing else of Catalyst.
"""
