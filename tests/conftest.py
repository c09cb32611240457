"""Options and fixtures of all tests."""

pytest_plugins = ["lanes"]
