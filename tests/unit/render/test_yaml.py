"""What is written as YAML is read as what it was, by the reader that compose programs use."""

from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from catalyst.render import yaml

# Words that YAML 1.1 takes for something else, and text that would end or start something.
TRAPS = ("yes", "No", "on", "OFF", "null", "~", "", "1", "0x1f", "1_000", "1e3", "12:30:45", "2026-11-29", "=", "<<", "-",
         "- a", "a: b", "a:", "a #b", "#a", "*a", "&a", "!a", "%a", "@a", "`a", "{a", "[a", "|", ">",
         "'a", '"a', "a\nb", "\t", "é",
         "../x:/y:ro", "127.0.0.1:8188:8188", "1000:1000", "seccomp=./x.json", "y", ".inf", "0o17", "a\u2028b")  # fmt: skip
_text = st.one_of(st.sampled_from(TRAPS), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
_scalars = st.one_of(_text, st.integers(-(1 << 62), 1 << 62), st.booleans())
nodes = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3), max_leaves=12
)


@given(nodes)
def test_it_is_read_as_what_it_was(node: Any) -> None:
    assert pyyaml.safe_load(yaml.dump(node)) == node


@pytest.mark.parametrize("text", TRAPS)
def test_a_trap_is_text_as_key_and_as_value(text: str) -> None:
    assert pyyaml.safe_load(yaml.dump({text: text, "list": [text, [text], {text: [text]}]})) == {
        text: text, "list": [text, [text], {text: [text]}]
    }  # fmt: skip


def test_people_can_read_it() -> None:
    shown = "a:\n  b:\n    - c\n    - 1\n    - true\n    - {}\nd: []\n"
    assert yaml.dump({"a": {"b": ["c", 1, True, {}]}, "d": []}) == shown
