"""Custom nodes: Python by its syntax tree, and requirement files by their lines. Nothing is imported or run.

What is found is worth reading, and what is not found proves nothing: code that hides well is not seen here. That is
what the sandbox is for.
"""

import ast
import re
from collections.abc import Iterator

from catalyst.errors import plain
from catalyst.models.scan.finding import Finding
from catalyst.models.scan.indicators import INDICATORS

MAX_BYTES = 4 << 20
EARLY = frozenset({"prestartup_script.py", "install.py", "setup.py"})
RUN = frozenset({"exec", "eval", "compile", "builtins.exec", "builtins.eval", "builtins.compile", "types.FunctionType"})
DECODE = re.compile(
    r"(base64\.\w*decode|binascii\.(un|a2b)\w+|zlib\.decompress|gzip\.decompress|bz2\.decompress|lzma\.decompress|marshal\.loads"
    r"|codecs\.decode|bytes\.fromhex|bytearray\.fromhex|urllib\.request\.urlopen|requests\.get|requests\.post|httpx\.get)$"
)
SHELL = frozenset({"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "commands.getoutput"})
START = frozenset({*SHELL, *(f"subprocess.{name}" for name in ("run", "call", "Popen", "check_call", "check_output")),
                   *(f"os.{name}" for name in ("execv", "execve", "execvp", "execl", "execlp", "spawnv", "spawnl",
                                               "posix_spawn")),
                   "pty.spawn", "asyncio.create_subprocess_shell", "asyncio.create_subprocess_exec"})  # fmt: skip
UNPICKLE = frozenset({
    "pickle.load", "pickle.loads", "pickle.Unpickler", "_pickle.loads", "dill.load", "dill.loads", "cloudpickle.load",
    "cloudpickle.loads", "joblib.load", "marshal.load", "marshal.loads", "shelve.open", "pandas.read_pickle",
    "yaml.unsafe_load",
    "jsonpickle.decode",
})  # fmt: skip
INSTALL = re.compile(
    r"\b(pip3?|uv pip|uv|conda|npm|apt(-get)?)['\", ]+(-\w+['\", ]+)*install\b|\bpip\._internal\b|ensurepip"
)
DOWNLOAD = re.compile(
    r"\b(curl|wget)\b.*(\|\s*(ba|z|da)?sh\b|&&|;|\bchmod\b)|bash\s+-c\s+.*\b(curl|wget)\b"
    r"|powershell.*-e(nc|ncodedcommand)?\b|/dev/tcp/", re.IGNORECASE | re.DOTALL)  # fmt: skip
HIDING = frozenset({"getattr", "vars", "globals", "locals", "__import__", "importlib.import_module", "builtins.getattr"})


class Visitor(ast.NodeVisitor):
    """Collects findings of one file. Names are followed through imports and simple assignments, not further."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.names: dict[str, str] = {}
        self.decoded: set[str] = set()  # variables that hold decoded or fetched text
        self.findings: list[Finding] = []

    def say(self, rule: str, node: ast.AST, evidence: str) -> None:
        """A finding at a line; one of a rule and line is enough."""
        line = getattr(node, "lineno", 1)
        if not any(one.rule == rule and one.line == line for one in self.findings):
            self.findings.append(Finding(rule, self.path, plain(evidence, 160), line=line))

    def visit_Import(self, node: ast.Import) -> None:
        """import a.b as c"""
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self.names[alias.asname or top] = alias.name if alias.asname else top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """from a import b as c"""
        for alias in node.names:
            self.names[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"

    def visit_Assign(self, node: ast.Assign) -> None:
        """x = os.system, x = base64.b64decode(…)"""
        for target in (one.id for one in node.targets if isinstance(one, ast.Name)):
            dotted = self.dotted(node.value)
            if dotted and ("." in dotted or dotted in RUN):
                self.names[target] = dotted
            if self.decodes(node.value):
                self.decoded.add(target)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Texts and bytes."""
        text = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
        if isinstance(text, str) and len(text) < 1 << 20:
            lower = text.lower()
            for rule, texts in INDICATORS.items():
                for one in texts:
                    if one.lower() in lower:
                        self.say(rule, node, one)

    def visit_Call(self, node: ast.Call) -> None:
        """Everything that is called."""
        name = self.dotted(node.func)
        if name in RUN and node.args:
            self._run(name, node)
        elif name in START and node.args:
            self._start(name, node)
        elif name in UNPICKLE or (name == "yaml.load" and "Loader" not in _keywords(node)):
            self.say("node-unpickle", node, name)
        elif name == "torch.load" and not _constant(_keywords(node).get("weights_only"), True):
            self.say("node-unpickle", node, "torch.load without weights_only=True")
        elif name == "numpy.load" and _constant(_keywords(node).get("allow_pickle"), True):
            self.say("node-unpickle", node, "numpy.load with allow_pickle=True")
        elif name in HIDING:
            self._hiding(name, node)
        elif name.startswith(("pip.main", "pip._internal")):
            self.say("node-runtime-install", node, name)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """vars(builtins)['ev' + 'al'], globals()[name], sys.modules[…], __builtins__[…]"""
        base = self.dotted(node.value.func) if isinstance(node.value, ast.Call) else self.dotted(node.value)
        hides = base in {"vars", "globals", "locals"} and isinstance(node.value, ast.Call) and node.value.args
        table = hides or base in {"__builtins__", "builtins.__dict__", "sys.modules"}
        if table and not isinstance(node.slice, ast.Constant):
            self.say("node-hidden-name", node, f"{base}[…]")
        self.generic_visit(node)

    def _run(self, name: str, node: ast.Call) -> None:
        if any(self.decodes(one) for one in node.args):
            self.say("node-exec-decoded", node, f"{name} of decoded or fetched text")
        elif not isinstance(node.args[0], ast.Constant):
            self.say("node-exec", node, name)

    def _start(self, name: str, node: ast.Call) -> None:
        words = " ".join(str(one.value) for one in ast.walk(node) if isinstance(one, ast.Constant)
                         and isinstance(one.value, str))
        if INSTALL.search(words):
            self.say("node-runtime-install", node, words)
        elif DOWNLOAD.search(words):
            self.say("node-download-and-run", node, words)
        elif (name in SHELL or _constant(_keywords(node).get("shell"), True)) and not isinstance(node.args[0], ast.Constant):
            self.say("node-shell", node, name)
        if any(self.decodes(one) for one in node.args):
            self.say("node-exec-decoded", node, f"{name} of decoded or fetched text")

    def _hiding(self, name: str, node: ast.Call) -> None:
        words = [one for one in node.args if not isinstance(one, ast.Constant)]
        if name in {"getattr", "builtins.getattr"}:
            target = self.dotted(node.args[0]) if node.args else ""
            dangerous = target.partition(".")[0] in {"os", "builtins", "__builtins__", "subprocess", "sys", "importlib"}
            if dangerous and len(node.args) > 1 and _computed(node.args[1]):
                self.say("node-hidden-name", node, f"getattr({target}, …)")
        elif name in {"__import__", "importlib.import_module"} and words and _computed(words[0]):
            self.say("node-hidden-name", node, f"{name} of a name that is put together")

    def decodes(self, node: ast.AST) -> bool:
        """Does decoded or fetched text go into this expression?"""
        for one in ast.walk(node):
            if isinstance(one, ast.Call) and DECODE.search(self.dotted(one.func)):
                return True
            if isinstance(one, ast.Name) and one.id in self.decoded:
                return True
        return False

    def dotted(self, node: ast.AST) -> str:
        """`a.b.c` with imports and aliases followed; empty for anything else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Call) and parts:
            called = self.dotted(node.func)
            if called in {"__import__", "importlib.import_module"} and node.args and isinstance(node.args[0], ast.Constant):
                return ".".join((str(node.args[0].value), *reversed(parts)))
        if not isinstance(node, ast.Name):
            return ""
        return ".".join((self.names.get(node.id, "numpy" if node.id == "np" else node.id), *reversed(parts)))


def _keywords(node: ast.Call) -> dict[str, ast.expr]:
    return {one.arg: one.value for one in node.keywords if one.arg}


def _constant(node: ast.AST | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _computed(node: ast.AST) -> bool:
    """Put together or decoded, which a plain variable is not: plug-in loaders have those."""
    return isinstance(node, ast.BinOp | ast.JoinedStr | ast.Call | ast.Subscript)


def python(path: str, source: bytes) -> list[Finding]:
    """Findings in one Python file. Raises SyntaxError, ValueError, RecursionError or MemoryError when it is no Python."""
    visitor = Visitor(path)
    visitor.visit(ast.parse(source))
    name = path.rpartition("/")[2]
    if name in EARLY:
        visitor.findings.append(Finding("node-starts-early", path, name))
    return visitor.findings


_ADDRESS = re.compile(
    r"^\s*(-i|--index-url|--extra-index-url|--find-links|-f|--trusted-host)\b"
    r"|^\s*[^#\s].*@\s*(https?|git\+|file:)|^\s*(https?://|git\+|\./|/)", re.IGNORECASE)  # fmt: skip


def requirements(path: str, source: bytes) -> Iterator[Finding]:
    """Lines of a requirements file that name an address instead of a package."""
    for number, line in enumerate(source.decode("utf-8", "replace").splitlines(), 1):
        if _ADDRESS.search(line):
            yield Finding("node-requirement-by-address", path, plain(line.strip(), 160), line=number)
