"""ComfyUI's argparse takes any unambiguous prefix, so a list of refused names is walked around by `--liste 0.0.0.0`."""

import argparse

import pytest

from catalyst import comfyui_flags
from catalyst.errors import SettingsError

ATTACKS = ["--liste 0.0.0.0", "--listen=0.0.0.0", "--listen", "--enable-cors", "--mult", "--front-end-v X", "--out /",
           "--databa sqlite:////x", "--cpu --listen", "--cuda-device --listen", "--cuda-device=--listen",
           "--preview-method=$(id)", "0.0.0.0", "--tls-key x", "--cp"]  # fmt: skip


def test_argparse_accepts_the_prefix() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen")
    assert parser.parse_args(["--liste", "0.0.0.0"]).listen == "0.0.0.0"


@pytest.mark.parametrize("words", ATTACKS)
def test_only_full_known_names_pass(words: str) -> None:
    with pytest.raises(SettingsError):
        comfyui_flags.check(tuple(words.split()))


def test_known_flags_pass() -> None:
    words = ("--cpu", "--preview-method", "auto", "--cuda-device=0,1")
    assert comfyui_flags.check(words) == words
