"""Every attempt, by theme, in the order of the page."""

from catalyst.canary.attempt import Attempt
from catalyst.canary.attempts import execute, identity, kernel, network, read, sockets, write

# Key, heading: what the attacker is after, in plain words.
THEMES: dict[str, str] = {
    "read": "Steal secrets",
    "write": "Plant something that stays",
    "execute": "Run a program of its own",
    "kernel": "Get out through the kernel",
    "network": "Reach the network",
    "identity": "Become someone else, or touch others",
}

ATTEMPTS: tuple[Attempt, ...] = (
    *read.ATTEMPTS,
    *write.ATTEMPTS,
    *execute.ATTEMPTS,
    *kernel.ATTEMPTS,
    *sockets.ATTEMPTS,
    *network.ATTEMPTS,
    *identity.ATTEMPTS,
)
