"""Services that trust whoever comes from this machine."""

from functools import partial

from catalyst.audit.inside.acts.network import TIMEOUT, open_door
from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, first_allowed

# ssh, Docker without TLS, MySQL, PostgreSQL, Redis, Ollama, Chrome's debugger, Jupyter
PORTS = (22, 2375, 3306, 5432, 6379, 11434, 9222, 8888)


def act(_: Context) -> Answer:
    """Any of them."""
    return first_allowed([partial(open_door, ("127.0.0.1", port), TIMEOUT / 8) for port in PORTS], "no port to try")


PROBE = Probe(
    id="local-services",
    theme="network",
    title="reach services of this machine (ssh, databases, Docker)",
    origin="general",
    control="network-mode",
    layers=EVERYONE,
    act=act,
)
