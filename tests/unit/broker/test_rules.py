"""Rules: what they say, what they refuse to say, and that the text of a rule is the rule."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.egress.addresses import Kind, NotAHost, kinds, parse_host
from catalyst.egress.hosts import HOSTS, default_rules
from catalyst.egress.rules import Rule, blocked, parse
from catalyst.errors import EgressRule

LABEL = st.from_regex(r"[a-z][a-z0-9]{0,9}", fullmatch=True)
NAME = st.lists(LABEL, min_size=2, max_size=5).map(".".join)
PORT = st.one_of(st.none(), st.integers(1, 65535))
WORDS = st.sampled_from(["", "+private", "+loopback", "+private+loopback"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A rule for a name, as an owner would write it."""
    star = draw(st.sampled_from(["", "*."]))
    port = draw(PORT)
    return f"{star}{draw(NAME)}{draw(WORDS)}:{'*' if port is None else port}"


@given(texts())
def test_a_rule_comes_back_from_its_text(text: str) -> None:
    rule = parse(text)
    assert parse(str(rule)) == rule
    assert str(parse(str(rule))) == str(rule)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.integers(1, 65535))
def test_a_rule_for_an_address_comes_back_and_covers_it_alone(address: IPv4Address | IPv6Address, port: int) -> None:
    text = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
    try:
        rule = parse(text)
    except EgressRule:
        meant = getattr(address, "ipv4_mapped", None) or address
        assert kinds(meant) - {Kind.PUBLIC, Kind.PRIVATE, Kind.LOOPBACK}, "refused only where nothing may be opened"
        return
    assert parse(str(rule)) == rule
    meant = getattr(address, "ipv4_mapped", None) or address
    assert rule.covers(meant, port)
    assert not rule.covers(meant, port % 65535 + 1)
    assert not rule.covers(meant - 1 if int(meant) else meant + 1, port)


@given(NAME, NAME, st.integers(1, 65535))
def test_a_wildcard_means_what_lies_below_at_any_depth_and_not_the_suffix(above: str, suffix: str, port: int) -> None:
    rule = parse(f"*.{suffix}:{port}")
    assert rule.names(f"{above}.{suffix}", port)
    assert rule.names(f"x.{above}.{suffix}", port)
    assert not rule.names(suffix, port)
    assert not rule.names(f"x{suffix}", port)
    assert not rule.names(f"{above}.{suffix}", port % 65535 + 1)


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_an_error_with_a_hint(text: str) -> None:
    try:
        rule = parse(text)
    except EgressRule as error:
        assert error.hint
        assert str(error).isprintable()
        return
    assert isinstance(rule, Rule)
    assert parse(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("*", "stands once"), ("*.com", "top level"), ("a.*.b", "made of labels"), ("*a.b", "stands once"),
        ("https://x.org", "not an address of a page"), ("x.org/path", "not an address of a page"), ("x.org:0", "port"),
        ("x.org:65536", "port"), ("x.org:", "port"), ("x.org:080", "port"), ("x.org+secret", "words"), ("", "labels"),
        ("10.0.0.1/8", "no network"), ("10.0.0.0/33", "no network"), ("169.254.169.254", "link-local|metadata"),
        ("169.254.0.0/16", "link-local"), ("fe80::/10", "link-local"), ("224.0.0.0/4", "multicast"), ("0.0.0.0", "unspecified"),
        ("100.100.100.200", "metadata"), ("198.18.0.0/15", "reserved"), ("10.0.0.1+private", "takes no word"),
        ("fe80::1%eth0", "zone"), ("x_.-y.org", "labels"), ("a" * 64 + ".org", "labels|no name"), ("a b.org", "one word"),
        ("stra\u00dfe.de", "two forms"), ("user@host.org", "labels"), ("1.2.3.4.5", "not an IPv4"), ("x.org\u202e", "printable"),
    ],
)  # fmt: skip
def test_what_is_no_rule(text: str, says: str) -> None:
    with pytest.raises(EgressRule, match=says):
        parse(text)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("HuggingFace.CO.", "huggingface.co", 443), ("m\u00fcnchen.de:80", "xn--mnchen-3ya.de", 80), ("a.b:*", "a.b", None),
        ("2130706433", "127.0.0.1", 443), ("[::ffff:10.0.0.1]:5", "10.0.0.1", 5), ("0x0a.0.0.1", "10.0.0.1", 443),
        ("fd00::/8", "fd00::/8", 443), ("10.0.0.0/8:*", "10.0.0.0/8", None), ("lan", "lan", 443),
    ],
)  # fmt: skip
def test_the_forms_of_a_rule(text: str, host: str, port: int | None) -> None:
    rule = parse(text)
    assert (rule.host, rule.port) == (host, port)


