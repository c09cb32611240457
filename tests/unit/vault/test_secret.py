"""A secret is not shown by accident."""

import copy
import json
import logging
import pickle
import traceback

import pytest

from catalyst.secret import Secret
from catalyst.vault.document import Token
from catalyst.vault.identity import Unlock

TEXT = "hf_canaryCANARYcanary"


def test_no_way_of_printing_shows_it(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(TEXT)
    logging.getLogger("test").warning("%s %r", secret, secret)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", "%s" % secret, caplog.text,  # noqa: UP031  # tried too
             repr([secret]), repr({"a": secret}), repr(Token("A", secret, ())),
             repr(Unlock(TEXT.encode(), secret, "x"))]  # fmt: skip
    assert not [one for one in shown if "canary" in one]


def test_nor_does_a_traceback() -> None:
    try:
        raise ValueError(Secret(TEXT))
    except ValueError:
        assert "canary" not in traceback.format_exc()


@pytest.mark.parametrize("write", [pickle.dumps, json.dumps, copy.deepcopy])
def test_it_is_not_written_down(write: object) -> None:
    with pytest.raises(TypeError):
        write(Secret(TEXT))  # type: ignore[operator]  # three functions of one argument


def test_it_is_compared_and_told_apart() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != Secret(TEXT + "x")
    assert Secret(TEXT) != TEXT
    assert Secret(TEXT).fingerprint() != Secret(TEXT + "x").fingerprint()
