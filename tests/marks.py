"""How a test says that it found a bug which is not mended yet."""

from typing import Any

import pytest


def bug(what: str) -> pytest.MarkDecorator:
    """The test is right and the code is not. Strict: once the code is mended the test fails until this mark is gone."""
    return pytest.mark.xfail(strict=True, reason=f"BUG: {what}")


def buggy(*values: Any, what: str, name: str) -> Any:
    """One row of a table that shows a bug."""
    return pytest.param(*values, marks=bug(what), id=name)
