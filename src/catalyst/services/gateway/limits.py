"""How many wrong passwords count: token buckets, per address and for all, asked before anything is hashed.

code-server has 2 a minute and 12 an hour for all, Authelia bans an address; without the bucket for all, many addresses
would be many chances, and without the one per address, one would shut everybody out at once.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from catalyst.guard.record import Record

ADDRESSES = 4096  # remembered; beyond that the one longest silent is forgotten


class Rate(Record):
    """`most` at once, refilled evenly over `seconds`."""

    most: int
    seconds: float


EACH = (Rate(5, 60.0), Rate(20, 3600.0))
ALL = (Rate(30, 60.0), Rate(200, 3600.0))


class Bucket:
    """Failures that are still allowed, under several rates at once."""

    def __init__(self, rates: tuple[Rate, ...], now: float) -> None:
        self._rates, self._left, self._at = rates, [float(rate.most) for rate in rates], now

    def wait(self, now: float) -> float:
        """Seconds until one more is allowed; 0.0 if it is now."""
        for number, rate in enumerate(self._rates):
            more = (now - self._at) * rate.most / rate.seconds
            self._left[number] = min(float(rate.most), self._left[number] + more)
        self._at = now
        lacking = ((1.0 - left) * rate.seconds / rate.most for left, rate in zip(self._left, self._rates, strict=True))
        return max(0.0, *lacking)

    def take(self, count: float = 1.0) -> None:
        """One attempt; minus one gives it back."""
        self._left = [left - count for left in self._left]


class Limiter:
    """Asked with an address before an attempt, told when it succeeded."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all = Bucket(ALL, clock())
        self._each: OrderedDict[str, Bucket] = OrderedDict()

    def attempt(self, address: str) -> float:
        """0.0 and the attempt is counted, or the seconds to wait, and it is not."""
        now, own = self._clock(), self._bucket(address)
        wait = max(own.wait(now), self._all.wait(now))
        if wait == 0.0:
            own.take()
            self._all.take()
        return wait

    def succeeded(self, address: str) -> None:
        """Only failures count."""
        self._bucket(address).take(-1.0)
        self._all.take(-1.0)

    def _bucket(self, address: str) -> Bucket:
        key = network(address)
        if key not in self._each:
            self._each[key] = Bucket(EACH, self._clock())
            if len(self._each) > ADDRESSES:
                self._each.popitem(last=False)
        self._each.move_to_end(key)
        return self._each[key]


def network(address: str) -> str:
    """What counts as one visitor: an IPv4 address, or the /64 that one gets with IPv6 (RFC 6177)."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "?"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
