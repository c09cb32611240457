"""The canary's command line: it is told what to judge, and guesses nothing."""

import pytest

from catalyst.canary.main import main

TOLD = ["--level=high", "--network=isolated", "--engine=bwrap"]


@pytest.mark.parametrize(
    "argv",
    [
        [],
        TOLD[1:],
        TOLD[:2],
        [*TOLD, "--level=low"],
        [*TOLD, "--engine=guard"],
        [*TOLD, "--net=public"],
        [*TOLD, "--place=models"],
        [*TOLD, "--place=models=x"],
    ],
)
def test_bad_arguments_are_refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([*argv, "--port=0"])
    assert "error" in capsys.readouterr().err


def test_an_address_that_is_not_ours_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*TOLD, "--host=192.0.2.1"]) == 1  # TEST-NET-1: no machine has it
    assert "cannot listen on 192.0.2.1:8188" in capsys.readouterr().err
