"""All 143 test vectors of C2SP/CCTV for age, from the npm package cctv-age: opened or refused as they say.

Eight deviate, all towards refusing: five need post-quantum keys, which are not supported, and three are larger than a
vault may be; those open when the limit is raised.
"""

import base64
import hashlib
import re
import tarfile
import zlib

import pytest

from catalyst.errors import CatalystError, NotAge
from catalyst.secret import Secret
from catalyst.vault import age, header
from npm_package import packed

pytestmark = pytest.mark.lane("age")
PACKAGE, VERSION = "cctv-age", "0.2.0"
SHA256 = "94a2a220a95b158a69997e84405bb5d4ef84adf05d15bf341b83ec3ba9dd846e"
VECTORS = 143
POST_QUANTUM = {"armor_hybrid", "hybrid", "hybrid_and_x25519", "hybrid_grease", "hybrid_multiple_recipients"}
LARGE = {"stream_257_chunks", "stream_257_chunks_full", "stream_258_chunks"}
_EXPORT = re.compile(r'// \.\./testdata/(\S+)\nvar \w+ = __toBinary\("([A-Za-z0-9+/=]*)"\)')


@pytest.fixture(scope="module")
def vectors() -> dict[str, bytes]:
    """Every vector by name; the package is kept outside the repository and compared with its hash."""
    with tarfile.open(packed(PACKAGE, VERSION, SHA256)) as archive:
        member = archive.extractfile("package/index.js")
        assert member is not None
        text = member.read().decode()
    found = {name: base64.b64decode(data + "=" * (-len(data) % 4)) for name, data in _EXPORT.findall(text)}
    assert len(found) == VECTORS
    return found


class Vector:
    """What a file says of itself, and the age file in it (C2SP/CCTV:age/README.md)."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.file = raw.partition(b"\n\n")
        self.said: dict[str, list[str]] = {}
        for line in head.decode().splitlines():
            key, _, value = line.partition(": ")
            self.said.setdefault(key, []).append(value)
        if self.said.get("compressed") == ["zlib"]:
            self.file = zlib.decompress(self.file)

    def opened(self, most: int = header.MAX_BYTES) -> str:
        """`success` and the hash of the plaintext, or the class of the error."""
        try:
            if "passphrase" in self.said:
                plain = age.decrypt_with(self.file, Secret(self.said["passphrase"][0]))
            else:
                texts = self.said.get("identity", [age.generate()[0]])
                plain = age.decrypt(self.file, [one for text in texts for one in age.identities(text.encode())], most=most)
        except CatalystError as error:
            return type(error).__name__
        return f"success {hashlib.sha256(plain).hexdigest()}"

    def wanted(self) -> str:
        """`success` and the hash, or empty for a refusal of any kind."""
        return f"success {self.said['payload'][0]}" if self.said["expect"] == ["success"] else ""


def test_all_are_opened_or_refused_as_they_say(vectors: dict[str, bytes]) -> None:
    deviating = set()
    for name, raw in vectors.items():
        vector = Vector(raw)
        said = vector.opened()
        if said.startswith("success") != bool(vector.wanted()):
            deviating.add(name)
        elif vector.wanted():
            assert said == vector.wanted(), name
    assert deviating == POST_QUANTUM | LARGE


def test_none_that_should_be_refused_is_opened_with_any_limit(vectors: dict[str, bytes]) -> None:
    """And the large ones open when the limit is raised: nothing but their size stood against them."""
    opened = {name for name, raw in vectors.items() if Vector(raw).opened(most=64 << 20).startswith("success")}
    wanted = {name for name, raw in vectors.items() if Vector(raw).wanted()}
    assert opened == wanted - POST_QUANTUM


def test_what_pyrage_lets_through_is_refused_before_it(vectors: dict[str, bytes]) -> None:
    for name in ("stanza_missing_body", "stanza_missing_final_line", "scrypt_work_factor_23"):
        with pytest.raises(NotAge):
            header.check(Vector(vectors[name]).file)
