"""The plan on the wire: what is encoded is decoded again, and what is not exactly understood is refused."""

import base64
import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalyst.guard.plan import (
    MAX_BYTES,
    Door,
    Egress,
    FileRules,
    PlacedPath,
    Plan,
    PlanError,
    TcpRules,
    decode,
    encode,
)

_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
_ids = st.integers(1, (1 << 32) - 2)
_device = st.integers(0, (1 << 64) - 1)
_placed = st.builds(PlacedPath, _text, _text, st.booleans(), st.none() | st.tuples(_device, _device))
_ports = st.lists(st.integers(1, 65535), max_size=3).map(tuple)
_keys = st.text(st.characters(exclude_characters="\0=", exclude_categories=["Cs"]), min_size=1, max_size=8)

_program = st.integers(1, 64).map(lambda count: base64.b64encode(bytes(8 * count)).decode())

plans = st.builds(
    Plan,
    argv=st.lists(_text, min_size=1, max_size=4).map(tuple),
    env=st.dictionaries(_keys, _text, max_size=3),
    cwd=_text,
    uid=st.none() | _ids,
    gid=st.none() | _ids,
    groups=st.lists(_ids, max_size=3).map(tuple),
    no_new_privileges=st.booleans(),
    no_capabilities=st.booleans(),
    command=st.booleans(),
    file_rules=st.none() | st.builds(FileRules, *(st.lists(_text).map(tuple) for _ in range(3))),
    scoped=st.booleans(),
    tcp_rules=st.none() | st.builds(TcpRules, st.none() | _ports, _ports),
    egress=st.none() | st.builds(Egress, _program, st.none() | _text),
    filter=st.none() | _program,
    umask=st.integers(0, 0o777),
    processes=st.integers(1, 1 << 62),
    files=st.integers(1, 1 << 62),
    folders=st.lists(_text, max_size=3).map(tuple),
    places=st.lists(_placed, max_size=3).map(tuple),
    door=st.none() | st.builds(Door, _text, st.integers(1, 65535)),
    lifeline=st.none() | st.integers(0, 1 << 20),
    stop_signal=st.sampled_from(["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"]),
    grace=st.integers(0, 3600),
    restarts=st.integers(0, 1000),
    services=st.lists(st.integers(2, 1 << 22), max_size=2).map(tuple),
)

PLAN = Plan(
    argv=("/bin/true",), env={"HOME": "/scratch/home"}, cwd="/", uid=1000, gid=1000, groups=(44,),
    no_new_privileges=True, no_capabilities=True, filter=None, file_rules=None,
    tcp_rules=None, egress=Egress("AAAAAAAAAAA=", "/catalyst/out/out.sock"), scoped=False, umask=0o077, processes=512,
    files=4096, folders=("/scratch/home",),
    places=(PlacedPath("/data/models", "/srv/models", False, (2049, 77)),), door=Door("/run/catalyst/door/in.sock", 8188),
    lifeline=0, stop_signal="SIGINT", grace=10, restarts=5, command=False, services=(7,),
)  # fmt: skip


def document() -> dict[str, Any]:
    """A good plan as a fresh JSON document."""
    loaded: dict[str, Any] = json.loads(encode(PLAN))
    return loaded


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    """The good plan with one thing changed."""
    it = document()
    change(it)
    return json.dumps(it)


@given(plans)
def test_what_is_encoded_is_decoded_again(plan: Plan) -> None:
    assert decode(encode(plan)) == plan


def test_the_encoding_is_stable() -> None:
    assert encode(decode(encode(PLAN))) == encode(PLAN)


LEVELS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "": lambda it: it, "door.": lambda it: it["door"], "egress.": lambda it: it["egress"],
    "places[0].": lambda it: it["places"][0],
}  # fmt: skip
KEYS = [(where, key) for where, at in LEVELS.items() for key in at(document()) if key != "version"]


@pytest.mark.parametrize(("where", "key"), KEYS)
def test_a_missing_key_is_refused(where: str, key: str) -> None:
    with pytest.raises(PlanError) as caught:
        decode(changed(lambda it: LEVELS[where](it).pop(key)))
    assert str(caught.value) == f"plan: {where}{key!r}: missing key"


@pytest.mark.parametrize("where", LEVELS)
def test_an_unknown_key_is_refused(where: str) -> None:
    with pytest.raises(PlanError) as caught:
        decode(changed(lambda it: LEVELS[where](it).update(seccomp="off")))
    assert str(caught.value) == f"plan: {where}'seccomp': unknown key"


