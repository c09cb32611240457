"""Admission labels."""


from catalyst.audit import pods
from catalyst.audit.facts import Manifests
from catalyst.audit.model import At, Check, NotApplicable, Outcome, judge
from catalyst.audit.subjects.documents import line_of
from catalyst.severity import Severity

SPACE = "apiVersion: v1\nkind: Namespace\nmetadata:"
LABEL = "pod-security.kubernetes.io/enforce"


def _test(facts: Manifests) -> Outcome:
    spaces = list(pods.objects(facts, "Namespace"))
    if not spaces:
        return NotApplicable("no namespace in these manifests")
    places = []
    for one in spaces:
        level = pods.mapping(pods.mapping(one, "metadata"), "labels").get(LABEL)
        if level != "restricted":
            places.append(At(f"{pods.title(one)}: {LABEL} is {level or 'not set'}", line_of(one)))
    return judge(places, "restricted is enforced")


CHECK = Check(
    id="manifests-admission",
    control="kubernetes",
    severity=Severity.MEDIUM,
    title="a namespace enforces the restricted standard",
    why="Then the cluster refuses a weaker pod, whoever writes it.",
    fix={"kubernetes": "metadata: {labels: {pod-security.kubernetes.io/enforce: restricted}}"},
    references=("PSS: admission",),
    about=Manifests,
    language="kubernetes objects",
    good=(f"{SPACE} {{name: a, labels: {{{LABEL}: restricted}}}}",),
    bad=(f"{SPACE} {{name: a}}", f"{SPACE} {{name: a, labels: {{{LABEL}: baseline}}}}"),
    test=_test,
)
