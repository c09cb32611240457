"""Forgotten by whoever filters IPv4."""

import socket

from catalyst.audit.inside.acts.network import tcp_to
from catalyst.audit.inside.probe import EVERYONE, Probe

PROBE = Probe(
    id="metadata-ipv6",
    theme="network",
    title="take cloud credentials from the metadata address over IPv6",
    origin="I9",
    control="network-mode",
    layers=EVERYONE,
    act=tcp_to("fd00:ec2::254", 80, socket.AF_INET6),
)
