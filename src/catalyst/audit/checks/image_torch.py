"""torch before 2.6 in an image."""


from catalyst.audit import look
from catalyst.audit.facts import Image
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Image) -> Outcome:
    version = known(facts.packages, "the image's packages are not known").get("torch", "")
    if not version:
        return NotApplicable("torch is not in it")
    return broken(f"torch {version}") if look.older(version, (2, 6)) else Held(f"torch {version}")


CHECK = Check(
    id="image-torch",
    control="supply-chain",
    severity=Severity.HIGH,
    title="torch loads weights without running what they say",
    why="Before 2.6 a model file runs code also with weights_only=True (CVE-2025-32434).",
    fix={"": "pip install 'torch>=2.6'"},
    references=("CVE-2025-32434", "CWE-502"),
    about=Image,
    language="image",
    good=('{"packages": {"torch": "2.7.1+cu128"}}',),
    bad=('{"packages": {"torch": "2.5.1"}}', '{"packages": {"torch": "1.13.0"}}'),
    test=_test,
)
