"""What the broker is told at start: `{"version": 1, "reach": "internet"|"hosts", "private": …, "rules": […]}`."""

import json
import os

from catalyst.egress.rules import parse
from catalyst.errors import BrokerMisconfigured
from catalyst.services.broker.decide import Policy

VERSION = 1
_KEYS = {"version": int, "reach": str, "private": bool, "rules": list}
_MOST = 1 << 20


def read_config(descriptor: int) -> Policy:
    """The policy that a descriptor holds; closes it. Raises BrokerMisconfigured, EgressRule, OSError."""
    with os.fdopen(descriptor, "rb") as file:
        return parse_config(file.read(_MOST))


def parse_config(text: bytes) -> Policy:
    """The policy that a text holds. Raises BrokerMisconfigured, EgressRule."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BrokerMisconfigured("not JSON") from None
    if not isinstance(found, dict) or found.keys() != _KEYS.keys():
        raise BrokerMisconfigured(f"an object with exactly {', '.join(_KEYS)}")
    typed = all(type(found[key]) is kind for key, kind in _KEYS.items())
    if not typed or not all(type(one) is str for one in found["rules"]):
        raise BrokerMisconfigured("a value of another type")
    if found["version"] != VERSION or found["reach"] not in ("internet", "hosts"):
        raise BrokerMisconfigured("another version, or a reach that is neither internet nor hosts")
    return Policy(found["reach"], private=found["private"], rules=[parse(one) for one in found["rules"]])
