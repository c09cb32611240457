"""A profile of a security module, named after its own text: another policy or version never takes a wrong one."""

from catalyst.guard.record import Record
from catalyst.policy.model import Execution, Limits, MaskedPaths, Policy, Scratch

NAME = "@name@"  # where the text names the profile


class Profile(Record):
    """`name` is what the kernel calls it, `context` what a process under it carries, `option` what an engine is told."""

    module: str
    name: str
    context: str
    text: str
    option: str


class Wanted(Record):
    """What a profile needs of a policy, with the loosest value where the policy says nothing."""

    run_from_writable: bool
    run_from_scratch: bool
    masked: frozenset[str]
    limits: Limits | None


def wanted(policy: Policy) -> Wanted:
    """The rules a profile can say something of."""
    rules = [one.rule for one in policy]
    run = all(rule.from_writable for rule in rules if isinstance(rule, Execution))
    return Wanted(
        run_from_writable=run,
        run_from_scratch=run and all(rule.executable for rule in rules if isinstance(rule, Scratch)),
        masked=next((rule.paths for rule in rules if isinstance(rule, MaskedPaths)), frozenset()),
        limits=next((rule for rule in rules if isinstance(rule, Limits)), None),
    )


def digest(text: str) -> str:
    """Twelve letters for a text whose name is still NAME."""
    import hashlib  # OpenSSL, which `catalyst run` needs only on a host with such a module

    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]
