"""The loader: one new file is one new control, target or engine.

It looks only inside the package, at the package's own path, in file-name order. There are no entry points, no
variable and no configured folder: whatever is loaded here runs as us. A module that fails to load, or that lacks its
constant, stops the program, because a lost control is a breach and not a log line.
"""

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def discover(package: ModuleType, constant: str, kind: type[T]) -> tuple[T, ...]:
    """The `constant` of every module in `package`, in file-name order.

    Raises TypeError when a module lacks the constant or holds another type, ValueError when two share an `id`.
    """
    found: dict[str, T] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        value = getattr(module, constant, None)
        if info.ispkg or not isinstance(value, kind):
            raise TypeError(f"{module.__name__} must declare {constant}: {kind.__name__}")
        identity = str(getattr(value, "id", info.name))
        if identity in found:
            raise ValueError(f"{module.__name__} declares {identity} a second time")
        found[identity] = value
    return tuple(found.values())
