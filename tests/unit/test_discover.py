"""The loader: one file is one extension, and whatever is wrong with one stops the program."""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from catalyst._discover import discover
from catalyst.engine import engines
from catalyst.policy import controls
from catalyst.render import targets


@dataclass(frozen=True)
class Thing:
    """What the packages of these tests declare."""

    id: str


THING = "from unit_discover_thing import Thing\nTHING = Thing('{}')\n"
Make = Callable[..., ModuleType]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """A package in an empty folder: keywords are files, with what they contain."""
    shared = ModuleType("unit_discover_thing")
    shared.Thing = Thing  # type: ignore[attr-defined]  # so that a file of the package can import it
    monkeypatch.setitem(sys.modules, shared.__name__, shared)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def package(**files: str) -> ModuleType:
        folder = tmp_path / "extensions_under_test"
        folder.mkdir()
        for name, content in {"__init__": "", **files}.items():
            (folder / f"{name}.py").write_text(content)
        importlib.invalidate_caches()
        return importlib.import_module(folder.name)

    yield package
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_every_module_in_the_order_of_file_names(make: Make) -> None:
    package = make(b=THING.format("1"), a=THING.format("3"), c=THING.format("2"))
    assert [thing.id for thing in discover(package, "THING", Thing)] == ["3", "1", "2"]


def test_an_empty_package_is_empty(make: Make) -> None:
    assert discover(make(), "THING", Thing) == ()


def test_a_module_without_the_constant_stops_everything(make: Make) -> None:
    package = make(a=THING.format("a"), b="thing = 1\n")
    with pytest.raises(TypeError, match=r"extensions_under_test\.b must declare THING: Thing"):
        discover(package, "THING", Thing)


@pytest.mark.parametrize("value", ["'text'", "None", "Thing", "[Thing('a')]"])
def test_a_constant_of_another_type_stops_everything(make: Make, value: str) -> None:
    package = make(a=f"from unit_discover_thing import Thing\nTHING = {value}\n")
    with pytest.raises(TypeError, match=r"extensions_under_test\.a must declare THING: Thing"):
        discover(package, "THING", Thing)


def test_two_modules_with_one_id_stop_everything(make: Make) -> None:
    package = make(a=THING.format("same"), b=THING.format("same"))
    with pytest.raises(ValueError, match=r"extensions_under_test\.b declares same a second time"):
        discover(package, "THING", Thing)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("import no_such_module_at_all", ModuleNotFoundError),
        ("raise ImportError('mine')", ImportError),
        ("1 / 0", ZeroDivisionError),
        ("def", SyntaxError),
        ("raise SystemExit(0)", SystemExit),
    ],
)
def test_an_error_of_a_module_passes_through(make: Make, content: str, error: type[BaseException]) -> None:
    package = make(a=THING.format("a"), b=content)
    with pytest.raises(error):
        discover(package, "THING", Thing)


@pytest.mark.parametrize("init", [True, False])
def test_a_folder_stops_everything(make: Make, init: bool) -> None:
    """What is in it would not be looked at: a lost control."""
    package = make(a=THING.format("a"))
    folder = Path(package.__path__[0]) / "deeper"
    folder.mkdir()
    if init:
        (folder / "__init__.py").touch()
    with pytest.raises(TypeError, match="deeper"):
        discover(package, "THING", Thing)


@pytest.mark.parametrize("package", [controls, targets, engines], ids=lambda package: package.__name__)
def test_our_packages_hold_modules_and_nothing_else(package: ModuleType) -> None:
    """And lie in one folder: a second path would be a way in."""
    assert len(list(package.__path__)) == 1
    names = {file.name for file in Path(package.__path__[0]).iterdir()} - {"__pycache__"}
    assert all(name.endswith(".py") for name in names)
    assert "__init__.py" in names
