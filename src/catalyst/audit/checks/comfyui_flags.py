"""Flags of ComfyUI that open it."""

from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, Outcome, judge, known
from catalyst.severity import Severity

# argparse takes any unambiguous beginning of a name (knowledge: comfyui.md §6), and so do we.
FLAGS = {
    "--enable-cors-header": ("--enable-co", "switches the origin check off"),
    "--multi-user": ("--mu", "believes a header that says who somebody is"),
    "--front-end-version": ("--front-end-v", "downloads the page from elsewhere"),
    "--front-end-root": ("--front-end-r", "serves another page"),
    "--comfy-api-base": ("--comfy-api", "sends keys elsewhere"),
    "--tls-keyfile": ("--tls-k", "holds a key that is the gateway's to hold"),
}
VARIABLES = {"COMFYUI_FLAGS", "CLI_ARGS", "COMFY_CMDLINE_EXTRA", "COMFYUI_ARGS", "EXTRA_ARGS"}


def _flags(facts: Container) -> Iterator[tuple[str, int]]:
    for word in facts.command or ():
        for part in word.split():
            yield part, facts.line("command")
    for one in facts.environment or ():
        if one.name in VARIABLES:
            for part in (one.value or "").split():
                yield part, one.line or facts.line("environment")


def _test(facts: Container) -> Outcome:
    known(facts.command, "its command is not known")
    places = []
    for word, line in _flags(facts):
        name = word.partition("=")[0]
        for flag, (shortest, what) in FLAGS.items():
            if flag.startswith(name) and name.startswith(shortest):
                places.append(At(f"{name} ({flag}) {what}", line))
    return judge(places, "no flag that opens ComfyUI")


CHECK = Check(
    id="comfyui-flags",
    control="comfyui",
    severity=Severity.HIGH,
    title="ComfyUI is started without flags that open it",
    why="Each of them takes away a check that ComfyUI makes, or fetches code at the start. Abbreviations count: ComfyUI"
    " takes --enable-cors for --enable-cors-header.",
    fix={"": "leave the flag out; what is harmless: catalyst policy flags"},
    references=("CWE-942", "ligsp WEB-1"),
    about=Container,
    kinds=look.EVERY_CONTAINER,
    language="compose",
    good=("command: python main.py --listen 127.0.0.1 --enable-compress-response-body",
          "environment: [CLI_ARGS=--lowvram]"),
    bad=("command: python main.py --enable-cors-header", "command: [main.py, --enable-cors=*]", "command: main.py --mult",
         "environment: ['CLI_ARGS=--front-end-version x@latest']"),
    test=_test,
)
