"""What is changed in a Dockerfile, by check: one instruction each, added, changed or taken away."""

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from catalyst.audit import look
from catalyst.audit.checks.dockerfile_package_lists import UPDATE
from catalyst.audit.checks.dockerfile_recommends import OFF
from catalyst.audit.facts import Dockerfile, Instruction
from catalyst.audit.mend.nodes import NotMended
from catalyst.audit.subjects import dockerfile
from catalyst.audit.subjects.dockerfile import span
from catalyst.errors import CatalystError

USER, STOP = "USER 1000:1000", "STOPSIGNAL SIGINT"
TIMES = {"interval": "30s", "timeout": "3s"}
CLEAN = {"apt": "rm -rf /var/lib/apt/lists/*", "dnf": "dnf clean all"}
PORT = "8188"
_ADDRESS = f"http://127.0.0.1:{PORT}/"
_HEALTH = "HEALTHCHECK --interval=30s --timeout=3s --start-period=45s --retries=5 CMD "
_ASK = {
    "curl": f"curl -fsS {_ADDRESS}",
    "python3": f"python3 -c \"import urllib.request; urllib.request.urlopen('{_ADDRESS}', timeout=3)\"",
}
# What a shell may do so that a command joined by && is not reached, or is reached too late.
_UNSURE = re.compile(r"#|(?:^|[;&|\s])(?:exec|exit|return)\b|[;&|]\s*$|^\s*\[|`")
_ADD = re.compile(r"\bapk\s+(?:-\S+\s+)*add\b")
_INSTALL = re.compile(r"\bapt(?:-get)?\s+(?:-\S+\s+)*install\b")
_CURL = re.compile(r"\b(?:install|add)\b[^;&|\n]*(?<![\w./-])curl(?![\w./-])")
_GONE = re.compile(r"\b(?:remove|purge|autoremove|del|erase|rm)\b[^;&|\n]*curl")
Plan = Callable[[str, Dockerfile], str]


def apply(text: str, plan: Plan, name: str) -> str:
    """The text with what one plan changes. Raises NotMended where more than one instruction would differ."""
    before = dockerfile.read(text.encode(), name)
    changed = plan(text, before)
    try:
        after = dockerfile.read(changed.encode(), name)
    except CatalystError as error:
        raise NotMended("its layout is not one that can be changed with certainty") from error
    old, new = (Counter((one.name, tuple(one.flags.items()), one.text, one.heredocs) for one in found.instructions or ())
                for found in (before, after))  # fmt: skip
    if (old - new).total() > 1 or (new - old).total() > 1:
        raise NotMended("its layout is not one that can be changed with certainty")
    return changed


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _ending(text: str) -> str:
    return "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"


def _at_the_end(text: str, line: str) -> str:
    """A line after all others; what it says holds for the image and for no step of its making."""
    return f"{text}{'' if text.endswith(chr(10)) else _ending(text)}{line}{_ending(text)}"


def _replace(text: str, first: int, last: int, new: list[str]) -> str:
    """Lines `first` to `last`, counted from 1, become others."""
    lines = _lines(text)
    return "".join((*lines[: first - 1], *new, *lines[last:]))


def _user(text: str, _: Dockerfile) -> str:
    return _at_the_end(text, USER)


def _stop(text: str, _: Dockerfile) -> str:
    return _at_the_end(text, STOP)


def _health(text: str, facts: Dockerfile) -> str:
    """Asked by a program that is in the image for certain: curl that it installs, or the Python of its base."""
    if look.final(facts, "HEALTHCHECK"):
        raise NotMended("its health check is switched off on purpose; take HEALTHCHECK NONE away")
    ports = {word.partition("/")[0] for one in look.final(facts, "EXPOSE") for word in one.text.split()}
    if PORT not in ports:
        raise NotMended(f"it does not say that it listens on port {PORT}: EXPOSE {PORT}")
    runs = "\n".join(one.shell() for one in look.final(facts, "RUN"))
    stage = (facts.stages or ())[-1]
    while stage.parent >= 0:
        stage = (facts.stages or ())[stage.parent]
    tool = "curl" if _CURL.search(runs) and not _GONE.search(runs) else "python3"
    if tool == "python3" and not re.match(r"(?:docker\.io/)?(?:library/)?python(?:[:@]|$)", stage.base):
        raise NotMended("nothing in it says that curl or Python is there to ask with")
    return _at_the_end(text, _HEALTH + _ASK[tool])


def _flag(one: Instruction, line: str, key: str, value: str) -> str:
    """The first line with another value of a flag, or with the flag."""
    found = re.search(rf"--{key}=\S+", line)
    if found:
        return f"{line[: found.start()]}--{key}={value}{line[found.end() :]}"
    if key in one.flags:
        raise NotMended(f"--{key} stands on a line of its own")
    return re.sub(r"(?i)^(\s*HEALTHCHECK\s)", rf"\g<1>--{key}={value} ", line, count=1)


