"""Which folders a sandbox shows, which may be written, and what is refused rather than mounted."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.errors import PathRefused
from catalyst.policy.build import build
from catalyst.policy.model import Place
from catalyst.render.target import Facts, targets
from catalyst.settings import Settings
from catalyst.workloads.model import Mount
from strategies import facts, sandbox, settings_with

ENGINES = ("docker", "podman", "bubblewrap")
WRITABLE = {
    "normal": set(Place),
    "high": {Place.INPUT, Place.OUTPUT, Place.USER, Place.CACHE},
    "maximum": {Place.INPUT, Place.OUTPUT, Place.USER, Place.CACHE},
}
levels = st.sampled_from(sorted(WRITABLE)).map(lambda level: settings_with(security_level=level))
parts = st.sampled_from(["data", "cache", "models", "custom_nodes", "venv", "opt", "user", "x", "..", "srv", "catalyst"])
paths = st.lists(parts, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))


@dataclass(frozen=True)
class Shown:
    """One mount as it stands in an argv."""

    source: str
    target: str
    writable: bool


def shown(client: str, settings: Settings, *more: Mount, host: Facts | None = None) -> list[Shown]:
    """Every bind mount of the argv."""
    words = targets()[client].render(build(settings), sandbox(settings, *more), host or Facts()).argv
    if client == "bubblewrap":
        binds = {"--bind": True, "--dev-bind-try": True, "--ro-bind": False, "--ro-bind-try": False}
        return [Shown(words[at + 1], words[at + 2], binds[word]) for at, word in enumerate(words) if word in binds]
    said = [words[at + 1].split(",") for at, word in enumerate(words) if word == "--mount"]
    return [Shown(one[1].partition("=")[2], one[2].partition("=")[2], one[3:] != ["readonly"]) for one in said]


def below(path: str, folder: str) -> bool:
    """Strictly inside."""
    return path.startswith(folder.rstrip("/") + "/")


@pytest.mark.parametrize("level", WRITABLE)
@pytest.mark.parametrize("client", ENGINES)
def test_only_the_levels_places_and_the_door_are_writable(client: str, level: str) -> None:
    found = {one.target for one in shown(client, settings_with(security_level=level)) if one.writable}
    assert found == {"/run/catalyst/door", *(f"/data/{place.value}" for place in WRITABLE[level])}


@pytest.mark.parametrize("client", ENGINES)
@given(settings=levels, host=facts(), source=paths, target=paths)
def test_no_mount_point_lies_below_a_writable_one(
    client: str, settings: Settings, host: Facts, source: str, target: str
) -> None:
    """Whatever the interpreter's folders are: refused, or beside every folder the workload may write."""
    try:
        all_of_them = shown(client, settings, Mount(source, target), host=host)
    except PathRefused:
        return
    loose = [one for one in all_of_them if one.writable and not one.target.startswith("/dev")]
    assert not [(one, other) for one in all_of_them for other in loose if below(one.target, other.target)]


@pytest.mark.parametrize("client", ENGINES)
@given(settings=levels, name=st.sampled_from(Place), deep=st.sampled_from(["", "/a", "/a/b"]))
def test_code_inside_a_writable_place_is_refused(client: str, settings: Settings, name: Place, deep: str) -> None:
    code = Mount(f"/srv/data/{name.value}{deep}", "/opt/code")
    may_be_written = name in WRITABLE[settings.security_level.name.lower()]
    if may_be_written:
        with pytest.raises(PathRefused, match="code"):
            shown(client, settings, code)
    else:
        assert Shown(code.source, "/opt/code", False) in shown(client, settings, code)


@pytest.mark.parametrize("client", ENGINES)
@pytest.mark.parametrize(
    "vault",
    ["/srv/data/models/v.age", "/srv/data/output/deep/er/v.age", "/srv/ComfyUI/v.age", "/srv/venv/v.age",
     "/srv/data/models/../models/v.age", "/srv/data/input", "/srv/site-packages/catalyst/guard/v.age"],
)  # fmt: skip
def test_a_vault_in_a_folder_that_is_shown_is_refused(client: str, vault: str) -> None:
    with pytest.raises(PathRefused, match="SECURITY_TOKEN_VAULT_PATH"):
        shown(client, settings_with(security_token_vault_path=vault))


@pytest.mark.parametrize("client", ENGINES)
@pytest.mark.parametrize("vault", ["/srv/data/v.age", "/srv/data/models.age", "/srv/ComfyUI2/v.age", "/root/v.age"])
def test_a_vault_beside_them_is_fine_and_not_shown(client: str, vault: str) -> None:
    found = shown(client, settings_with(security_token_vault_path=vault))
    assert not [one for one in found if vault == one.source or below(vault, one.source)]


@pytest.mark.parametrize("vault", ["/usr/share/vault.age", "/usr/local/etc/vault.age", "/etc/ssl/certs/vault.age"])
def test_a_vault_in_the_hosts_own_folders_is_refused_under_bubblewrap(vault: str) -> None:
    with pytest.raises(PathRefused):
        shown("bubblewrap", settings_with(security_token_vault_path=vault), host=Facts(etc=("/etc/ssl/certs",)))


@pytest.mark.parametrize("client", ["docker", "podman"])
@pytest.mark.parametrize("bad", ["/srv/x,bind-propagation=shared", '/srv/"x', "/srv/x\ny"])
def test_a_path_cannot_add_mount_options(client: str, bad: str) -> None:
    """docker and podman read the words after --mount as one line of CSV. A link's end is not a checked setting."""
    for mount in (Mount(bad, "/opt/x"), Mount("/srv/x", bad)):
        with pytest.raises(PathRefused):
            shown(client, settings_with(), mount)


@pytest.mark.parametrize("path", ["/tmp/venv", "/scratch/venv", "/dev/shm/venv"])
def test_a_mount_in_scratch_is_not_covered_by_it(path: str) -> None:
    words = targets()["bubblewrap"].render(build(settings_with()), sandbox(None, Mount(path, path)), Facts()).argv
    tmpfs = [at for at, word in enumerate(words) if word == "--tmpfs" and below(path, words[at + 1])]
    assert tmpfs
    assert max(tmpfs) < words.index(path)


@pytest.mark.parametrize("client", ENGINES)
def test_a_mount_below_another_comes_after_it(client: str) -> None:
    """An engine mounts in order; the other way round the parent would cover the child."""
    found = [one.target for one in shown(client, settings_with(), Mount("/srv/lib", "/srv/venv/lib"))]
    assert found.index("/srv/venv") < found.index("/srv/venv/lib")


@pytest.mark.parametrize("client", ["docker", "podman"])
def test_a_loose_mount_below_a_read_only_one_is_a_gap(client: str) -> None:
    """Engines that bind not recursively read-only leave it writable."""
    host = Facts(submounts=frozenset({"/srv/data/models/disk"}))
    settings = settings_with(security_level="high")
    gaps = targets()[client].render(build(settings), sandbox(settings), host).gaps
    assert any(gap.control == "write-confinement" and "/srv/data/models/disk" in gap.reason for gap in gaps)
