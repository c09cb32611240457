"""What is asked at the terminal: not echoed, and refused where there is none."""

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

from support import COMMAND, own_environment
from vaults import VALUE


def typed(path: Path, *words: str, answers: tuple[str, ...]) -> tuple[int, str]:
    """The command at a terminal of its own: exit code and everything that stood on it."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(sys.executable, [*COMMAND, "vault", *words], {**own_environment(), "SECURITY_TOKEN_VAULT_PATH": str(path)})
    shown, left = "", list(answers)
    while select.select([terminal], [], [], 60)[0]:
        try:
            data = os.read(terminal, 4096)
        except OSError:  # EIO: it ended
            break
        shown += data.decode()
        if left and shown.rstrip().endswith(":"):
            os.write(terminal, f"{left.pop(0)}\n".encode())
            shown += "|"
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(terminal)
    return code, shown


def test_a_value_and_a_passphrase_are_asked_for_and_not_shown(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    path = tmp_path / "vault.age"
    assert typed(path, "init", "--passphrase", answers=("correct horse", "incorrect"))[0] == 2
    code, shown = typed(path, "init", "--passphrase", answers=("correct horse", "correct horse"))
    assert (code, "horse" in shown) == (0, False)
    code, shown = typed(path, "set", "A", answers=(VALUE, "correct horse"))
    assert (code, VALUE in shown, "horse" in shown) == (0, False, False)
    code, shown = typed(path, "list", answers=("wrong horse",))
    assert code == 1
    assert "the passphrase is wrong" in shown


def test_without_a_terminal_it_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    env = {**own_environment(), "SECURITY_TOKEN_VAULT_PATH": str(tmp_path / "vault.age")}
    done = subprocess.run([*COMMAND, "vault", "init", "--passphrase"], env=env, input="correct horse\ncorrect horse\n",
                          capture_output=True, text=True, timeout=60, start_new_session=True)  # fmt: skip
    assert done.returncode == 2
    assert "no terminal" in done.stderr
    assert "--passphrase-fd" in done.stderr
    assert "--stdin" not in done.stderr, "which is for a value"
    assert not (tmp_path / "vault.age").exists()
