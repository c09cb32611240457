"""The next hop is this machine, or its router: the host, where Catalyst runs in a container."""

import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

from catalyst.services.broker import decide
from catalyst.services.broker.decide import Policy

V4 = ("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
      "eth0\t00000000\t{}\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
      "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n")  # fmt: skip
V6 = (f"{'0' * 32} 00 {'0' * 32} 00 fd130007000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n"
      f"fd0000000000000000000000000000{'00'} 40 {'0' * 32} 00 {'0' * 32} 00000100 00000001 00000000 00000001     eth0\n")


@pytest.fixture
def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    number = int.from_bytes(bytes((172, 17, 0, 1)), sys.byteorder)
    (tmp_path / "route").write_text(V4.format(f"{number:08X}"))
    (tmp_path / "ipv6_route").write_text(V6)
    monkeypatch.setattr(decide, "ROUTES", tmp_path)
    return tmp_path


def test_they_are_read(routes: Path) -> None:
    assert decide.gateways() == {ip_address("172.17.0.1"), ip_address("fd13:7::1")}


def test_without_a_table_there_is_none(routes: Path) -> None:
    for file in routes.iterdir():
        file.unlink()
    assert decide.gateways() == frozenset()


@pytest.mark.parametrize("text", ["172.17.0.1", "fd13:7::1"])
def test_it_is_refused_where_its_neighbours_are_not(routes: Path, text: str) -> None:
    policy, address = Policy("internet", private=True, rules=[]), ip_address(text)
    assert not policy.answers("host.example.net", 80, [address]).allowed
    assert not policy.answers(address, 80, [address]).allowed
    assert policy.answers("host.example.net", 80, [address + 1]).allowed
