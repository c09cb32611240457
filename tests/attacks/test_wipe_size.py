"""A tree made to exhaust what wipes it: too deep for paths, descriptors or recursion, or with too many entries.

CATALYST_TEST_ENTRIES=1000000 for the long form.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from attacks.wiping import SECRET, tree, wiped
from catalyst.wipe.wiper import Budget
from support import COMMAND

DEEP = 4_000
MANY = int(os.environ.get("CATALYST_TEST_ENTRIES", "5000"))


def deep(folder: Path, levels: int) -> None:
    """Folders in one another, a file in every tenth; deeper than any path can say."""
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for level in range(levels):
        if level % 10 == 0:
            file = os.open("file", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=here)
            os.write(file, SECRET)
            os.close(file)
        os.mkdir("folder-with-a-name", dir_fd=here)
        deeper = os.open("folder-with-a-name", os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)


def test_a_tree_deeper_than_any_path(tmp_path: Path) -> None:
    """The real command, with few descriptors: no depth may need one a folder. A process of its own, so that what the tests
    have open does not count."""
    folder, _ = tree(tmp_path)
    deep(folder, DEEP)
    few = ["sh", "-c", 'ulimit -n 64 && exec "$@"', "sh"]
    try:
        done = subprocess.run([*few, *COMMAND, "wipe", str(folder), "--yes", "--json"],
                              capture_output=True, text=True, check=False)  # fmt: skip
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)  # pytest's own removal recurses
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)["paths"][0]
    assert (counts["overwritten"], counts["folders"], counts["not_wiped"]) == (DEEP // 10, DEEP, 0)


def test_it_is_surveyed_too(tmp_path: Path) -> None:
    from catalyst.wipe.survey import survey
    from catalyst.wipe.wipe import close_all, open_all

    folder, _ = tree(tmp_path)
    deep(folder, DEEP)
    roots = open_all([str(folder)])
    found = survey(roots[0])
    close_all(roots)
    assert (found.files, found.folders, found.whole) == (DEEP // 10, DEEP, True)
    wiped(folder)


def test_many_files(tmp_path: Path) -> None:
    folder, _ = tree(tmp_path)
    for number in range(MANY):
        (folder / f"{number}").touch()
    counts = wiped(folder)
    assert (counts["overwritten"], counts["complete"]) == (MANY, True)


@pytest.mark.parametrize(("budget", "why"), [
    (Budget(entries=10), "the limit of 10 entries was reached"),
    (Budget(bytes=10 * len(SECRET)), f"the limit of {10 * len(SECRET)} bytes was reached"),
    (Budget(seconds=0), "the limit of 0 s was reached"),
])  # fmt: skip
def test_a_budget_that_ends_leaves_the_rest_and_says_so(tmp_path: Path, budget: Budget, why: str) -> None:
    folder, _ = tree(tmp_path)
    for number in range(100):
        (folder / f"{number}").write_bytes(SECRET)
    counts = wiped(folder, budget=budget)
    assert counts["overwritten"] <= 10
    assert counts["exceptions"] == [{"path": ".", "done": "not wiped", "why": why}]
    assert not counts["complete"]
    left = [one.read_bytes() for one in folder.iterdir()]
    assert len(left) >= 89
    assert sum(content != SECRET for content in left) <= 1  # the one it was at
