"""The five variables and their values."""

from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge, known
from catalyst.severity import Severity

VALUES = {
    "SECURITY_LEVEL": {"normal", "high", "maximum"},
    "NETWORK_MODE": {"public", "restricted", "isolated", "paranoid"},
    "PARANOID_MODE": {"true", "false", "1", "0", "yes", "no", "on", "off", ""},
    "ENABLE_FORENSIC_CLEANUP": {"true", "false", "1", "0", "yes", "no", "on", "off", ""},
}
TRUE = {"true", "1", "yes", "on"}


def _places(facts: Container) -> Iterator[At]:
    given = {one.name: one for one in known(facts.environment, "its environment is not known")}
    said = {name: (one.value or "").lower() for name, one in given.items()}
    for name, allowed in VALUES.items():
        if said.get(name) and said[name] not in allowed:
            yield At(f"{name}={said[name][:40]} is none of {', '.join(sorted(allowed - {''}))}", given[name].line)
    if said.get("PARANOID_MODE") in TRUE:
        weaker = {"SECURITY_LEVEL": {"normal", "high"}, "NETWORK_MODE": {"public", "restricted"}}
        for name, weak in weaker.items():
            if said.get(name) in weak:
                yield At(f"{name}={said[name]} contradicts PARANOID_MODE=true", given[name].line)
    vault = said.get("SECURITY_TOKEN_VAULT_PATH", "")
    if vault and not vault.startswith("/"):
        yield At("SECURITY_TOKEN_VAULT_PATH is no absolute path", given["SECURITY_TOKEN_VAULT_PATH"].line)


def _test(facts: Container) -> Outcome:
    variables = {one.name for one in known(facts.environment, "its environment is not known")}
    if not variables & {*VALUES, "SECURITY_TOKEN_VAULT_PATH"}:
        return NotApplicable("none of the five variables is set")
    return judge(_places(facts), "values that Catalyst understands")


CHECK = Check(
    id="catalyst-settings",
    control="comfyui",
    severity=Severity.MEDIUM,
    title="the five variables have values that mean something",
    why="Other images use the same names for other things, such as SECURITY_LEVEL=weak or NETWORK_MODE=personal_cloud. "
    "Catalyst refuses to start with such a value; another image takes no notice of a good one.",
    fix={"compose": "environment: [SECURITY_LEVEL=high, NETWORK_MODE=isolated]",
         "": "SECURITY_LEVEL=normal|high|maximum, NETWORK_MODE=public|restricted|isolated; all of it: catalyst policy "
             "show"},
    references=("Catalyst: the five variables",),
    about=Container,
    kinds=look.EVERY_CONTAINER,
    language="compose",
    good=("environment: [SECURITY_LEVEL=high, NETWORK_MODE=isolated]", "environment: {PARANOID_MODE: 'true'}"),
    bad=("environment: [SECURITY_LEVEL=weak]", "environment: [NETWORK_MODE=personal_cloud]",
         "environment: [PARANOID_MODE=true, SECURITY_LEVEL=normal]",
         "environment: [SECURITY_TOKEN_VAULT_PATH=vault.age]"),
    test=_test,
)
