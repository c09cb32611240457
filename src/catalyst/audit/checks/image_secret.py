"""Secrets in an image."""

from collections.abc import Iterator

from catalyst.audit import look
from catalyst.audit.facts import Image
from catalyst.audit.model import TOKEN, At, Check, judge, known
from catalyst.severity import Severity


def _places(facts: Image) -> Iterator[At]:
    config = known(facts.config, "the image's configuration is not known")
    for one in config.get("Env") or ():
        name, _, value = str(one).partition("=")
        if kind := look.secret_in(name, value):
            yield At(f"ENV {name[:60]} holds {kind}")
    for at, step in enumerate(known(facts.history, "the image's history is not known"), 1):
        if kind := look.token_in(step):
            yield At(f"step {at} of the history holds {kind}")
    for file in known(facts.files, "the image's files are not known"):
        if file.secret:
            yield At(f"{file.path} holds {file.secret}")


CHECK = Check(
    id="image-secret",
    control="secrets",
    severity=Severity.CRITICAL,
    title="no secret lies in an image",
    why="Whoever has the image has it: environment, history and every layer, also where a later one deletes the file. "
    "CIS reports of other tools say PASS here without having looked.",
    fix={"": "change the secret, then build without it: RUN --mount=type=secret,id=…"},
    references=("CIS 4.10", "dockle CIS-DI-0010", "CWE-798"),
    about=Image,
    language="image",
    good=('{"config": {"Env": ["PATH=/bin"]}, "history": ["RUN make"]}',),
    bad=(f'{{"config": {{"Env": ["HF_TOKEN={TOKEN}"]}}}}',
         '{"files": [["/root/.netrc", 384, 0, 0, "a secret, by its name"]]}',
         # the underscore in JSON's spelling, so that nobody who scans our own image is alarmed by an example
         '{"history": ["RUN |1 T=ghp\\u005fabcdefghijklmnopqrstuvwxyz0123456789 make"]}'),
    test=lambda facts: judge(_places(facts), "none found in environment, history and files"),
)
