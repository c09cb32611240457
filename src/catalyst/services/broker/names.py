"""Addresses that stand for names: one of 198.18.0.0/15 (RFC 2544, routed nowhere) for each name the workload asks for."""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Network

from catalyst.services.broker.dns import Full

NETWORK = IPv4Network("198.18.0.0/15")


class Names:
    """The least recently used name loses its address when all are given out, unless a connection uses it."""

    def __init__(self, network: IPv4Network = NETWORK) -> None:
        self.network = network
        self._fresh = iter(network.hosts())
        self._addresses: OrderedDict[str, IPv4Address] = OrderedDict()
        self._names: dict[IPv4Address, str] = {}
        self._used: Counter[str] = Counter()

    def address(self, name: str) -> IPv4Address:
        """The address of this name. Raises Full."""
        if name not in self._addresses:
            address = next(self._fresh, None) or self._taken_back()
            self._addresses[name], self._names[address] = address, name
        self._addresses.move_to_end(name)
        return self._addresses[name]

    def keep(self, name: str) -> IPv4Address:
        """The address of this name, which it never loses. Raises Full."""
        self._used[name] += 1
        return self.address(name)

    def name(self, address: IPv4Address) -> str | None:
        """Whose address it is."""
        name = self._names.get(address)
        if name is not None:
            self._addresses.move_to_end(name)
        return name

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """While a connection stands, its name keeps its address."""
        self._used[name] += 1
        try:
            yield
        finally:
            self._used[name] -= 1
            if not self._used[name]:
                del self._used[name]

    def _taken_back(self) -> IPv4Address:
        for name in self._addresses:
            if name not in self._used:
                address = self._addresses.pop(name)
                del self._names[address]
                return address
        raise Full
