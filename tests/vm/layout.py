"""The paths of a sandbox in the machine's root, owned as an engine shows them, and what lies beside them."""

from catalyst.policy.model import Place
from vm.cpio import Archive

USER = 1000
ODD, LIKE = "/srv/odd/[y]*z {a,b}", "/srv/odd/y1z a"  # a name that is a pattern, and one that it would match
PLACES = tuple(place.value for place in Place)


def sandbox(archive: Archive) -> None:
    """Everything an unconfined process of the workload's user may write, so that only the control at hand refuses."""
    for place in PLACES:
        archive.folder(f"data/{place}", 0o755, USER)
    archive.folder("opt/comfyui", 0o777)
    archive.folder("srv/open", 0o777)
    for folder in ("tmp", "scratch"):
        archive.folder(folder, 0o1777)
    archive.folder("run/catalyst/door", 0o755, USER)
    archive.folder("mnt")
    archive.file("srv/open/secret", b"secret", 0o644)
    for folder in (ODD, LIKE):
        archive.file(f"{folder}/file", b"x", 0o644)
    archive.file("etc/shadow", b"root:secret:1::::::\n", 0o644)
    archive.file("data/models/model", b"model", 0o644, USER)
    archive.file("etc/hosts", b"127.0.0.1 localhost\n")
