"""The authority of one run: what it signed is what there is, and it vouches for nobody else."""

import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509

from catalyst.services.broker.tokens.authority import Authority

STRICT = getattr(ssl, "VERIFY_X509_STRICT", 0)  # Python's own default from 3.13 on


def shaken(authority: Authority, host: str, asked: str) -> str | None:
    """What a strict client that trusts the authority makes of `host`'s certificate when it wants `asked`."""
    client = ssl.create_default_context(cadata=authority.certificate)
    client.verify_flags |= STRICT
    pipes = [ssl.MemoryBIO() for _ in range(4)]
    near = client.wrap_bio(pipes[0], pipes[1], server_hostname=asked)
    far = authority.context(host).wrap_bio(pipes[2], pipes[3], server_side=True)
    for _ in range(4):
        for end in (near, far):
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
            pipes[2].write(pipes[1].read())
            pipes[0].write(pipes[3].read())
    return near.selected_alpn_protocol() or near.version()


def test_a_strict_client_takes_it() -> None:
    assert shaken(Authority(["a.org", "b.org"]), "a.org", "a.org") == "TLSv1.3"


@pytest.mark.parametrize("asked", ["b.org", "evil.org", "sub.a.org"])
def test_for_another_name_nobody_does(asked: str) -> None:
    with pytest.raises(ssl.SSLError):
        shaken(Authority(["a.org", "b.org"]), "a.org", asked)


def test_it_is_bound_to_its_hosts_and_signs_no_other_authority() -> None:
    root = x509.load_pem_x509_certificate(Authority(["a.org", "b.org"]).certificate.encode())
    only = root.extensions.get_extension_for_class(x509.NameConstraints)
    basic = root.extensions.get_extension_for_class(x509.BasicConstraints)
    assert only.critical
    assert basic.critical
    assert {one.value for one in only.value.permitted_subtrees or ()} == {"a.org", "b.org"}
    assert (basic.value.ca, basic.value.path_length) == (True, 0)


def test_without_a_host_it_is_for_nobody() -> None:
    root = x509.load_pem_x509_certificate(Authority([]).certificate.encode())
    only = root.extensions.get_extension_for_class(x509.NameConstraints).value
    assert [one.value for one in only.permitted_subtrees or ()] == ["nobody.invalid"]


def test_no_key_of_it_stays(tmp_path: Path) -> None:
    """Two runs are strangers to one another, and nothing that the object holds is the authority's key."""
    one, other = Authority(["a.org"]), Authority(["a.org"])
    assert one.certificate != other.certificate
    assert set(vars(one)) == {"certificate", "_contexts"}
    assert list(tmp_path.iterdir()) == []
