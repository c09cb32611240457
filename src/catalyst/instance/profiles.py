"""Profiles of AppArmor and SELinux: the one a start would take, whether it is loaded, the command that loads it."""

import shlex

from catalyst.engine import security_modules
from catalyst.instance.prepare import Prepared
from catalyst.render.lsm import profiles
from catalyst.render.lsm.profile import Profile
from catalyst.settings import FIELDS, Settings, text_of

TITLES = {"apparmor": "AppArmor", "selinux": "SELinux"}
TEMPLATES = "/usr/share/udica/templates/{base_container,net_container}.cil"
# What decides a profile's text; the rest of the settings does not.
DECIDE = ("security_level", "network_mode", "gpu", "app", "comfyui", "python", "data")


def missing(ready: Prepared) -> list[str]:
    """What to tell where the engine would take a profile and the kernel has none of ours."""
    return [
        f"{TITLES[one.module]} would hold the sandbox too, and its profile is not loaded: {command(one, ready.settings)}"
        for one in profiles.of(ready.policy, ready.sandbox)
        if one.module in ready.facts.modules and one.name not in ready.facts.profiles
    ]


def here(ready: Prepared) -> dict[str, str]:
    """Per module in force on this host: is the profile loaded that docker and podman would be given?"""
    found = [one for one in profiles.of(ready.policy, ready.sandbox) if one.module in security_modules.enforced()]
    return {
        f"{TITLES[one.module]} profile": (
            f"{one.name} is loaded, docker and podman take it"
            if security_modules.loaded(one)
            else f"{one.name} is not loaded: {command(one, ready.settings)}"
        )
        for one in found
    }


def command(profile: Profile, settings: Settings) -> str:
    """What an admin pastes."""
    render = shlex.join(["catalyst", "render", profile.module, *_options(settings)])
    if profile.module == "apparmor":
        return f"{render} | sudo apparmor_parser -r"
    return f"{render} > {profile.name}.cil && sudo semodule -i {profile.name}.cil {TEMPLATES}"


def _options(settings: Settings) -> list[str]:
    default = {field.key: field.default for field in FIELDS}
    given = {key: text_of(getattr(settings, key)) for key in DECIDE}
    return [f"--{key.replace('_', '-')}={text}" for key, text in given.items() if text != default[key]]
