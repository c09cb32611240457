"""`verify --ablate` as root, with the data directory in root's closed home as by default: without `namespaces` each other
folder of that home was mounted in the sandbox by itself, where its 0700 no longer kept anybody out. Any process of uid
1000 on the host read and wrote there through /proc/PID/root of an attempt, whatever the files' own modes let others do."""

from pathlib import Path

import pytest

from catalyst.audit.verify import ablation

WORKLOAD = 4343


def argv(home: Path) -> dict[str, list[str]]:
    data = f"{home}/data/models"
    return {
        "bwrap": ["bwrap", "--unshare-pid", "--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev", "--ro-bind",
                  data, "/data/models", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--", "python3"],
        "docker": ["docker", "run", "--ipc=private", "--mount", f"type=bind,source={data},target=/data/models",
                   "--entrypoint=python3", "IMAGE"],
    }  # fmt: skip


def mounted(home: Path, engine: str, monkeypatch: pytest.MonkeyPatch, *, as_root: bool) -> bool:
    (home / "notes").mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(ablation, "TREE", (str(home),))
    host = ablation.Host(0, "/tmp/bait", "HF_TOKEN=bait", WORKLOAD, as_root=as_root)
    words = ablation.outer(engine, argv(home)[engine], {"Namespaces"}, host)
    return any(f"{home}/notes" in word for word in words)


@pytest.mark.parametrize("engine", ["bwrap", "docker"])
def test_a_closed_home_stays_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    home = tmp_path / "root"
    home.mkdir(mode=0o700)
    assert not mounted(home, engine, monkeypatch, as_root=False)
    home.chmod(0o755)
    assert mounted(home, engine, monkeypatch, as_root=False), "what it may pass anyway is shown"


def test_to_a_workload_that_stays_root_it_is_open_anyway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "root"
    home.mkdir(mode=0o700)
    assert mounted(home, "docker", monkeypatch, as_root=True)
