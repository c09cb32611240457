"""The policy against reality."""


from catalyst.audit.facts import Instance
from catalyst.audit.model import At, Broken, Check, Held, Outcome, Unknown, known
from catalyst.severity import Severity


def _test(facts: Instance) -> Outcome:
    promises = known(facts.promises, "the instance cannot be looked at")
    wrong = [one for one in promises if one.found is not None and not one.right]
    if wrong:
        said = (f"{one.control}: {one.what}: the policy says {one.wanted}, and it is {one.found}" for one in wrong)
        return Broken(tuple(At(one) for one in said))
    seen = [one for one in promises if one.found is not None]
    if not seen:
        return Unknown("nothing of it can be seen from here")
    return Held(f"{len(seen)} of {len(promises)} promises seen to be so")


CHECK = Check(
    id="instance-policy",
    control="audit",
    severity=Severity.CRITICAL,
    title="a running instance is as its policy says",
    why="What was asked for is not what is in force: an engine that ignores an option, a setting changed since the "
    "start, a mount somebody added.",
    fix={"": "start it again: catalyst down && catalyst up; then: catalyst verify"},
    references=("Catalyst: policy against reality",),
    about=Instance,
    language="instance",
    good=("identity | uid | 1000 | 1000",),
    bad=("identity | uid | 1000 | 0", "network-mode | interfaces | lo | lo, eth0"),
    test=_test,
)
