"""The loader: one new file is one new control, target or engine.

It looks only inside the package, at the package's own path, in file-name order. There are no entry points, no
variable and no configured folder: whatever is loaded here runs as us. A module that fails to load, or that lacks its
constant, stops the program, because a lost control is a breach and not a log line.
"""

import importlib
import os
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def discover(package: ModuleType, constant: str, kind: type[T]) -> tuple[T, ...]:
    """The `constant` of every module in `package`, in file-name order.

    Raises TypeError when a module lacks the constant or holds another type, ValueError when two share an `id`.
    """
    found: dict[str, T] = {}
    for name in _modules(package):
        module = importlib.import_module(f"{package.__name__}.{name}")
        value = getattr(module, constant, None)
        if not isinstance(value, kind):
            raise TypeError(f"{module.__name__} must declare {constant}: {kind.__name__}")
        identity = str(getattr(value, "id", name))
        if identity in found:
            raise ValueError(f"{module.__name__} declares {identity} a second time")
        found[identity] = value
    return tuple(found.values())


def _modules(package: ModuleType) -> list[str]:
    """Names of the package's modules. A folder beside them would be looked into by nobody, so it is refused.

    Not pkgutil: it imports `inspect` to take `.py` off a name, 6 ms of every start.
    """
    entries = [entry for path in package.__path__ for entry in os.scandir(path) if entry.name != "__pycache__"]
    for entry in entries:
        if not entry.name.endswith(".py"):
            raise TypeError(f"{package.__name__} holds {entry.name}, which is no module")
    return sorted(entry.name.removesuffix(".py") for entry in entries if entry.name != "__init__.py")
