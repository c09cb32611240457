"""What the gateway is told at its start."""

import ipaddress
import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from catalyst.guard.record import Record
from catalyst.services.gateway.state import Lives

Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


class Config(Record):
    """`id` names the cookie. `level` is 0 normal, 1 high, 2 maximum. `hosts`: names, or NAME:PORT, that a request may be
    for beside addresses and localhost. `proxies` may say who the visitor is. `most_upload` in bytes. `tls`: off, own or
    self-signed. `wiping`: nothing may stay behind, in the browser either."""

    id: str
    level: int
    hosts: tuple[str, ...]
    proxies: tuple[Network, ...]
    most_upload: int
    lives: Lives
    tls: str
    wiping: bool

    @staticmethod
    def decode(text: bytes) -> "Config":
        """From JSON with exactly these keys. Raises ValueError."""
        found: Mapping[str, Any] = json.loads(text)
        if set(found) != {"id", "level", "hosts", "proxies", "most_upload", "idle", "absolute", "tls", "wiping"}:
            raise ValueError("the configuration has other keys than it must have")
        return Config(
            id=str(found["id"]), level=int(found["level"]), hosts=tuple(map(str, found["hosts"])),
            proxies=tuple(ipaddress.ip_network(one) for one in found["proxies"]), most_upload=int(found["most_upload"]),
            lives=Lives(float(found["idle"]), float(found["absolute"])), tls=str(found["tls"]),
            wiping=bool(found["wiping"]),
        )  # fmt: skip

    def encode(self) -> bytes:
        """What `decode` reads."""
        return json.dumps({
            "id": self.id, "level": self.level, "hosts": self.hosts, "proxies": [str(one) for one in self.proxies],
            "most_upload": self.most_upload, "idle": self.lives.idle, "absolute": self.lives.absolute, "tls": self.tls,
            "wiping": self.wiping,
        }).encode()  # fmt: skip
