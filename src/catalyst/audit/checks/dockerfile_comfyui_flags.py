"""ComfyUI started open."""

import re
from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import At, Check, judge
from catalyst.severity import Severity

WORDS = re.compile(r"--enable-cor[a-z-]*|--mu[lti-]+[user]*\b|--front-end-v[a-z-]*|--comfy-api[a-z-]*")


def _places(facts: Dockerfile) -> Iterator[At]:
    for one in look.final(facts, "CMD", "ENTRYPOINT", "ENV"):
        if found := WORDS.search(one.text):
            yield At(f"{one.name} with {found[0]}", one.line)


CHECK = Check(
    id="dockerfile-comfyui-flags",
    control="comfyui",
    severity=Severity.HIGH,
    title="an image starts ComfyUI without flags that open it",
    why="Each of them takes away a check that ComfyUI makes, or fetches code at the start; abbreviations count.",
    fix={"dockerfile": "leave the flag out; what is harmless: catalyst policy flags"},
    references=("CWE-942", "ligsp WEB-1"),
    about=Dockerfile,
    language="dockerfile",
    good=('FROM a\nCMD ["python", "main.py", "--listen", "127.0.0.1"]',
          "FROM a\nCMD python main.py --enable-compress-response-body"),
    bad=('FROM a\nCMD ["python", "main.py", "--enable-cors-header"]', "FROM a\nENV CLI_ARGS=--multi-user"),
    test=lambda facts: judge(_places(facts), "none of them"),
)