WRONG: dict[str, list[Any]] = {
    "argv": [[], "/bin/true", ["a", 1], ["a\0"], None],
    "env": [[], {"": "x"}, {"A=B": "x"}, {"A": 1}, {"A": "\0"}, None],
    "cwd": [1, None, "/\0"],
    "uid": [0, -1, 1 << 32, True, 1.0, "1000"],
    "gid": [0, -1, (1 << 32) - 1, True, 1e3],
    "groups": [[0], [True], 44, None],
    "no_new_privileges": [0, 1, "true", None],
    "no_capabilities": [1, None],
    "umask": [-1, 0o1000, True, "077"],
    "file_rules": [{}, [], "no", {"execute": [], "write": "x"}, {"execute": [1], "write": [], "hidden": [], "shown": []},
                   {"execute": [], "write": []}, {"execute": [], "write": [], "hidden": None, "shown": []},
                   {"execute": [], "write": [], "hidden": []}, {"execute": [], "write": [], "hidden": [], "shown": [1]}],
    "tcp_rules": [{}, [], 1, {"bind": None}, {"bind": [0], "connect": []}, {"bind": [True], "connect": []},
                  {"bind": None, "connect": None}, {"bind": None, "connect": [65536]}],
    "egress": [{}, [], "no", {"filter": "AAAAAAAAAAA=", "door": 1}, {"filter": "AAAA", "door": None},
               {"filter": None, "door": None}],
    "scoped": [0, None, "yes"],
    "filter": ["", "AAAA", "no base64!", 7, base64.b64encode(bytes(8 * 4097)).decode()],
    "processes": [0, -1, True, 1 << 63, None],
    "files": [0, True, "4096"],
    "folders": ["/x", [1], None],
    "places": [{}, [1], [[]], None, *({"inside": "/d", "outside": "/s", "writable": True, "identity": bad}
                                      for bad in ([1], [1, 2, 3], [-1, 2], "x", [True, 1]))],
    "door": [[], "x", 1, {}],
    "lifeline": [-1, True, (1 << 20) + 1, "0"],
    "stop_signal": ["SIGKILL", 2, None, [], ""],
    "grace": [-1, 3601, False],
    "restarts": [-1, 1001, True],
    "command": [0, None],
    "services": [[1], [0], [True], 7, None],
}


def test_every_key_is_in_the_table_of_wrong_values() -> None:
    assert WRONG.keys() | {"version"} == document().keys()


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_wrong_value_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(PlanError, match=rf"plan: {key}"):
        decode(changed(lambda it: it.update({key: value})))


@pytest.mark.parametrize("port", [0, 65536, True, "8188"])
def test_a_wrong_port_of_the_door(port: object) -> None:
    with pytest.raises(PlanError, match=r"plan: door\.port"):
        decode(changed(lambda it: it["door"].update(port=port)))


@pytest.mark.parametrize(
    "version",
    [
        0, 2, "1", None, [],
        True, 1.0,  # equal to 1 in Python
    ],
)  # fmt: skip
def test_another_version_is_refused(version: object) -> None:
    with pytest.raises(PlanError, match="version"):
        decode(changed(lambda it: it.update(version=version)))


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "1", "\0", "{}", "[" * 100_000, '{"a":' * 50_000, "NaN", "9" * 5000,
        '{"version": 1, "version": 1}', " " * (MAX_BYTES + 1),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(PlanError):
        decode(text)


def test_a_key_that_stands_there_twice_is_refused_at_every_level() -> None:
    text = json.dumps(document())
    for key in ("uid", "port", "inside"):
        twice = text.replace(f'"{key}":', f'"{key}": 1, "{key}":')
        with pytest.raises(PlanError, match="twice"):
            decode(twice)


def test_text_that_cannot_be_a_file_name_is_refused() -> None:
    with pytest.raises(PlanError):
        decode(changed(lambda it: it.update(cwd="/\ud800")))


def test_bytes_that_are_no_text_are_understood() -> None:
    """`catalyst run -- cat $'\\xff'`: Python carries such a byte as half a surrogate pair, and exec turns it back."""
    assert decode(changed(lambda it: it.update(argv=["cat", "\udcff"]))).argv == ("cat", "\udcff")


def test_a_message_never_holds_control_characters() -> None:
    with pytest.raises(PlanError) as caught:
        decode(changed(lambda it: it.update({"\x1b[2J\r\n": 1})))
    assert str(caught.value).isprintable()


_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
_json = st.recursive(
    _leaves, lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(st.text(max_size=5), deeper, max_size=3),
    max_leaves=6,
)  # fmt: skip
_patches = st.dictionaries(st.sampled_from(sorted(document())), _json, min_size=1, max_size=3)


def _decodes_or_refuses(text: str) -> None:
    try:
        found: object = decode(text)
    except PlanError as error:
        found = str(error)
    assert isinstance(found, Plan) or str(found).startswith("plan: ")


@settings(max_examples=200)
@given(_json)
def test_a_random_document_is_refused_with_plan_error_only(value: object) -> None:
    _decodes_or_refuses(json.dumps(value))


@settings(max_examples=200)
@given(_patches)
def test_a_good_plan_with_random_values_is_understood_or_refused(patch: dict[str, object]) -> None:
    _decodes_or_refuses(json.dumps({**document(), **patch}))


def _random(random: Random, depth: int = 0) -> object:
    """Any JSON value; where a plan has a key of that name, often under that name."""
    kind = random.randrange(7 if depth < 3 else 5)
    if kind == 5:
        return [_random(random, depth + 1) for _ in range(random.randrange(4))]
    if kind == 6:
        names = [*document(), "socket", "port", "inside", "outside", "\0", ""]
        return {random.choice(names): _random(random, depth + 1) for _ in range(random.randrange(4))}
    numbers = (0, 1, -1, 1000, 1 << 64, 0.5, float("inf"))
    return (None, random.random() < 0.5, random.choice(numbers), random.choice(["", "x", "\0", "é", "SIGINT"]), 1)[kind]


def test_two_thousand_random_documents() -> None:
    random = Random(1)
    for _ in range(1000):
        _decodes_or_refuses(json.dumps(_random(random)))
        changes = {random.choice(sorted(document())): _random(random) for _ in range(random.randrange(1, 4))}
        _decodes_or_refuses(json.dumps({**document(), **changes}))
