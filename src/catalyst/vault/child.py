"""The short-lived process that opens a vault: `python -m catalyst.vault.child`, a JSON request in, a JSON answer out.

Why a process: pyrage holds the interpreter for seconds and takes a gigabyte for a passphrase, plaintext stays in freed
memory, and a flaw in reading a hostile file ends here. It sets its own limits before it reads anything; it writes no file.
"""

import base64
import json
import resource
import sys
from collections.abc import Callable, Mapping
from typing import Any

from catalyst.errors import CatalystError, VaultChildFailed
from catalyst.guard.record import replace
from catalyst.guard.syscalls import PR_SET_DUMPABLE, prctl
from catalyst.secret import Secret
from catalyst.vault import age
from catalyst.vault.document import Document, decode, encode, token, with_token, without_token
from catalyst.vault.reading import written

MEMORY = 3 << 30  # bytes of address space; work factor 20 needs 1 GiB
SECONDS = 60  # of processor time
MAX_REQUEST = 8 << 20
Request = Mapping[str, Any]
Answer = dict[str, Any]


def main() -> int:
    """Answer one request."""
    try:
        confine()
        answer = respond(json.loads(sys.stdin.buffer.read(MAX_REQUEST)))
    except CatalystError as error:
        answer = {"error": str(error), "hint": error.hint, "exit": error.exit_code}
    except Exception as error:  # the words of an unforeseen error may hold a value; its type does not
        failed = VaultChildFailed(_place(error))
        answer = {"error": str(failed), "hint": failed.hint, "exit": failed.exit_code}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    return 1 if "error" in answer else 0


def confine() -> None:
    """No core, no reader of our memory but root, and a bound on memory and time."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for limit, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))
    prctl("PR_SET_DUMPABLE", PR_SET_DUMPABLE, 0)


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" at line {trace.tb_lineno} of {trace.tb_frame.f_code.co_name}" if trace else ""
    return f"{type(error).__name__}{where}"


def respond(request: Request) -> Answer:
    """The answer to one request; `do` names it."""
    return ACTIONS[request["do"]](request)


def _create(request: Request) -> Answer:
    """A new vault, for `recipients` or for a new identity; a `passphrase` seals that."""
    given = tuple(request["recipients"])
    if given:
        document = Document(1, given)
        return {"vault": _packed(age.encrypt(encode(document), given)), "summary": summary(document)}
    text, public = age.generate()
    document = Document(1, (public,))
    return {**_sealed(document, age.identities(text.encode())), **_identity(text, request["passphrase"])}


def _list(request: Request) -> Answer:
    return {"summary": summary(_document(request)[0])}


def _tokens(request: Request) -> Answer:
    """The one answer with values, for the broker alone (`reading.py`)."""
    return written(_document(request)[0].tokens)


def _set(request: Request) -> Answer:
    def change(document: Document) -> Document:
        for one in request["tokens"]:
            hosts, paths = tuple(one["hosts"]), tuple(one["paths"])
            old = document.token(one["name"])
            if old and one["keep"]:
                hosts, paths = hosts or old.hosts, paths or old.paths
            document = with_token(document, token(one["name"], one["value"], hosts, paths, request["now"]))
        return document

    return _changed(request, change)


def _remove(request: Request) -> Answer:
    return _changed(request, lambda document: without_token(document, request["name"]))


def _recipients(request: Request) -> Answer:
    """Add and take away recipients. The identity at hand must still open the result: a locked-out owner is not made here."""

    def change(document: Document) -> Document:
        gone = set(request["remove"])
        missing = sorted(gone - set(document.recipients))
        if missing:
            raise CatalystError(f"the vault has no recipient {missing[0]}", "see them: catalyst vault recipients")
        kept = tuple(one for one in document.recipients if one not in gone)
        return replace(document, recipients=(*kept, *(one for one in request["add"] if one not in kept)))

    return _changed(request, change)


def _keygen(request: Request) -> Answer:
    """A new identity, and which recipients of the vault the old one stands for."""
    document, keys = _document(request)
    text, public = age.generate()
    old = [one.recipient for one in keys if one.recipient in document.recipients]
    if not old:
        raise CatalystError("this identity is no X25519 identity of the vault's, so nothing takes its place",
                            "exchange it yourself: catalyst vault recipients --add NEW --remove OLD")  # fmt: skip
    return {"recipient": public, "old": old, **_identity(text, request["passphrase"])}


ACTIONS: Mapping[str, Callable[[Request], Answer]] = {
    "create": _create, "list": _list, "tokens": _tokens, "set": _set, "remove": _remove, "recipients": _recipients,
    "keygen": _keygen,
}  # fmt: skip


def _keys(request: Request) -> tuple[age.Identity, ...]:
    raw = base64.b64decode(request["identity"])
    if raw.lstrip().startswith((b"age-encryption.org/", b"-----BEGIN AGE")):
        raw = age.decrypt_with(raw, Secret(request["passphrase"]))
    return age.identities(raw)


def _document(request: Request) -> tuple[Document, tuple[age.Identity, ...]]:
    keys = _keys(request)
    return decode(age.decrypt(base64.b64decode(request["vault"]), keys)), keys


def _changed(request: Request, change: Callable[[Document], Document]) -> Answer:
    document, keys = _document(request)
    changed = change(document)
    return _sealed(replace(changed, generation=document.generation + 1), keys)


def _sealed(document: Document, keys: tuple[age.Identity, ...]) -> Answer:
    """The encrypted document, which was opened again with `keys` and compared."""
    if not document.recipients:
        raise CatalystError("a vault needs a recipient", "name one to stay: catalyst vault recipients")
    plaintext = encode(document)
    vault = age.encrypt(plaintext, document.recipients)
    if age.decrypt(vault, keys) != plaintext or decode(plaintext) != document:
        raise CatalystError("the new vault does not hold what was put in", "the old one is unchanged; please report this")
    return {"vault": _packed(vault), "summary": summary(document)}


def _identity(text: str, passphrase: str) -> Answer:
    sealed = age.encrypt_with(text.encode(), Secret(passphrase)) if passphrase else text.encode()
    return {"identity": _packed(sealed)}


def _packed(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def summary(document: Document) -> Answer:
    """A document without its values."""
    tokens = [{"name": one.name, "fingerprint": one.value.fingerprint(), "hosts": list(one.hosts),
               "methods": list(one.methods), "paths": list(one.paths), "created": one.created}
              for one in document.tokens]  # fmt: skip
    return {"generation": document.generation, "recipients": list(document.recipients), "tokens": tokens}


if __name__ == "__main__":
    sys.exit(main())
