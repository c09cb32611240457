"""ComfyUI without a login."""

from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge, known
from catalyst.severity import Severity


def _places(facts: Container) -> Iterator[At]:
    for port in known(facts.ports, "its ports are not known"):
        if port.container in {"8188", "*"} and not look.loopback(port.address):
            yield At(f"ComfyUI's port on {port.address or 'every address'}, and ComfyUI has no login",
                     port.line or facts.line("ports"))  # fmt: skip
    for address in _listens(facts.command or ()) if facts.network == "host" else ():
        if not all(look.loopback(one) for one in address.split(",")):
            yield At(f"ComfyUI listens on {address or 'every address'} of the host", facts.line("command"))


def _listens(words: tuple[str, ...]) -> Iterator[str]:
    """What --listen, or a beginning of it, is given; nothing means every address."""
    for word, following in zip(words, (*words[1:], ""), strict=True):
        name, mark, value = word.partition("=")
        if len(name) > 4 and "--listen".startswith(name):
            yield value if mark or following.startswith("-") else following


def _test(facts: Container) -> Outcome:
    if not look.is_comfyui(facts):
        known(facts.ports, "its ports are not known")
        return NotApplicable("it is not ComfyUI, by image, name, command or port")
    return judge(_places(facts), "reached from this machine only, or not at all")


CHECK = Check(
    id="comfyui-exposed",
    control="exposure",
    severity=Severity.CRITICAL,
    title="ComfyUI is not open to others without a login",
    why="Whoever reaches the port runs workflows, and with one call of ComfyUI-Manager any code. Thousands of open "
    "instances were taken over by botnets in 2025 and 2026.",
    fix={"compose": 'ports: ["127.0.0.1:8188:8188"]',
         "docker": "-p 127.0.0.1:8188:8188, or put a login before it: catalyst up"},
    references=("CWE-306", "ligsp NET-1"),
    about=Container,
    kinds=look.ENGINES,
    language="compose",
    good=('ports: ["127.0.0.1:8188:8188"]', "image: comfyui",
          "network_mode: host\ncommand: python main.py --listen 127.0.0.1"),
    bad=('ports: ["8188:8188"]', 'image: comfyui\nports: ["0.0.0.0:80:8188"]',
         "network_mode: host\ncommand: python main.py --listen",
         "network_mode: host\ncommand: [main.py, --liste=0.0.0.0]"),
    test=_test,
)
