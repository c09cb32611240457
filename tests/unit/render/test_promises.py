"""What an engine's argv always says and never says, for every setting and on every kind of host."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalyst.errors import SettingsError
from catalyst.policy.build import build
from catalyst.render.host_files import ETC
from catalyst.render.target import Facts, targets
from catalyst.settings import Level, NetworkMode, Settings
from strategies import facts, sandbox, settings_with

LEVELS, MODES = ("normal", "high", "maximum"), ("public", "restricted", "isolated")
NEVER = (
    "privileged", "=host", "unconfined", "label=disable", "label:disable", "docker.sock", "podman.sock", "volumes-from",
    "--share-net", "--cap-add=", "--env-file", "--security-opt=systempaths", "--device=/dev/mem", "--oom-kill-disable",
)  # fmt: skip


def all_settings() -> list[Settings]:
    """Every level, mode and GPU vendor, with and without forensic cleanup, and paranoid."""
    some = [
        settings_with(security_level=level, network_mode=mode, gpu=gpu, enable_forensic_cleanup=cleanup)
        for level, mode, gpu, cleanup in itertools.product(
            LEVELS, MODES, ("none", "nvidia", "amd", "intel"), ("true", "false")
        )
    ]
    return [*some, settings_with(paranoid_mode="true")]


ALL = all_settings()
anything = st.sampled_from(ALL)


def argv(target: str, settings: Settings, host: Facts) -> tuple[str, ...]:
    """The policy of these settings rendered for an engine."""
    return targets()[target].render(build(settings), sandbox(settings), host).argv


@pytest.mark.parametrize("client", ["docker", "podman"])
@given(settings=anything, host=facts())
def test_a_container_is_always_confined(client: str, settings: Settings, host: Facts) -> None:
    words = argv(client, settings, host)
    options = words[: words.index("catalyst-comfyui")]
    for word in ("--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=1000:1000", "--pull=never", "--rm"):
        assert word in options
    read_only = settings.security_level >= Level.HIGH or settings.enable_forensic_cleanup
    assert ("--read-only" in options) is read_only
    assert "--network=none" in options
    assert any("target=/run/catalyst/out,readonly" in word for word in options) is (
        settings.network_mode is not NetworkMode.ISOLATED
    )
    assert any(word.startswith("--pids-limit=") for word in options)


@pytest.mark.parametrize("target", ["docker", "podman", "bubblewrap"])
@given(settings=anything, host=facts())
def test_what_no_engine_is_ever_told(target: str, settings: Settings, host: Facts) -> None:
    words = argv(target, settings, host)
    assert not [word for word in words for bad in NEVER if bad in word]
    assert not any(word in {"-v", "--volume", "-p", "--publish", "-e"} for word in words)


@given(settings=anything, host=facts())
def test_podman_leaves_proxies_and_hosts_of_the_caller_out(settings: Settings, host: Facts) -> None:
    words = argv("podman", settings, host)
    assert {"--http-proxy=false", "--no-hosts", "--read-only-tmpfs=false"} <= set(words)
    assert any(word.startswith("--userns=keep-id:") for word in words) is host.rootless


@given(settings=anything, host=facts())
def test_bubblewrap_and_user_namespaces(settings: Settings, host: Facts) -> None:
    """As root never one (uid 1000 in it would be the host's 0); as a user always one that allows no further ones."""
    words = argv("bubblewrap", settings, host)
    assert ("--unshare-user" in words) is not host.root
    assert ("--disable-userns" in words) is not host.root
    assert ("--cap-drop" in words) is host.root
    added = {words[at + 1] for at, word in enumerate(words) if word == "--cap-add"}
    assert added == ({"CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"} if host.root else set())


@given(settings=anything, host=facts())
def test_bubblewrap_always(settings: Settings, host: Facts) -> None:
    words = argv("bubblewrap", settings, host)
    wanted = {"--clearenv", "--new-session", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts",
              "--unshare-net"}  # fmt: skip
    assert wanted <= set(words)
    out = words.index("/run/catalyst/out", words.index("--ro-bind")) if settings.network_mode < NetworkMode.ISOLATED else 0
    assert words[out - 2] == "--ro-bind" or settings.network_mode is NetworkMode.ISOLATED
    assert any(word.endswith("/session/out") for word in words) is (settings.network_mode is not NetworkMode.ISOLATED)
    options = words[: words.index("--")]
    assert options[-4:] == ("--remount-ro", "/", "--chdir", "/")


@given(settings=anything, host=facts())
def test_the_resolver_of_the_host_is_never_shown(settings: Settings, host: Facts) -> None:
    words = argv("bubblewrap", settings, host)
    assert [words[at - 1].rpartition("/")[0] for at, word in enumerate(words) if word == "/etc/resolv.conf"] == [
        sandbox(settings).session
    ]
    assert "/etc/resolv.conf" not in ETC


@pytest.mark.parametrize("target", ["docker", "podman"])
@given(host=facts())
def test_scratch_is_not_executable_from_high_on(target: str, host: Facts) -> None:
    for level in LEVELS:
        words = argv(target, settings_with(security_level=level), host)
        tmpfs = [words[at + 1] for at, word in enumerate(words) if word == "--tmpfs"]
        scratch = [word for word in tmpfs if word.startswith(("/tmp:", "/scratch:"))]
        assert len(scratch) == 2
        assert all((",noexec," in word) is (level != "normal") for word in scratch)
        assert all(",nosuid,nodev," in word for word in tmpfs)
        assert all(",noexec," in word for word in tmpfs if word not in scratch)


@pytest.mark.parametrize("target", ["docker", "podman", "bubblewrap"])
def test_gpu_nodes_are_shown_only_when_asked_for(target: str) -> None:
    host = Facts(gpu=("/dev/kfd", "/dev/dri"), groups=(44,))
    assert not [word for word in argv(target, settings_with(), host) if "/dev/kfd" in word or "/dev/dri" in word]
    amd = argv(target, settings_with(gpu="amd"), host)
    assert [word for word in amd if word.endswith("/dev/kfd")]


@pytest.mark.parametrize("image", ["--privileged", "-it", "", " ", "a b", "a,b", "../x"])
def test_an_image_is_never_read_as_an_option(image: str) -> None:
    """It stands in the middle of an argv, where an option could stand as well."""
    with pytest.raises(SettingsError, match="CATALYST_IMAGE"):
        settings_with(image=image)
