"""models.toml: what the owner wants, a table for each model. Errors name the line.

    [[model]]
    source = "hf:stabilityai/sdxl-vae/sdxl_vae.safetensors"   # or civitai:128713
    sha256 = "…"          # of the file; without it, the lock file pins what came first
    folder = "vae"        # without it, it is found out
    name = "…"            # without it, the site's name, made harmless
    allow = true          # take it although it is a pickle or the scan found something; needs sha256
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from catalyst.errors import ManifestRefused, SourceRefused, plain, shown
from catalyst.guard.record import replace
from catalyst.models.fetch import names
from catalyst.models.fetch.wanted import Wanted, checked, parse

KEYS: Mapping[str, type] = {"source": str, "sha256": str, "folder": str, "name": str, "allow": bool}
MOST = 1000  # models
_TABLE = re.compile(r"""\s*\[\[\s*["']?model["']?\s*\]\]""")


def read(text: str, file: str) -> list[Wanted]:
    """What the text of `file` asks for. Raises ManifestRefused."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError too: a number of more than 4300 digits
        found = re.search(r"line (\d+)", str(error))
        raise ManifestRefused(file, int(found[1]) if found else 1, f"it is not TOML: {plain(str(error)).lower()}") from error
    for key in document.keys() - {"model"}:
        raise ManifestRefused(file, _line(text, 0, key), f"unknown key {shown(key)}", "write a table for each: [[model]]")
    models = document.get("model", [])
    if not isinstance(models, list) or not all(isinstance(one, dict) for one in models) or len(models) > MOST:
        raise ManifestRefused(file, _line(text, 0, "model"), f"model must be up to {MOST} tables", "[[model]]")
    starts = [number for number, line in enumerate(text.splitlines()) if _TABLE.match(line)]
    if len(starts) != len(models):  # model = [{…}], where a line cannot be told
        raise ManifestRefused(file, _line(text, 0, "model"), "write a table for each model", "[[model]]")
    wanted = [_model(one, text, start, file) for one, start in zip(models, starts, strict=True)]
    _no_doubles(wanted, text, starts, file)
    return wanted


def _model(table: Mapping[str, Any], text: str, start: int, file: str) -> Wanted:
    for key, value in table.items():
        if key not in KEYS:
            raise ManifestRefused(file, _line(text, start, key), f"unknown key {shown(key)}", f"known: {', '.join(KEYS)}")
        if type(value) is not KEYS[key]:
            kind = "true or false" if KEYS[key] is bool else "text in quotes"
            raise ManifestRefused(file, _line(text, start, key), f"{key} must be {kind}", f"{key} = …")
    if "source" not in table:
        raise ManifestRefused(file, start + 1, "this model has no source", 'source = "hf:OWNER/REPO/FILE"')
    key = "source"
    try:
        wanted = parse(table["source"], plain(file))
        for key in ("folder", "sha256", "allow"):
            if key in table:
                wanted = checked(replace(wanted, **{key: table[key]}), str(table[key]))
    except SourceRefused as refused:
        raise ManifestRefused(file, _line(text, start, key), refused.why, refused.hint) from refused
    name = table.get("name", "")
    if "name" in table and (not name or _harmless(name) != name):
        raise ManifestRefused(file, _line(text, start, "name"), f"{shown(name)} cannot be the name of a model's file",
                              'name = "model.safetensors"')  # fmt: skip
    if (wanted.sha256 or name) and not wanted.file and not wanted.version:
        key = "sha256" if wanted.sha256 else "name"
        raise ManifestRefused(file, _line(text, start, key), f"{key} is of one file, and the source is a repository",
                              f'source = "{wanted.source}/FILE"')  # fmt: skip
    return replace(wanted, name=name, origin=f"{plain(file)}:{start + 1}")


def _harmless(name: str) -> str:
    try:
        return names.safe(name)
    except Exception:  # NameRefused; the caller names the line
        return ""


def _no_doubles(wanted: list[Wanted], text: str, starts: list[int], file: str) -> None:
    seen: dict[str, int] = {}
    for one, start in zip(wanted, starts, strict=True):
        line = _line(text, start, "source")
        if one.source in seen:
            why = f"{shown(one.source)} stands in line {seen[one.source]}, too"
            raise ManifestRefused(file, line, why, "take one of them out")
        seen[one.source] = line


def _line(text: str, start: int, key: str) -> int:
    """The line, counted from 1, where `key` gets its value in the table at `start`; that of the table if it is not seen."""
    for number, line in enumerate(text.splitlines()[start:], start + 1):
        if number > start + 1 and line.lstrip().startswith("[["):
            break
        if re.match(rf"""\s*\[*\s*["']?{re.escape(key)}["']?\s*[=.\]]""", line):
            return number
    return start + 1
