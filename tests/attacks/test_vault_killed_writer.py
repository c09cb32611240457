"""kill -9 in the middle of a write, 100 times, 500 in .ci/run: the vault is always one of two
generations, whole, and nothing is lost.

A writer that opens the file and writes into it is killed too, to see that these kills would find a torn file.
"""

import os
import subprocess
import sys
from pathlib import Path

from catalyst.vault import vault
from vaults import ask, fresh, new

KILLS = int(os.environ.get("CATALYST_TEST_VAULT_KILLS", "100"))
ROOT = Path(__file__).parents[1]
# Forks a writer, lets it report each finished generation, kills it at a random moment; repeats.
NURSERY = """
import os, random, signal, sys, time
sys.path.insert(0, sys.argv[1])
from vaults import ask, new, unlock
from catalyst.secret import Secret
from catalyst.vault import vault
path, kills, torn = sys.argv[2], int(sys.argv[3]), sys.argv[4] == "torn"
key, chance = unlock(path), random.Random(6)
def plain(turn):
    data = vault_bytes[:1] * 40000 if turn % 2 else vault_bytes[1:2] * 40000
    with open(path + ".plain", "wb", buffering=0) as file:
        for at in range(0, len(data), 4000):
            file.write(data[at:at + 4000])
vault_bytes = b"ab"
for kill in range(kills):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        turn = 0
        while True:
            turn += 1
            if torn:
                plain(turn)
                os.write(writing, b"0\\n")
            else:
                made = vault.put(path, key, [new(f"T{kill % 40}", f"value-{kill:08}"), new("BIG", "x" * 4000)], ask)
                os.write(writing, b"%d\\n" % made.generation)
    os.close(writing)
    first = os.read(reading, 1)
    time.sleep(chance.uniform(0, 0.012))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    reported = (first + b"".join(iter(lambda: os.read(reading, 65536), b""))).split(b"\\n")
    os.close(reading)
    if torn:
        data = open(path + ".plain", "rb").read()
        print("torn" if len(data) != 40000 or len(set(data)) != 1 else "whole")
    else:
        last = max(int(one or 0) for one in reported[:-1]) if len(reported) > 1 else 0
        found = vault.contents(path, key, ask)
        prints = {one.name: one.fingerprint for one in found.entries}
        wanted = {f"T{one % 40}": Secret(f"value-{one:08}").fingerprint() for one in range(kill + 1)}
        print("whole" if found.generation in {last, last + 1} else f"lost {last} {found.generation}",
              "kept" if wanted.items() <= prints.items() else "missing")
"""


def killed(path: str, kills: int, kind: str) -> list[str]:
    done = subprocess.run([sys.executable, "-P", "-c", NURSERY, str(ROOT), path, str(kills), kind], capture_output=True,
                          text=True, timeout=600, env=dict(os.environ))  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def test_writing_into_the_file_leaves_torn_ones(tmp_path: Path) -> None:
    path, _ = fresh(tmp_path / "v")
    assert "torn" in killed(path, 100, "torn")


def test_the_vault_is_never_torn_and_nothing_is_lost(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    said = killed(path, KILLS, "vault")
    assert len(said) == KILLS
    assert set(said) == {"whole kept"}
    assert vault.contents(path, key, ask).entries
    vault.put(path, key, [new("AFTER")], ask)
    assert {one.name for one in (tmp_path / "v").iterdir()} == {"vault.age", "vault.age.bak", "vault.age.key",
                                                               ".vault.age.lock"}  # fmt: skip
    before = ask(vault.listing(Path(f"{path}.bak").read_bytes(), key))["summary"]["generation"]
    assert before == vault.contents(path, key, ask).generation - 1
