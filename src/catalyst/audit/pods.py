"""What the checks of Kubernetes pods look at: every container, and the security context of each and of the pod."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from catalyst.audit.facts import Manifests, Pod
from catalyst.audit.model import At, Outcome, judge, known
from catalyst.audit.subjects.documents import Map, Seq, line_of, truth

LISTS = ("initContainers", "containers", "ephemeralContainers")
POD = "the pod"


def spec(facts: Pod) -> Map:
    """The pod's specification."""
    found: Map = known(facts.spec, "the pod's specification is not known")
    return found


def containers(facts: Pod) -> list[tuple[str, Map]]:
    """Every container with its name."""
    return [(str(one.get("name", "?")), one) for key in LISTS for one in spec(facts).get(key) or ()]


def contexts(facts: Pod) -> list[tuple[str, Map]]:
    """The security context of the pod and of every container, where there is one."""
    found = [(POD, spec(facts).get("securityContext")),
             *((name, one.get("securityContext")) for name, one in containers(facts))]
    return [(name, one) for name, one in found if isinstance(one, Map)]


def mapping(where: Mapping[str, Any], key: str) -> Map:
    """A mapping inside, an empty one where it is missing or something else."""
    found = where.get(key)
    return found if isinstance(found, Map) else Map(line_of(where, key))


def items(where: Mapping[str, Any], key: str) -> list[Any]:
    """A list inside, an empty one where it is missing."""
    found = where.get(key)
    return list(found) if isinstance(found, Seq) else []


def windows(facts: Pod) -> bool:
    """Is it for Windows? Its own field says so; such a pod may not have the fields that Linux needs (since 1.25)."""
    return mapping(spec(facts), "os").get("name") == "windows"


def own_users(facts: Pod) -> bool:
    """Has it a user namespace of its own (hostUsers: false)? The standards ask less of such a pod from 1.35 on."""
    return facts.version >= (1, 35) and truth(spec(facts).get("hostUsers")) is False


def settings(facts: Pod, key: str, wrong: Callable[[Any], str]) -> Outcome:
    """Broken where `wrong` says why about the value of `key` in any security context that has it."""
    places = []
    for name, context in contexts(facts):
        if context.get(key) is not None and (why := wrong(context[key])):
            places.append(At(f"{name}: {key} {why}", line_of(context, key)))
    return judge(places, f"{len(contexts(facts))} security contexts, none with a wrong {key}")


def objects(facts: Manifests, *kinds: str) -> Iterator[Map]:
    """The objects of these kinds."""
    for one in known(facts.objects, "the manifests could not be read"):
        if one.get("kind") in kinds:
            yield one


def objects_beside(facts: Manifests, *kinds: str) -> Iterator[Map]:
    """The objects of these kinds in all files that were audited together."""
    known(facts.objects, "the manifests could not be read")
    return (one for one in facts.every or facts.objects or () if one.get("kind") in kinds)


def title(one: Map) -> str:
    """Kind and name of an object."""
    return f"{one.get('kind')}/{mapping(one, 'metadata').get('name', '?')}"
