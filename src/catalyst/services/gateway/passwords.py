"""Passwords: argon2id (RFC 9106, the second recommended set: 3 passes, 64 MiB, 4 lanes; 0.1 s here).

One at a time: each takes 64 MiB, and logins are what strangers may try.
"""

from typing import NamedTuple

import argon2


class Cost(NamedTuple):
    """What a hash takes: KiB, passes over them, lanes."""

    memory: int
    passes: int
    lanes: int


COST = Cost(65536, 3, 4)
LEAST, MOST = 8, 1024  # characters; NIST SP 800-63B asks for 8 at least, and a limit keeps hashing bounded
_HASHER = argon2.PasswordHasher(memory_cost=COST.memory, time_cost=COST.passes, parallelism=COST.lanes)
# What an attempt is compared with where no password is set, so that both take the same time: of 256 random bits that were
# thrown away, with today's parameters.
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$42tEOvoEEyhehqnoUfFGqg$1bqcU0T+SQk1Do/Ih+zDf2Hi2Wktnu734ONqMTVzmA4"


def hashed(password: str) -> str:
    """The text to store. Raises argon2.exceptions.HashingError where memory is short."""
    return _HASHER.hash(password)


def right(stored: str, password: str) -> bool:
    """Whether it is the password. False for everything where none is stored."""
    try:
        _HASHER.verify(stored or _NOBODYS, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return bool(stored) and len(password) <= MOST


def readable(stored: str) -> bool:
    """Whether a password can be compared with it: nothing is hashed, so it costs nothing."""
    try:
        argon2.extract_parameters(stored)
    except argon2.exceptions.InvalidHashError:
        return False
    return True


def outdated(stored: str) -> bool:
    """Whether it was made with less than today's parameters. One that costs more is its owner's choice."""
    found = argon2.extract_parameters(stored)
    return found.memory_cost < COST.memory or found.time_cost < COST.passes
