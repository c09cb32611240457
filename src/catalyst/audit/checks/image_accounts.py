"""Accounts of an image."""

from collections.abc import Iterator

from catalyst.audit.facts import Image
from catalyst.audit.model import At, Check, judge, known
from catalyst.severity import Severity


def _places(facts: Image) -> Iterator[At]:
    users = [line.split(":") for line in known(facts.passwd, "the image's accounts are not known")
             if line.count(":") >= 6]
    for fields in users:
        if fields[2].isdigit() and int(fields[2]) == 0 and fields[0] != "root":
            yield At(f"account {fields[0][:40]} has uid 0")
        if fields[1] == "":
            yield At(f"account {fields[0][:40]} has no password")
    numbers = [fields[2] for fields in users]
    for number in sorted({one for one in numbers if numbers.count(one) > 1 and one != "0"}):
        yield At(f"uid {number} is there {numbers.count(number)} times")
    for line in known(facts.shadow, "the image's passwords are not known"):
        name, _, rest = line.partition(":")
        if rest.startswith(":"):
            yield At(f"account {name[:40]} has an empty password")
        elif rest.startswith("$"):
            yield At(f"account {name[:40]} has a password that everybody with the image can try")


CHECK = Check(
    id="image-accounts",
    control="image",
    severity=Severity.MEDIUM,
    title="an image has no account with a password or a second root",
    why="A password in an image is known to all who have the image; a second uid 0 is root by another name.",
    fix={"": "leave passwords out: RUN passwd --lock NAME"},
    references=("dockle DKL-LI-0001", "dockle DKL-LI-0002", "CWE-258"),
    about=Image,
    language="image",
    good=('{"passwd": ["root:x:0:0::/root:/bin/sh", "a:x:1:1::/:/x"], "shadow": ["root:*:1::::::", "a:!:1::::::"]}',),
    bad=('{"passwd": ["root:x:0:0:root:/root:/bin/sh", "toor:x:0:0::/:/bin/sh"]}', '{"shadow": ["a::1::::::"]}',
         '{"shadow": ["a:$6$x$y:1::::::"]}',
         '{"passwd": ["a:x:5:5::/:/x", "b:x:5:5::/:/x"]}'),
    test=lambda facts: judge(_places(facts), "none"),
)
