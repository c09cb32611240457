"""age by pyrage, with `header.check` in front. Runs in the child (`child.py`) only.

No message of pyrage's is passed on: one may quote its input.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pyrage  # type: ignore[import-untyped]  # it ships no types

from catalyst.errors import NotAge, VaultLocked, plain
from catalyst.guard.record import Record
from catalyst.secret import Secret
from catalyst.vault import header

MAX_IDENTITIES = 64
SECRET_KEY, PLUGIN_KEY, POST_QUANTUM = "AGE-SECRET-KEY-1", "AGE-PLUGIN-", "AGE-SECRET-KEY-PQ-1"


class Identity(Record):
    """Something that opens age files. `recipient` is its public half where that follows from it, else empty."""

    key: Any
    recipient: str


def decrypt(raw: bytes, identities: Sequence[Identity], *, most: int = header.MAX_BYTES) -> bytes:
    """The plaintext of an age file of at most `most` bytes. Raises NotAge or VaultLocked."""
    found = header.check(raw, most=most)
    if found.passphrase:
        raise VaultLocked("it is encrypted to a passphrase alone, so nothing can be added to it",
                          "seal the identity instead: catalyst vault init --passphrase")  # fmt: skip
    return _opened(lambda: pyrage.decrypt(found.binary, [one.key for one in identities]), "no identity opens it")


def decrypt_with(raw: bytes, passphrase: Secret) -> bytes:
    """The plaintext of an age file that is encrypted to a passphrase, such as an identity file."""
    found = header.check(raw)
    if not found.passphrase:
        raise VaultLocked("the identity file is not encrypted to a passphrase")
    return _opened(lambda: pyrage.passphrase.decrypt(found.binary, passphrase.reveal()), "the passphrase is wrong")


def encrypt(plaintext: bytes, recipients: Sequence[str]) -> bytes:
    """An age file for `recipients`. Raises VaultLocked when one is malformed or there is none."""
    if not recipients:
        raise VaultLocked("it would be encrypted to nobody", "name one: --recipient age1…")
    keys = [recipient(text) for text in recipients]
    return _opened(lambda: pyrage.encrypt(plaintext, keys), "encrypting to its recipients failed")


def encrypt_with(plaintext: bytes, passphrase: Secret) -> bytes:
    """An age file for a passphrase. pyrage chooses the work factor by this machine's speed: it may be over our limit."""
    for _ in range(3):
        sealed = _opened(lambda: pyrage.passphrase.encrypt(plaintext, passphrase.reveal()), "encrypting failed")
        try:
            header.check(sealed)
        except NotAge:
            continue
        return sealed
    raise VaultLocked(f"this machine makes scrypt work factors over {header.MAX_WORK}",
                      "make the identity with: age-keygen | age -p > VAULT.key.age")  # fmt: skip


def _opened(call: Callable[[], bytes], why: str) -> bytes:
    try:
        return bytes(call())
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a Rust panic is a BaseException, and its words may quote input
        raise VaultLocked(why if not _plugin(error) else f"{why}; {_plugin(error)}") from None


def _plugin(error: BaseException) -> str:
    """A missing plugin is named by pyrage between U+2068 and U+2069."""
    text = str(error)
    if "plugin" not in text.lower() or "\u2068" not in text:
        return ""
    name = plain(text.partition("\u2068")[2].partition("\u2069")[0], 40)
    return f"the plugin {name} is not in /usr/local/bin, /usr/bin or /bin"


def generate() -> tuple[str, str]:
    """A new X25519 identity: the text of its file, and its recipient."""
    key = pyrage.x25519.Identity.generate()
    public = str(key.to_public())
    return f"# public key: {public}\n{key}\n", public


def recipient(text: str) -> Any:
    """A recipient from its text: X25519, a plugin's, ssh-ed25519 or ssh-rsa."""
    try:
        if text.startswith("ssh-"):
            return pyrage.ssh.Recipient.from_str(text)
        if text.startswith("age1") and text.count("1") == 1 and len(text) == 62:
            return pyrage.x25519.Recipient.from_str(text)
        one = pyrage.plugin.Recipient.from_str(text)
        return pyrage.plugin.RecipientPluginV1(one.plugin(), [one], [], Callbacks())
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise VaultLocked(_not_a_recipient(text, error),
                          "a recipient looks like age1… or ssh-ed25519 …") from None  # fmt: skip


def _not_a_recipient(text: str, error: BaseException) -> str:
    if text.upper().startswith(("AGE-", "-----BEGIN")):
        return "a recipient is the public half; what was given looks like a secret"
    return f"the recipient {plain(text[:24])}… cannot be used{f'; {_plugin(error)}' if _plugin(error) else ''}"


def identities(text: bytes) -> tuple[Identity, ...]:
    """What an identity file holds: lines of age identities with comments, or one OpenSSH private key."""
    if text.lstrip().startswith(b"-----BEGIN "):
        return (_ssh(text),)
    try:
        lines = [line.strip() for line in text.decode("ascii").splitlines()]
    except UnicodeDecodeError:
        raise VaultLocked("the identity file is not text") from None
    kept = [line for line in lines if line and not line.startswith("#")]
    if not 0 < len(kept) <= MAX_IDENTITIES:
        raise VaultLocked("the identity file holds no identity" if not kept else "it holds too many identities")
    return tuple(_identity(line) for line in kept)


def _identity(line: str) -> Identity:
    if line.upper().startswith(POST_QUANTUM):
        raise VaultLocked("post-quantum identities are not supported yet", "give an X25519 identity: age-keygen")
    try:
        if line.upper().startswith(SECRET_KEY):
            key = pyrage.x25519.Identity.from_str(line)
            return Identity(key, str(key.to_public()))
        if line.startswith(PLUGIN_KEY):
            one = pyrage.plugin.Identity.from_str(line)
            return Identity(pyrage.plugin.IdentityPluginV1(one.plugin(), [one], Callbacks()), "")
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        said = _plugin(error)
        raise VaultLocked(f"an identity is malformed{f', or {said}' if said else ''}") from None
    raise VaultLocked("the identity file has a line that is no identity")


def _ssh(text: bytes) -> Identity:
    try:
        key = pyrage.ssh.Identity.from_buffer(text)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise VaultLocked("the ssh key is not ed25519 or RSA, or has a passphrase",
                          "add an identity of age's: catalyst vault recipients --add age1…") from None  # fmt: skip
    return Identity(key, "")


class Callbacks:
    """What a plugin may ask of a user. A question cannot be answered here: it would have to pass a value through us."""

    def display_message(self, message: str) -> None:
        """Such as: touch your key."""
        import sys

        print(f"catalyst: notice: {plain(message)}", file=sys.stderr, flush=True)

    def confirm(self, message: str, yes_string: str, no_string: str | None) -> bool | None:  # noqa: ARG002  # pyrage's
        """A question with one or two answers."""
        self.display_message(message)
        return None

    def request_public_string(self, description: str) -> str | None:  # noqa: ARG002  # pyrage's signature
        """Not asked."""
        return None

    def request_passphrase(self, description: str) -> str | None:
        """A PIN, from the terminal."""
        from getpass import getpass

        try:
            return getpass(f"{plain(description)}: ")
        except (OSError, EOFError):
            return None
