"""From what was named on the command line to subjects: files by what they hold, folders by what lies in them."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from catalyst.audit import look, opinions
from catalyst.audit.facts import Container, Health, Manifests, Text
from catalyst.audit.opinions import Wish
from catalyst.audit.run import Subject
from catalyst.audit.subjects import comfyui, compose, dockerfile, documents, image, kubernetes
from catalyst.errors import CatalystError, PathRefused, SubjectUnreadable, UsageError, pasted
from catalyst.guard.record import Record, replace

MOST_FILES, DEEPEST = 5000, 8
LEFT_OUT = {".git", "node_modules", ".venv", "venv", "__pycache__", "site-packages", ".tox", ".mypy_cache", ".ruff_cache"}
YAML = (".yaml", ".yml")
Version = tuple[int, int]


class Given(Record):
    """What the command line says besides names: the version of the Pod Security Standards, what `-` stands for, the file in
    which packs of nodes were recorded, what other programs are asked, and for a compose file that another one includes,
    that one's .env."""

    version: Version = kubernetes.NEWEST
    standard: bytes = b""
    record: Path | None = None
    wish: Wish = Wish()
    env: bytes | None = None


def files(names: Sequence[str], given: Given = Given()) -> list[Subject]:  # noqa: B008 -- it cannot be changed
    """A subject for each file named, and for each in a folder that is named.

    Raises PathRefused, UsageError or SubjectUnreadable. In a folder, what cannot be read is not done, and says so.
    """
    found: list[Subject] = []
    for name in names:
        if name == "-":
            found.append(_texted(kubernetes.read(given.standard, "-", given.version), given.standard, ()))
        elif Path(name).is_dir():
            found += _folder(name, given)
        else:
            found.append(one_file(name, given))
    return _together(_with_parts(found, given))


def _with_parts(found: list[Subject], given: Given) -> list[Subject]:
    """The subjects, and the files that compose files include, with the variables of those that do."""
    seen = {(os.path.normpath(one.file), b"") for one in found if one.file}
    waiting = [(one, given) for one in found]
    every = []
    while waiting:
        subject, with_ = waiting.pop(0)
        env = (_env(Path(subject.file).parent) + b"\n" + (with_.env or b"")).strip() if subject.parts else b""
        for part in subject.parts:
            if (os.path.normpath(part), env) in seen:
                continue
            seen.add((os.path.normpath(part), env))
            try:
                waiting.append((one_file(part, replace(given, env=env)), replace(given, env=env)))
            except CatalystError as error:
                subject = replace(subject, undone=(*subject.undone, f"{part} could not be read: {error}"))
        every.append(subject)
    return every


def one_file(name: str, given: Given) -> Subject:
    """The subject in a file, by its content and its name. Raises PathRefused, UsageError or SubjectUnreadable."""
    if Path(name).suffix in {".tar", ".tgz"} or name.endswith(".tar.gz"):
        return image.of_tar(name, lambda file: opinions.of_image(file, given.wish))
    return of_bytes(content(name), name, given)


def of_bytes(data: bytes, name: str, given: Given) -> Subject:
    """The subject that a file with these bytes would be. Raises UsageError or SubjectUnreadable."""
    path = Path(name)
    beside = tuple(str(path.parent / one) for one in sorted(look.SCANNER_FILES) if (path.parent / one).exists())
    if _is_dockerfile(path.name):
        ignore = path.parent / ".dockerignore"
        facts = dockerfile.read(data, name, content(str(ignore)) if ignore.is_file() else None)
        return _texted(Subject("dockerfile", name, (facts,), file=name), data, beside)
    if path.suffix in {*YAML, ".json"}:
        tree = documents.parse(documents.text_of(data, name), name)
        if any(kubernetes.looks_like(one) for one in tree):
            return _texted(kubernetes.read(data, name, given.version), data, beside)
        if compose_like(tree, path.name) or given.env is not None:
            variables = _env(path.parent) + b"\n" + (given.env or b"")
            found = compose.read(data, name, variables, _loader(path.parent), part=given.env is not None)
            return _texted(replace(found, facts=tuple(map(_built, found.facts))), data, beside)
        if any(isinstance(one, documents.Map) and {"bomFormat", "spdxVersion"} & one.keys() for one in tree):
            return Subject("sbom", name, *opinions.vulnerabilities("sbom", name, given.wish), file=name)
    raise UsageError(f"{name} is neither a Dockerfile, a compose file, manifests of Kubernetes nor an image's tar",
                     "name the kind where there is no file: catalyst audit image NAME")  # fmt: skip


def _env(folder: Path) -> bytes:
    """The variables that compose takes from the folder of its file."""
    return content(str(folder / ".env")) if (folder / ".env").is_file() else b""


