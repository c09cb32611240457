"""models.toml: what it may say, and that an error names the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.errors import ManifestRefused
from catalyst.models.fetch.manifest import read

HASH = "a" * 64
GOOD = f"""# models
[[model]]
source = "hf:o/r/f.safetensors"
sha256 = "{HASH}"
folder = "vae"
name = "mine.safetensors"
allow = true

[[model]]
source = "civitai:1"
"""


def test_a_good_one() -> None:
    first, second = read(GOOD, "models.toml")
    assert (first.source, first.sha256, first.folder, first.name, first.allow) == (
        "hf:o/r/f.safetensors", HASH, "vae", "mine.safetensors", True)  # fmt: skip
    assert (second.source, second.allow, second.origin) == ("civitai:1", False, "models.toml:9")


def test_an_empty_one() -> None:
    assert read("", "models.toml") == []


@pytest.mark.parametrize(("change", "line", "words"), [
    (("allow = true", 'allow = "yes"'), 7, "true or false"), (('"vae"', '"custom_nodes"'), 5, "no folder"),
    (('"vae"', '"../x"'), 5, "no folder"), ((f'"{HASH}"', '"12"'), 4, "64 digits"), ((f'"{HASH}"', "7"), 4,
    "text in quotes"),
    (('"mine.safetensors"', '"../mine.safetensors"'), 6, "cannot be the name"), (('"mine.safetensors"', '"x.py"'), 6,
    "cannot"),
    (('"mine.safetensors"', '""'), 6, "cannot be the name"), (("civitai:1", "civitai:x"), 10, "number"),
    (("civitai:1", "hf:o/r/f.safetensors"), 10, "stands in line 3"), (('source = "civitai:1"', 'folder = "vae"'), 9,
    "no source"),
    (("hf:o/r/f.safetensors", "hf:o/r"), 4, "of one file"), (("allow = true", "alow = true"), 7, "unknown key"),
    (("# models", "[table]"), 1, "unknown key"), (("# models", "= x"), 1, "not TOML"), (('civitai:1"', "civitai:1"), 10,
    "not TOML"),
    (("# models", "model = 7\n#"), 3, "not TOML"), ((f'sha256 = "{HASH}"', ""), 7, "by its hash"),
])  # fmt: skip
def test_an_error_names_the_line(change: tuple[str, str], line: int, words: str) -> None:
    with pytest.raises(ManifestRefused, match=words) as refused:
        read(GOOD.replace(*change), "models.toml")
    assert str(refused.value).startswith(f"models.toml:{line}: "), refused.value


def test_tables_within_a_line() -> None:
    with pytest.raises(ManifestRefused, match=r"models\.toml:1: write a table"):
        read('model = [{source = "civitai:1"}]', "models.toml")


@given(st.text(max_size=200) | st.tuples(st.integers(0, len(GOOD)), st.text(max_size=5)).map(
    lambda at: GOOD[: at[0]] + at[1] + GOOD[at[0] + 3 :]))  # fmt: skip
def test_any_text(text: str) -> None:
    try:
        read(text, "models.toml")
    except ManifestRefused as refused:
        words = str(refused)
    else:
        words = ""
    assert words.isprintable()
