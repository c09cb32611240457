"""Whom the workload is to trust is all in one file, or nothing starts."""

from pathlib import Path

import pytest

from catalyst.errors import CertificateUnusable
from catalyst.instance import trust
from catalyst.render.session import TRUST_FILE
from strategies import settings_with


def test_it_is_written_over_so_that_who_has_it_open_sees_the_new_one(tmp_path: Path) -> None:
    trust.write(tmp_path, settings_with(), "FIRST")
    number = (tmp_path / TRUST_FILE).stat().st_ino
    trust.write(tmp_path, settings_with(), "SECOND")
    assert (tmp_path / TRUST_FILE).read_text().endswith("\nSECOND")
    assert (tmp_path / TRUST_FILE).stat().st_ino == number


def test_where_it_cannot_be_written_the_error_has_the_folder(tmp_path: Path) -> None:
    (tmp_path / TRUST_FILE).symlink_to("/dev/full")  # not followed
    with pytest.raises(CertificateUnusable, match="too many levels of symbolic links") as refused:
        trust.write(tmp_path, settings_with(), "")
    assert str(tmp_path) in refused.value.hint