def test_what_a_rule_opens() -> None:
    assert parse("x.lan").opens == {Kind.PUBLIC}
    assert parse("x.lan+private").opens == {Kind.PUBLIC, Kind.PRIVATE}
    assert parse("x.lan+loopback").opens == {Kind.PUBLIC, Kind.LOOPBACK}
    assert parse("10.0.0.0/8").opens == {Kind.PRIVATE}
    assert parse("127.0.0.1").opens == {Kind.LOOPBACK}
    assert parse("8.8.8.8").opens == {Kind.PUBLIC}
    assert parse("0.0.0.0/0").opens == {Kind.PUBLIC}, "wider than private: the private part stays closed"
    assert parse("::/0").opens == {Kind.PUBLIC}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1", "127.0.0.1"), ("127.1", "127.0.0.1"), ("2130706433", "127.0.0.1"), ("0x7f000001", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"), ("017700000001", "127.0.0.1"), ("0177.0.0.01", "127.0.0.1"), ("127.0.0.1.", "127.0.0.1"),
        ("0", "0.0.0.0"), ("0x", "0.0.0.0"), ("1.2.65535", "1.2.255.255"), ("::1", "::1"), ("::ffff:127.0.0.1", "127.0.0.1"),
        ("::FFFF:7F00:1", "127.0.0.1"), ("0XA9.0xFE.0xa9.0xfe", "169.254.169.254"), ("2852039166", "169.254.169.254"),
    ],
)  # fmt: skip
def test_spellings_of_an_address(text: str, address: str) -> None:
    assert parse_host(text) == ip_address(address)


@pytest.mark.parametrize("text", ["256.1.1.1", "1.2.3.4.5", "4294967296", "08.1.1.1", "fe80::1%lo", "::1%25lo", "1..2", "a..b",
                                  ".a", "", ".", "-a.b", "a-.b", "a b", "a/b", "é.org", "１２７.0.0.1", "x.0x7g9", "x.1"])  # fmt: skip
def test_what_is_no_host(text: str) -> None:
    if text == "x.0x7g9":  # the last label is no number, so it is a name, which no resolver takes for an address
        assert parse_host(text) == text
        return
    with pytest.raises(NotAHost):
        parse_host(text)


@given(st.ip_addresses(v=4))
def test_an_address_carried_inside_another_is_judged_as_itself(inner: IPv4Address) -> None:
    carriers = [f"::ffff:{inner}", f"64:ff9b::{inner}", str(IPv6Address(0x2002 << 112 | int(inner) << 80 | 1)),
                str(IPv6Address(0x20010000 << 96 | (int(inner) ^ 0xFFFFFFFF)))]  # fmt: skip
    for text in carriers:
        assert kinds(inner) <= kinds(IPv6Address(text)), text


@given(st.ip_addresses())
def test_nothing_but_public_addresses_is_open_without_a_word(address: IPv4Address | IPv6Address) -> None:
    if blocked(address, frozenset({Kind.PUBLIC})) is None:
        assert address.is_global or address.version == 6, address
        assert not address.is_multicast
        assert not address.is_loopback
        assert not address.is_link_local
        assert not address.is_private or address in (IPv4Address("192.0.0.9"), IPv4Address("192.0.0.10"))


def test_the_list_that_holds_from_the_start() -> None:
    rules = {str(rule) for rule in default_rules(True)}
    strict = {str(rule) for rule in default_rules(False)}
    assert strict < rules
    assert len(rules) == len(HOSTS), "no host twice"
    code = ("github", "pypi", "pythonhosted", "pytorch", "comfy.org")
    assert [rule for rule in strict if any(word in rule for word in code)] == []
    assert [rule for rule in rules if "*" in rule or ":" in rule] == [], "exact hosts on port 443"
    assert all(host.why and host.source for host in HOSTS)
