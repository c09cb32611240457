"""A process that goes on in the tree while it is wiped, and exchanges names for links to a victim all the time.

Each race is run against a wiper that walks by path as well, which must hit the victim: else nothing was raced.
CATALYST_TEST_ROUNDS=50000 for the long form.
"""

import os
from collections.abc import Callable
from pathlib import Path

from attacks.wiping import SECRET, attacker, rounds, tree, wiped

EXCHANGE = """
import ctypes
libc = ctypes.CDLL(None)
one, other = (word.encode() for word in args)
while True:
    libc.renameat2(-100, one, -100, other, 2)
"""
LINK = """
victim, name = args
while True:
    try:
        os.link(victim, name + '.new')
        os.rename(name + '.new', name)
        open(name + '.file', 'w').close()
        os.rename(name + '.file', name)
    except OSError:
        pass
"""


def naive(folder: Path) -> None:
    """As many tools do it: look, then open by path."""
    for upper, _, names in os.walk(folder):
        for name in names:
            path = Path(upper, name)
            try:
                if not path.is_symlink():
                    with path.open("r+b") as stream:
                        stream.write(b"\0" * os.fstat(stream.fileno()).st_size)
            except OSError:
                continue


def _exchanged(tmp_path: Path, act: Callable[[Path], object], most: int, *, until_hit: bool) -> int:
    """In how many of `most` rounds the victim behind the link was damaged."""
    folder, _ = tree(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir(exist_ok=True)
    victim = outside / "picture"
    aside = tmp_path / "aside"
    hits = 0
    aside.symlink_to(outside)
    (folder / "album").mkdir()
    with attacker(EXCHANGE, str(folder / "album"), str(aside)):
        for _ in range(most):
            victim.write_bytes(SECRET)
            real = folder / "album"
            for place in (real, aside):
                if not place.is_symlink():
                    try:
                        (place / "picture").write_bytes(SECRET)
                    except OSError:
                        continue
            act(folder)
            hits += victim.read_bytes() != SECRET
            if hits and until_hit:
                break
            _again(real, aside, outside)
    return hits


def _again(real: Path, aside: Path, outside: Path) -> None:
    """The wiper removed what it found: put folder and link back, whichever name they have by now."""
    for place in (real, aside):
        try:
            place.lstat()
        except FileNotFoundError:
            other = aside if place == real else real
            try:
                if other.is_symlink():
                    place.mkdir()
                else:
                    place.symlink_to(outside)
            except OSError:
                continue


def test_a_folder_exchanged_for_a_link_hits_the_naive_wiper(tmp_path: Path) -> None:
    assert _exchanged(tmp_path, naive, 20_000, until_hit=True) > 0


def test_a_folder_exchanged_for_a_link_never_hits_ours(tmp_path: Path) -> None:
    assert _exchanged(tmp_path, wiped, rounds(1500), until_hit=False) == 0


def test_a_file_exchanged_for_a_second_name_of_the_victim(tmp_path: Path) -> None:
    folder, victim = tree(tmp_path)
    with attacker(LINK, str(victim), str(folder / "picture")):
        hit = False
        for _ in range(20_000):
            naive(folder)
            hit = victim.read_bytes() != SECRET
            if hit:
                break
        assert hit, "the naive wiper was never hit, so the race proves nothing"
        victim.write_bytes(SECRET)
        for _ in range(rounds(1500)):
            wiped(folder)
            assert victim.read_bytes() == SECRET