def _loader(folder: Path) -> Callable[[str], bytes]:
    """What reads other files of a folder. It raises PathRefused for what lies elsewhere, links followed."""
    root = os.path.realpath(folder)

    def load(name: str) -> bytes:
        if os.path.commonpath([root, os.path.realpath(name)]) != root:
            raise PathRefused("SUBJECT", name, "it lies in another folder", "audit that one too, or from above both")
        return content(name)

    return load


def compose_like(tree: list[object], name: str) -> bool:
    """Is it a compose file, by what it holds or by its name?"""
    return name in compose.NAMES or any(isinstance(one, documents.Map) and "services" in one for one in tree)


def _is_dockerfile(name: str) -> bool:
    lower = name.lower()
    return (lower.startswith(("dockerfile", "containerfile"))
            and not lower.endswith((".md", ".txt", ".py"))) or lower.endswith(
        (".dockerfile", ".containerfile"))  # fmt: skip


def content(name: str) -> bytes:
    """A regular file's bytes. Raises PathRefused; what is larger than a text may be is refused by its reader."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise PathRefused("SUBJECT", name, why, f"look at it: ls -ld {pasted(name)}") from error
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise PathRefused("SUBJECT", name, "not a regular file", "name a file, a folder, or -")
        return stream.read(documents.MOST_BYTES + 1)


def _folder(name: str, given: Given) -> list[Subject]:
    found: list[Subject] = []
    if (Path(name) / comfyui.VERSION).is_file():
        found.append(comfyui.read(name, comfyui.load_record(given.record, name) if given.record else None))
    if given.wish.named:
        found.append(Subject("folder", name, *opinions.vulnerabilities("folder", name, given.wish)))
    undone: list[str] = []
    for path in _walk(name, undone):
        kind = PurePosixPath(path)
        if _is_dockerfile(kind.name) or (kind.suffix in YAML and _may_be_ours(path)):
            try:
                found.append(one_file(path, given))
            except (SubjectUnreadable, PathRefused) as error:
                undone.append(f"{path} could not be read: {error}")
            except UsageError:
                continue  # YAML of something else
    return [*found, *([Subject("folder", name, (), tuple(undone))] if undone else [])]


def _may_be_ours(path: str) -> bool:
    """A look before a file is parsed: YAML of other programs is no subject, also where it is broken."""
    try:
        data = content(path)
    except CatalystError:
        return True
    return PurePosixPath(path).name in compose.NAMES or b"services" in data or (b"apiVersion" in data and b"kind" in data)


def _walk(name: str, undone: list[str]) -> Iterator[str]:
    count = 0
    for folder, folders, names in os.walk(name,
                                          onerror=lambda error: undone.append(f"{error.filename}: {error.strerror}")):
        depth = len(PurePosixPath(folder).parts) - len(PurePosixPath(name).parts)
        if depth >= DEEPEST and folders:
            undone.append(f"{folder}: what lies more than {DEEPEST} folders deep was not looked at")
            folders.clear()
        folders[:] = sorted(one for one in folders if one not in LEFT_OUT)
        for one in sorted(names):
            count += 1
            if count > MOST_FILES:
                undone.append(f"more than {MOST_FILES} files: the rest was not looked at; name them")
                return
            yield str(PurePosixPath(folder) / one)


def _built(facts: Container) -> Container:
    """With what the Dockerfile says where the compose file leaves it to the image."""
    if not facts.build or (facts.image and not Path(facts.build).is_file()):
        return facts
    try:
        made = dockerfile.read(content(facts.build), facts.build)
    except CatalystError:
        return facts  # it stays not known
    users, health = look.final(made, "USER"), look.final(made, "HEALTHCHECK")
    user = facts.user if facts.user is not None or not users or users[-1].unresolved else users[-1].text
    if facts.health is None and health:
        words = ("NONE",) if health[-1].text.strip().upper() == "NONE" else tuple(health[-1].text.split())
        return replace(facts, user=user, health=Health(words, line=0))
    return replace(facts, user=user)


def _texted(subject: Subject, data: bytes, beside: tuple[str, ...]) -> Subject:
    """With the text itself, for what it asks of scanners."""
    lines = tuple(documents.text_of(data, subject.name).splitlines())
    return replace(subject, facts=(*subject.facts, Text(lines=lines, beside=beside)))


def _together(found: list[Subject]) -> list[Subject]:
    """Manifests of all files know one another's objects: a policy is often in a file of its own."""
    every = tuple(one for subject in found for facts in subject.facts if isinstance(facts, Manifests)
                  for one in facts.objects or ())  # fmt: skip
    return [replace(subject, facts=tuple(replace(facts, every=every) if isinstance(facts, Manifests) else facts
                                         for facts in subject.facts)) for subject in found]  # fmt: skip
