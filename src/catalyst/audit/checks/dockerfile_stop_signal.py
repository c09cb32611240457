"""How ComfyUI is stopped."""

import re

from catalyst.audit import look
from catalyst.audit.facts import Dockerfile
from catalyst.audit.model import Check, Held, NotApplicable, Outcome, broken, known
from catalyst.severity import Severity


def _test(facts: Dockerfile) -> Outcome:
    starts = look.final(facts, "CMD", "ENTRYPOINT")
    direct = [one for one in starts if re.search(r"\bmain\.py\b", one.text)
              and not re.search(r"tini|dumb-init|s6|catalyst", one.text)]
    if not direct:
        known(facts.stages, "the Dockerfile could not be read")
        return NotApplicable("it does not start ComfyUI as the first process")
    signals = look.final(facts, "STOPSIGNAL")
    fine = signals and signals[-1].text.strip() in {"SIGINT", "2", "INT"}
    return Held("STOPSIGNAL SIGINT") if fine else broken("ComfyUI as PID 1 does not hear SIGTERM", direct[-1].line)


CHECK = Check(
    id="dockerfile-stop-signal",
    control="forensic-cleanup",
    severity=Severity.LOW,
    title="ComfyUI is stopped by a signal that it hears",
    why="As PID 1 it ignores SIGTERM, so it is killed after ten seconds and its temporary files stay. It cleans up on "
    "SIGINT only.",
    fix={"dockerfile": "STOPSIGNAL SIGINT"},
    references=("Catalyst: stopping",),
    about=Dockerfile,
    language="dockerfile",
    good=('FROM a\nSTOPSIGNAL SIGINT\nCMD ["python", "main.py"]', "FROM a\nSTOPSIGNAL SIGINT\nENTRYPOINT python main.py"),
    bad=('FROM a\nCMD ["python", "main.py"]', "FROM a\nSTOPSIGNAL SIGTERM\nCMD python main.py"),
    test=_test,
)
