"""What cannot be seen from here."""


from catalyst.audit.facts import Instance
from catalyst.audit.model import Check, Held, Outcome, Unknown, broken, known
from catalyst.severity import Severity


def _test(facts: Instance) -> Outcome:
    promises = known(facts.promises, "the instance cannot be looked at")
    verified = known(facts.verified, "it was never attacked: catalyst verify")
    unseen = sorted({one.control for one in promises if one.found is None})
    same = (verified.get("engine"), verified.get("security level"), verified.get("network mode"))
    if same != (facts.engine, facts.level, facts.network):
        return Unknown(f"the last verify was of {', '.join(map(str, same))}, not of what runs now: catalyst verify")
    result = verified.get("result", "")
    if not result.startswith("0 broken"):
        return broken(f"the last verify, of {verified.get('when', '?')}: {result[:120]}")
    return Held(f"verify of {verified.get('when', '?')}: {result[:100]}; by that alone: {', '.join(unseen) or 'nothing'}")


CHECK = Check(
    id="instance-seen",
    control="audit",
    severity=Severity.HIGH,
    title="what cannot be seen from outside was shown by verify",
    why="Landlock, supervised sockets and refused system calls leave no trace in /proc; only an attempt shows them.",
    fix={"": "catalyst verify, with the settings of the instance"},
    references=("Catalyst: verify",),
    about=Instance,
    language="instance",
    good=("verified = 0 broken, 0 unknown, 300 held",),
    bad=("verified = 2 broken, 0 unknown, 300 held",),
    test=_test,
)
