"""A node plants a package, or a whole interpreter, where nodes may install: from `high` on none of it runs.

The place for packages is writable at `normal`, so what is planted there runs there, as a custom node does.
"""

from pathlib import Path

import pytest

from support import Catalyst, fake_comfyui

pytestmark = pytest.mark.engine("bwrap")
PLANT = """
own = "/data/packages/lib/python%d.%d/site-packages" % sys.version_info[:2]
planted = "open('/data/output/ran', 'w').close()\\n"
if os.access("/data/packages", os.W_OK):
    open(own + "/sitecustomize.py", "w").write(planted)
    open(own + "/planted.pth", "w").write("import os; " + planted)
"""
INTERPRETER = """
if os.access("/data/packages", os.W_OK):
    os.unlink("/data/packages/bin/python")
    open("/data/packages/bin/python", "w").write("#!/bin/sh\\ntouch /data/output/ran\\n")
    os.chmod("/data/packages/bin/python", 0o755)
"""
RAN = "output/ran"


def start(catalyst: Catalyst, words: tuple[str, ...], level: str) -> bool:
    """Did what was planted run in this start?"""
    (catalyst.data / RAN).unlink(missing_ok=True)
    with catalyst.up(*words, app="comfyui", SECURITY_LEVEL=level, NETWORK_MODE="isolated"):
        return (catalyst.data / RAN).exists()


@pytest.mark.parametrize("level", ["high", "maximum"])
def test_a_package(bwrap: Catalyst, tmp_path: Path, level: str) -> None:
    words = fake_comfyui(tmp_path / "tree", PLANT)
    assert not start(bwrap, words, "normal")  # plants it
    assert start(bwrap, words, "normal")
    assert not start(bwrap, words, level)


@pytest.mark.parametrize("level", ["normal", "high", "maximum"])
def test_an_interpreter(bwrap: Catalyst, tmp_path: Path, level: str) -> None:
    """At normal it is made anew before it is used."""
    words = fake_comfyui(tmp_path / "tree", INTERPRETER)
    assert not start(bwrap, words, "normal")
    assert (bwrap.data / "packages/bin/python").read_text().startswith("#!/bin/sh")
    assert not start(bwrap, words, level)
