"""The shape of the source, measured: sizes, who may import what, who may start a program or read the environment.

Import contracts are in pyproject.toml and run here too; what imports cannot show is looked for in the syntax tree.
"""

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "catalyst"
FILES = sorted(SRC.rglob("*.py"))
NAMES = [str(file.relative_to(SRC)) for file in FILES]

MOST_LINES, MOST_IN_FUNCTION, MEDIAN = 350, 40, 12
# Files that are one table, which does not get better by being cut (design §6).
TABLES: set[str] = set()  # files that are a table may be longer; name them here
# What runs in the sandbox, with the standard library alone, and what of Catalyst each part may import besides.
INSIDE = {
    "guard/": ("guard",), "canary/": ("canary", "audit.inside"), "audit/inside/": ("audit.inside", "audit.probes"),
    "audit/probes/": ("audit.inside",), "fetcher/": ("fetcher",),
}  # fmt: skip
STARTERS = {
    "system", "popen", "fork", "forkpty", "execv", "execve", "execvp", "execvpe", "execl", "execle", "execlp", "execlpe",
    "posix_spawn", "posix_spawnp", "spawnv", "spawnve", "spawnvp", "spawnvpe", "spawnl", "spawnle", "spawnlp", "spawnlpe",
    "create_subprocess_exec", "create_subprocess_shell", "fork_exec", "spawn",
}  # fmt: skip
# Who may call import_module, and why.
IMPORTERS = {
    "_discover.py": "the loader",
    "audit/inside/attempt.py": "a child imports the one probe it makes, from a name that is a file of the package",
    "cli/words.py": "a command's file is imported when it is used, from a name that stands in parser.py",
}
BY_NAME = {"import_module", "__import__", "exec", "eval", "compile", "run_module", "run_path"}
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}


@cache
def tree(name: str) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse((SRC / name).read_text(encoding="utf-8"))


def functions(name: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    return (node for node in ast.walk(tree(name)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the last one."""
    return (function.end_lineno or 0) - function.lineno + 1


def host_side(names: Iterable[str] = NAMES) -> list[str]:
    """Files that run outside the sandbox."""
    return [name for name in names if not name.startswith(tuple(INSIDE))]


def taken(name: str, modules: set[str], words: set[str]) -> list[str]:
    """Where a file takes one of `words` from one of `modules`: as `os.word`, or by `from os import word`."""
    found = []
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            found += [f"{name}:{node.lineno} {node.attr}"] if node.attr in words else []
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            found += [f"{name}:{node.lineno} {alias.name}" for alias in node.names if alias.name in words | {"*"}]
        elif isinstance(node, ast.Import):  # under another name it would not be seen above
            found += [f"{name}:{node.lineno} {one.name} as {one.asname}" for one in node.names
                      if one.asname and one.name in modules]  # fmt: skip
    return found


def test_files_are_short() -> None:
    lines = {name: len((SRC / name).read_text(encoding="utf-8").splitlines()) for name in NAMES if name not in TABLES}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_exempt_files_exist() -> None:
    assert TABLES | set(IMPORTERS) <= set(NAMES)


def test_functions_are_short() -> None:
    lengths = {f"{name}:{one.name}": length(one) for name in NAMES for one in functions(name)}
    assert {one: count for one, count in lengths.items() if count > MOST_IN_FUNCTION} == {}


def test_the_median_function_is_short() -> None:
    assert statistics.median(length(one) for name in NAMES for one in functions(name)) <= MEDIAN


def test_no_assert() -> None:
    """`python -O` takes them out, and a check that can be taken out is none."""
    assert [name for name in NAMES for node in ast.walk(tree(name)) if isinstance(node, ast.Assert)] == []


def _imported(name: str) -> Iterator[str]:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")  # a relative import is no module of the standard library


def test_what_runs_inside_needs_the_standard_library_alone() -> None:
    wrong = []
    for name in sorted(set(NAMES) - set(host_side())):
        own = tuple(f"catalyst.{part}." for folder, parts in INSIDE.items() if name.startswith(folder) for part in parts)
        wrong += [f"{name} imports {module}" for module in _imported(name)
                  if module.partition(".")[0] not in sys.stdlib_module_names
                  and not f"{module}.".startswith(own)]  # fmt: skip
    assert wrong == []


def test_only_settings_reads_the_environment() -> None:
    files = [name for name in host_side() if name != "settings.py"]
    assert [where for name in files for where in taken(name, {"os", "posix"}, ENVIRONMENT)] == []


def test_only_process_starts_programs_on_the_host_side() -> None:
    modules = {"os", "posix", "pty", "asyncio", "_posixsubprocess"}
    files = [name for name in host_side() if name != "engine/process.py"]
    assert [where for name in files for where in taken(name, modules, STARTERS)] == []


def test_only_the_loader_imports_by_name() -> None:
    files = [name for name in NAMES if name not in IMPORTERS]
    assert [where for name in files for where in taken(name, {"importlib", "runpy", "builtins"}, BY_NAME)] == []
    builtin = [f"{name}:{node.lineno} {node.id}" for name in files for node in ast.walk(tree(name))
               if isinstance(node, ast.Name) and node.id in BY_NAME]  # fmt: skip
    assert builtin == []


def test_no_shell_and_no_pickle() -> None:
    shells = [f"{name}:{node.value.lineno}" for name in NAMES for node in ast.walk(tree(name))
              if isinstance(node, ast.keyword) and node.arg == "shell" and isinstance(node.value, ast.Constant)]  # fmt: skip
    assert shells == []
    assert [name for name in NAMES if set(_imported(name)) & {"pickle", "marshal", "shelve"}] == []


def test_every_folder_is_a_package() -> None:
    """A folder without __init__.py is left out of the wheel, and what was in it is lost."""
    folders = {file.parent for file in FILES}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_every_module_says_what_it_is() -> None:
    """The first line of a file is its documentation; an empty __init__.py has nothing to say."""
    silent = [name for name in NAMES if tree(name).body and not ast.get_docstring(tree(name))]
    assert silent == []


def test_import_contracts() -> None:
    lint = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"
    done = subprocess.run([sys.executable, "-c", lint],
                          cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
