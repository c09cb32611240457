"""A vault file that was planted: 8 GiB of scrypt memory, a bomb of recipients, a vault for somebody else."""

import base64
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from catalyst.errors import CatalystError, NotAge
from catalyst.secret import Secret
from catalyst.vault import age, header, vault
from vaults import VALUE, ask, fresh, new

BODY = base64.b64encode(bytes(32)).rstrip(b"=")
SALT = b"AAAAAAAAAAAAAAAAAAAAAA"


def bomb(work: int) -> bytes:
    """Whatever opens it works before it can know that it is none: 128 * 2 ** (work + 3) bytes of memory."""
    return header.MAGIC + b"-> scrypt %s %d\n%s\n--- %s\n%s" % (SALT, work, BODY, BODY, bytes(40))


def measured(code: str, *words: str) -> tuple[int, str]:
    """Peak memory in KiB, and what was printed.

    VmHWM (proc_pid_status(5)) begins anew with execve; ru_maxrss keeps the peak of the process that forked, ours.
    """
    code = f"{code}\nprint(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])"
    done = subprocess.run([sys.executable, "-P", "-c", code, *words],
                          capture_output=True, text=True, timeout=120, env=dict(os.environ))  # fmt: skip
    assert done.returncode == 0, done.stderr
    *said, peak = done.stdout.split("\n")[:-1]
    return int(peak), "\n".join(said)


def test_pyrage_alone_takes_the_memory(tmp_path: Path) -> None:
    """Work factor 20 stands for 23, which takes 8 GiB: the library asks nobody."""
    (tmp_path / "bomb").write_bytes(bomb(20))
    peak, _ = measured("import pyrage, sys\ntry: pyrage.passphrase.decrypt(open(sys.argv[1], 'rb').read(), 'x')\n"
                       "except pyrage.DecryptError: pass", str(tmp_path / "bomb"))  # fmt: skip
    assert peak > 900_000


@pytest.mark.parametrize("work", [21, 22, 23, 30])
def test_catalyst_does_not_begin(tmp_path: Path, work: int) -> None:
    (tmp_path / "bomb").write_bytes(bomb(work))
    peak, said = measured(
        "import sys\nfrom catalyst.vault import age\nfrom catalyst.secret import Secret\n"
        "from catalyst.errors import NotAge\n"
        "try: age.decrypt_with(open(sys.argv[1], 'rb').read(), Secret('x'))\nexcept NotAge as error: print(error)",
        str(tmp_path / "bomb"))  # fmt: skip
    assert "work factor" in said
    assert peak < 200_000


def test_the_child_is_bounded_before_it_reads() -> None:
    code = ("import resource\nfrom catalyst.vault import child\nchild.confine()\n"
            "limits = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)\n"
            "print([resource.getrlimit(one)[1] for one in limits])\n"
            "print(open('/proc/self/status').read().count('Uid'))")  # fmt: skip
    assert f"[{3 << 30}, 60, 0]" in measured(code)[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user for the reader and the one that is read")
@pytest.mark.parametrize(("confined", "expected"), [("", "read"), ("child.confine()", "denied")])
def test_a_reader_of_the_same_user_cannot_see_its_memory(confined: str, expected: str) -> None:
    code = ("import os, sys\nfrom catalyst.vault import child\nfrom catalyst.guard.syscalls import prctl\n"
            # a change of user makes a process unreadable already; that is taken back, to see what confine() does alone
            f"os.setgid(65534)\nos.setuid(65534)\nprctl('PR_SET_DUMPABLE', 4, 1)\n{confined}\nprint('ready', flush=True)\n"
            "sys.stdin.read()")  # fmt: skip
    victim = subprocess.Popen([sys.executable, "-P", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              env=dict(os.environ))  # fmt: skip
    try:
        assert victim.stdout is not None
        assert victim.stdout.readline() == b"ready\n"
        look = ("import os\nos.setgroups([])\nos.setgid(65534)\nos.setuid(65534)\n"
                f"try: open('/proc/{victim.pid}/mem', 'rb'); print('read')\nexcept OSError: print('denied')")  # fmt: skip
        said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout.strip()
    finally:
        victim.communicate(timeout=30)
    assert said == expected


def test_a_vault_whose_document_names_another_recipient_is_seen(tmp_path: Path) -> None:
    """age does not say who wrote a file: whoever knows a public key can write a vault for it. What he adds shows."""
    path, key = fresh(tmp_path / "v")
    own = vault.contents(path, key, ask).recipients[0]
    stranger = age.generate()[1]
    planted = {"version": 1, "generation": 9, "recipients": [own, stranger], "tokens": {}}
    Path(path).write_bytes(age.encrypt(json.dumps(planted).encode(), [own]))
    assert stranger in vault.contents(path, key, ask).recipients


def test_a_cut_or_changed_vault_never_opens(tmp_path: Path) -> None:
    path, key = fresh(tmp_path / "v")
    vault.put(path, key, [new("A")], ask)
    whole = Path(path).read_bytes()
    identities = age.identities(key.identity)
    for at in range(0, len(whole), 7):
        for broken in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
            with pytest.raises(CatalystError) as caught:
                age.decrypt(broken, identities)
            assert VALUE not in str(caught.value)
    with pytest.raises(NotAge):
        age.decrypt_with(whole + bytes(header.MAX_BYTES), Secret("x"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000
