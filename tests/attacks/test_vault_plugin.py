"""An age plugin is a program found by its name. One in a folder of the caller's PATH is not started with a token at hand."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from support import COMMAND, own_environment

# A plugin of recipient-v1 and identity-v1 (C2SP/age-plugin.md) that "wraps" the file key by doing nothing to it.
PLUGIN = """#!{python}
import base64, sys
out, lines = sys.stdout.buffer, sys.stdin.buffer
def stanza(words, body=b""):
    text = base64.b64encode(body).rstrip(b"=").decode()
    rows = [text[at:at + 64] for at in range(0, len(text), 64)]
    if not rows or len(rows[-1]) == 64:
        rows.append("")
    out.write(("-> " + words + "\\n" + "\\n".join(rows) + "\\n").encode())
    out.flush()
def read():
    words, body = lines.readline().decode().split()[1:], ""
    while True:
        row = lines.readline().decode().rstrip("\\n")
        body += row
        if len(row) < 64:
            return words, base64.b64decode(body + "=" * (-len(body) % 4))
open({log!r}, "a").write(sys.argv[1] + "\\n")
seen = []
while True:
    words, body = read()
    seen.append((words, body))
    if words[0] == "done":
        break
for words, body in seen:
    if sys.argv[1].endswith("recipient-v1") and words[0] == "wrap-file-key":
        stanza("recipient-stanza 0 test", body)
        read()
    if sys.argv[1].endswith("identity-v1") and words[0] == "recipient-stanza" and words[2] == "test":
        stanza("file-key " + words[1], body)
        read()
stanza("done")
"""
SYSTEM = Path("/usr/local/bin/age-plugin-catalysttest")


def bech32(prefix: str, data: bytes) -> str:
    """BIP 173, without its limit on length, as age writes plugin recipients and identities."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

    def checksum(values: list[int]) -> int:
        value = 1
        for one in values:
            top, value = value >> 25, (value & 0x1FFFFFF) << 5 ^ one
            for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                value ^= generator if top >> bit & 1 else 0
        return value

    number, bits, words = 0, 0, []
    for byte in data:
        number, bits = number << 8 | byte, bits + 8
        while bits >= 5:
            bits -= 5
            words.append(number >> bits & 31)
    if bits:
        words.append(number << (5 - bits) & 31)
    spread = [ord(one) >> 5 for one in prefix] + [0] + [ord(one) & 31 for one in prefix]
    total = checksum([*spread, *words, *[0] * 6]) ^ 1
    return f"{prefix}1" + "".join(letters[one] for one in [*words, *(total >> 5 * (5 - at) & 31 for at in range(6))])


RECIPIENT, IDENTITY = bech32("age1catalysttest", b"x" * 8), bech32("age-plugin-catalysttest-", b"x" * 8).upper()


def command(folder: Path, *words: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    env = {**own_environment(), "SECURITY_TOKEN_VAULT_PATH": str(folder / "vault.age"),
           "PATH": f"{folder}:{os.environ['PATH']}"}  # fmt: skip
    return subprocess.run([*COMMAND, "vault", *words], env=env, input=given, capture_output=True, text=True, timeout=60)


def write(file: Path, log: Path) -> None:
    file.write_text(PLUGIN.replace("\\\\", "\\").format(python=sys.executable, log=str(log)))
    file.chmod(0o755)


def test_one_in_a_folder_of_the_callers_is_not_started(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    write(tmp_path / "age-plugin-catalysttest", tmp_path / "log")
    assert shutil.which("age-plugin-catalysttest", path=str(tmp_path))
    done = command(tmp_path, "init", "--recipient", RECIPIENT)
    assert done.returncode == 1
    assert "/usr/local/bin" in done.stderr
    assert not (tmp_path / "log").exists()


@pytest.mark.skipif(not os.access(SYSTEM.parent, os.W_OK), reason="only who may write /usr/local/bin can install a plugin")
def test_an_installed_one_opens_and_writes_a_vault(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert not SYSTEM.exists()
    try:
        write(SYSTEM, tmp_path / "log")
        assert command(tmp_path, "init", "--recipient", RECIPIENT).returncode == 0
        (tmp_path / "vault.age.key").write_text(f"{IDENTITY}\n")
        (tmp_path / "vault.age.key").chmod(stat.S_IRUSR | stat.S_IWUSR)
        done = command(tmp_path, "set", "A", "--stdin", given="hf_canary_of_a_plugin")
        assert done.returncode == 0, done.stderr
        assert "A " in command(tmp_path, "list").stdout
        assert set((tmp_path / "log").read_text().split()) == {"--age-plugin=recipient-v1", "--age-plugin=identity-v1"}
    finally:
        SYSTEM.unlink()
