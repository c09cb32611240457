"""Addresses in /proc/kallsyms are what a kernel exploit needs; without CAP_SYSLOG zeros are shown (proc(5)).

A host with perf_event_paranoid below 2 and kptr_restrict 0 shows them to everybody, and no layer can change that.
"""

from pathlib import Path

from catalyst.audit.inside.probe import EVERYONE, Answer, Context, Probe, allowed, denied


def act(_: Context) -> Answer:
    """The first line."""
    with Path("/proc/kallsyms").open("rb") as symbols:
        line = symbols.readline()
    if line.split(b" ")[0].strip(b"0"):
        return allowed("/proc/kallsyms shows addresses")
    return denied("/proc/kallsyms shows no addresses" if line else "/proc/kallsyms: it is empty")


PROBE = Probe(
    id="kernel-addresses",
    theme="read",
    title="learn the kernel's addresses",
    origin="general",
    control="capabilities",
    layers=EVERYONE,
    also=("identity",),
    needs_root=True,
    act=act,
)