def _health_times(text: str, facts: Dockerfile) -> str:
    one = look.final(facts, "HEALTHCHECK")[-1]
    line = _lines(text)[one.line - 1]
    for key, value in TIMES.items():
        line = _flag(one, line, key, value)
    return _replace(text, one.line, one.line, [line])


def _first(found: Iterable[tuple[Instruction, str]], change: Callable[[Instruction, str], str]) -> str:
    """The text with the first of these changed that can be. Raises NotMended with the reason of the last."""
    why = "its instruction is of another form"
    for one, word in found:
        try:
            return change(one, word)
        except NotMended as error:
            why = str(error)
    raise NotMended(why)


def _package_lists(text: str, facts: Dockerfile) -> str:
    found = [(one, name) for one in look.final(facts, "RUN") for name, (fetches, cleans) in UPDATE.items()
             if "mount" not in one.flags and fetches.search(one.shell()) and not cleans.search(one.shell())]  # fmt: skip
    return _first(found, lambda one, name: _cleaned(text, facts, one, name))


def _cleaned(text: str, facts: Dockerfile, one: Instruction, manager: str) -> str:
    first, last = span(text, one.line)
    lines = _lines(text)[first - 1 : last]
    if one.heredocs:
        raise NotMended("its commands are a text of their own; add the line there")
    if manager == "apk":
        if re.search(r"\bapk\s+(?:-\S+\s+)*update\b", one.text):
            raise NotMended("apk update keeps its list; leave it out and use apk add --no-cache")
        return _replace(text, first, last, _inserted(lines, one, _ADD, "--no-cache"))
    try:
        shlex.split(one.text)
    except ValueError:
        raise NotMended("its quotes are not those of a shell") from None
    if _UNSURE.search(one.text) or any(line.lstrip().startswith("#") for line in lines) or look.instructions(facts, "SHELL"):
        raise NotMended("it cannot be said that a command after it would run")
    return _replace(text, first, last, [*lines[:-1], *_joined(text, lines, CLEAN[manager])])


def _joined(text: str, lines: list[str], command: str) -> list[str]:
    """The last line of a RUN, with a command after it; on a line of its own where there are several."""
    bare = lines[-1].rstrip()
    ending = lines[-1][len(bare) :]
    if len(lines) == 1:
        return [f"{bare} && {command}{ending}"]
    escape = "`" if re.match(r"(?i)(?:#.*\n)*#\s*escape\s*=\s*`", text) else "\\"
    indent = bare[: len(bare) - len(bare.lstrip())]
    return [f"{bare} {escape}{_ending(text)}", f"{indent}&& {command}{ending}"]


def _inserted(lines: list[str], one: Instruction, pattern: "re.Pattern[str]", option: str) -> list[str]:
    """The lines with an option after each match, where every match is a command of its own and not somebody's text."""
    mine = [command for command in look.commands(one.shell()) if pattern.match(command)]
    if len(mine) != sum(len(pattern.findall(line)) for line in lines):
        raise NotMended("the command is not on one line, or stands in a text too")
    return [pattern.sub(rf"\g<0> {option}", line) for line in lines]


def _recommends(text: str, facts: Dockerfile) -> str:
    option = "--no-install-recommends"

    def change(one: Instruction, _: str) -> str:
        first, last = span(text, one.line)
        return _replace(text, first, last, _inserted(_lines(text)[first - 1 : last], one, _INSTALL, option))

    return _first(((one, "") for one in look.instructions(facts, "RUN") if not OFF.search(one.shell())
                   and any(map(_INSTALL.match, look.commands(one.shell())))), change)  # fmt: skip


def _repeated(text: str, facts: Dockerfile) -> str:
    for name in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
        every = look.instructions(facts, name)
        for one in every:
            first, last = span(text, one.line)
            if any(other.stage == one.stage and other.line > one.line for other in every):
                if any("#" in line for line in _lines(text)[first - 1 : last]):
                    raise NotMended("a comment stands in the instruction that would go")
                return _replace(text, first, last, [])
    raise NotMended("no instruction is overruled")


def _privileges(text: str, facts: Dockerfile) -> str:
    wrong = re.compile(r"--(?:security=insecure|network=host)\s+")
    for one in look.instructions(facts, "RUN"):
        line = _lines(text)[one.line - 1]
        if (one.flags.get("security"), one.flags.get("network")) != (None, None) and wrong.search(line):
            return _replace(text, one.line, one.line, [wrong.sub("", line)])
    raise NotMended("the flag stands on a line of its own")


PLANS: Mapping[str, Plan] = {
    "dockerfile-user": _user,
    "dockerfile-build-privileges": _privileges,
    "dockerfile-health": _health,
    "dockerfile-health-times": _health_times,
    "dockerfile-package-lists": _package_lists,
    "dockerfile-recommends": _recommends,
    "dockerfile-repeated-command": _repeated,
    "dockerfile-stop-signal": _stop,
}
