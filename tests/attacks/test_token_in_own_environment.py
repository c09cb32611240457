"""`del os.environ[…]` leaves a token in /proc/self/environ; taking it out by settings.take_tokens does not."""

import os
import subprocess
import sys

import pytest

from support import own_environment

SHOW = "; print(open('/proc/self/environ', 'rb').read().count(b'canary'), os.environ.get('HF_TOKEN'), flush=True)"
CHILD = "; import subprocess; subprocess.run(['sh', '-c', 'env | grep -c canary'], check=False)"
NAMES = ("HUGGINGFACE_TOKEN", "HF_TOKEN", "CIVITAI_TOKEN", "CIVITAI_API_KEY")


def said(code: str, *names: str) -> list[str]:
    env = {**own_environment(), **dict.fromkeys(names, "hf_canary_0123456789")}
    return subprocess.run([sys.executable, "-P", "-c", code], env=env, capture_output=True, text=True,
                          check=True).stdout.split()  # fmt: skip


def test_removing_it_from_os_environ_leaves_it_there() -> None:
    assert said("import os; os.environ.pop('HF_TOKEN')" + SHOW, "HF_TOKEN") == ["1", "None"]


@pytest.mark.parametrize("names", [NAMES, *((name,) for name in NAMES)])
def test_taken_out_it_is_gone(names: tuple[str, ...]) -> None:
    code = ("import os; from catalyst.settings import take_tokens; taken = take_tokens(); "
            "print(','.join(taken), all(one.reveal() == 'hf_canary_0123456789' for one in taken.values()), "
            "repr(taken).count('canary'), flush=True)")  # fmt: skip
    assert said(code + SHOW + CHILD, *names) == [",".join(names), "True", "0", "0", "None", "0"]


def test_the_rest_of_the_environment_stays() -> None:
    code = ("from catalyst.settings import take_tokens; take_tokens(); "
            "print(open('/proc/self/environ').read().count('HOME=/'))")  # fmt: skip
    assert "HOME" in os.environ
    assert said(code, *NAMES) == ["1"]


def test_an_empty_one_is_none() -> None:
    env = {**own_environment(), "HF_TOKEN": ""}
    code = "from catalyst.settings import take_tokens; print(len(take_tokens()))"
    assert subprocess.run([sys.executable, "-P", "-c", code], env=env, capture_output=True, text=True).stdout == "0\n"
