"""Options and fixtures of all tests."""

import pytest
from hypothesis import settings

pytest_plugins = ["lanes"]

# The same examples in every run: a red test is red for everybody. No deadline, because no test asserts a time.
settings.register_profile("catalyst", max_examples=50, deadline=None, database=None, derandomize=True)
settings.load_profile("catalyst")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("catalyst").addoption("--update", action="store_true", help="rewrite the files of tests/golden")
