"""Changing a settings file without losing what else its owner wrote in it."""

import os
from pathlib import Path

from catalyst.errors import CatalystError, PathRefused, pasted
from catalyst.settings import read_toml


def word(file: Path, text: str, *, into: str, out_of: str) -> None:
    """Add a word to the list `into`, take it out of `out_of`; comments and order stay. Raises CatalystError."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    read_toml(file, required=False)  # a file that would not be read is not written either
    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
    except TOMLKitError as error:
        raise CatalystError(f"{file} cannot be changed: {error}", f"write it yourself: nano {pasted(str(file))}") from error
    lists = {name: _words(document.get(name, [])) for name in (into, out_of)}
    lists[into] = [*(one for one in lists[into] if one != text), text]
    lists[out_of] = [one for one in lists[out_of] if one != text]
    for name, words in lists.items():
        if words or name in document:
            array = tomlkit.array()
            array.extend(words)
            document[name] = array
    _replace(file, tomlkit.dumps(document))


def _words(value: object) -> list[str]:
    """A list, or the text that stands for one."""
    return [str(one) for one in value] if isinstance(value, list) else str(value).replace(",", " ").split()


def _replace(file: Path, text: str) -> None:
    """In one step, so that a crash leaves the old one or the new one; where it is a link, what it leads to."""
    real = Path(os.path.realpath(file))
    new = real.with_name(f".{real.name}.{os.getpid()}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            if real.exists():
                os.fchmod(descriptor, real.stat().st_mode & 0o755)
            os.fsync(descriptor)
        new.replace(real)
    except OSError as error:
        new.unlink(missing_ok=True)
        why = (error.strerror or str(error)).lower()
        raise PathRefused("catalyst.toml", str(real), why, "name a file you may write: --config FILE") from error
