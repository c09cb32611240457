"""`catalyst vault init|set|list|show-hosts|rm|rotate|recipients|import|check`. No value is ever printed."""

import argparse
import re

from catalyst.cli import given, output, secrets
from catalyst.errors import CatalystError, UsageError, VaultMissing
from catalyst.instance.vault import ask, path, unlock
from catalyst.secret import Secret
from catalyst.settings import TOKENS, Settings, take_tokens
from catalyst.vault import vault
from catalyst.vault.document import KNOWN, checked_name
from catalyst.vault.files import Folder
from catalyst.vault.identity import Unlock
from catalyst.vault.vault import New

_LINE = re.compile(r"(?:export\s+)?([A-Za-z0-9][A-Za-z0-9._-]{0,63})\s*=\s*(.*)")


def vault_init(arguments: argparse.Namespace) -> int:
    """A new vault; with --recipient for identities that are elsewhere, else with one of its own beside it."""
    where = path(given.settings(arguments))
    if arguments.recipient and (arguments.passphrase or arguments.passphrase_fd is not None):
        raise UsageError("--recipient makes no identity that a passphrase could seal", "leave one of the two out")
    passphrase = None if arguments.recipient else _new_passphrase(arguments)
    made, key = vault.create(where, arguments.recipient, passphrase, ask)
    print(where)
    if not key:
        output.notice("its identities are elsewhere, so it was not opened again; try one: "
                      "catalyst vault check --vault-identity FILE")
    else:
        output.notice(f"identity: {key} ({', '.join(made.recipients)}); keep a copy elsewhere, nothing else opens the vault")
        if not passphrase:
            output.notice("it has no passphrase: who can read that folder can read the tokens; --passphrase seals it")
    return 0


def vault_set(arguments: argparse.Namespace) -> int:
    """Add a token, or give it a new value or new hosts."""
    settings = given.settings(arguments)
    if arguments.surplus:
        raise UsageError("a value on the command line is in the shell's history, and every user of this machine sees it",
                         "revoke that token; then give the new one to: catalyst vault set NAME --stdin")  # fmt: skip
    name = checked_name(arguments.name)
    if arguments.stdin:
        value = secrets.from_stdin()
    elif arguments.file:
        value = secrets.from_file(arguments.file)
    else:
        value = secrets.prompt(f"value of {name}", secrets.BY_STDIN).reveal()
    new = New(name, Secret(value), tuple(arguments.host), tuple(arguments.path))
    now = vault.put(path(settings), _unlock(settings, arguments), [new], ask)
    entry = next(one for one in now.entries if one.name == name)
    output.notice(f"{name} ({entry.fingerprint}) may go to: {', '.join(entry.hosts) or 'nowhere; name a host with --host'}")
    return 0


def vault_list(arguments: argparse.Namespace) -> int:
    """Names, hosts, fingerprints, times."""
    settings = given.settings(arguments)
    found = vault.contents(path(settings), _unlock(settings, arguments), ask)
    if arguments.json:
        output.as_json({"version": 1, "generation": found.generation, "recipients": found.recipients,
                        "tokens": [vars(one) for one in found.entries]})  # fmt: skip
        return 0
    rows = [(one.name, ", ".join(one.hosts) or "-", ", ".join(one.paths), one.fingerprint, one.created, one.used or "-")
            for one in found.entries]  # fmt: skip
    output.table(f"{path(settings)}, generation {found.generation}",
                 ("token", "hosts", "paths", "fingerprint", "created", "last used"), rows)  # fmt: skip
    return 0


def vault_show_hosts(arguments: argparse.Namespace) -> int:
    """One line per host: host, token, path prefixes, with tabs between."""
    settings = given.settings(arguments)
    found = vault.contents(path(settings), _unlock(settings, arguments), ask)
    for line in sorted(f"{host}\t{one.name}\t{' '.join(one.paths)}" for one in found.entries for host in one.hosts):
        print(line)
    return 0


def vault_rm(arguments: argparse.Namespace) -> int:
    """Take a token out."""
    settings = given.settings(arguments)
    vault.remove(path(settings), _unlock(settings, arguments), arguments.name, ask)
    output.notice(f"{arguments.name} is out; the generation before is kept: {path(settings)}.bak. "
                  "Revoke it where you got it, too")  # fmt: skip
    return 0


def vault_rotate(arguments: argparse.Namespace) -> int:
    """A new identity in the place of the one beside the vault; the same passphrase."""
    settings = given.settings(arguments)
    made, key = vault.rotate(path(settings), _unlock(settings, arguments), ask)
    output.notice(f"new identity: {key} ({', '.join(made.recipients)}); copy it again to where you keep a copy")
    output.notice(f"the old one is {key}.bak, and it opens {path(settings)}.bak; "
                  "if it was stolen, remove both and revoke the tokens where you got them")  # fmt: skip
    return 0


def vault_recipients(arguments: argparse.Namespace) -> int:
    """Who the vault is encrypted to; with --add and --remove, another list."""
    settings = given.settings(arguments)
    opened = _unlock(settings, arguments)
    if arguments.add or arguments.remove:
        now = vault.recipients(path(settings), opened, arguments.add, arguments.remove, ask)
        output.notice(f"generation {now.generation}; what was copied before can still be opened by those removed")
    else:
        now = vault.contents(path(settings), opened, ask)
    if arguments.json:
        output.as_json(now.recipients)
    else:
        print("\n".join(now.recipients))
    return 0


def vault_import(arguments: argparse.Namespace) -> int:
    """Tokens out of the environment, or NAME=VALUE lines of a file; `-` is stdin."""
    settings = given.settings(arguments)
    if arguments.environment == bool(arguments.file):
        raise UsageError("import takes either a file or --environment", "catalyst vault import --environment")
    if arguments.environment:
        found = take_tokens()
        if not found:
            raise UsageError(f"none of {', '.join(TOKENS)} is set", "name a file of NAME=VALUE lines")
    else:
        found = _lines(secrets.from_stdin() if arguments.file == "-" else secrets.from_file(arguments.file))
    hosts = tuple(arguments.host)
    new = [New(name, value, hosts or KNOWN.get(name, ())) for name, value in found.items()]
    now = vault.put(path(settings), _unlock(settings, arguments), new, ask)
    for entry in (one for one in now.entries if one.name in found):
        output.notice(f"{entry.name} ({entry.fingerprint}) may go to: {', '.join(entry.hosts) or 'nowhere'}")
    where = "your shell's start-up files" if arguments.environment else arguments.file
    output.notice(f"now remove them from {where}: they still stand there in the clear")
    return 0


def vault_check(arguments: argparse.Namespace) -> int:
    """Opens it and looks at what lies around it. 1 when something is to be done."""
    settings = given.settings(arguments)
    opened = _unlock(settings, arguments)
    found = vault.contents(path(settings), opened, ask)
    with Folder(path(settings)) as folder:
        before = _before(folder, opened)
    print(f"{path(settings)}: opens; generation {found.generation}, {len(found.entries)} tokens, "
          f"{len(found.recipients)} recipients; identity: {opened.source}")  # fmt: skip
    print(before)
    idle = [one.name for one in found.entries if not one.hosts]
    for name in idle:
        output.notice(f"{name} may go nowhere: catalyst vault set {name} --host HOST")
    if not opened.passphrase and opened.source == f"{path(settings)}.key":
        output.notice("the identity lies beside the vault and has no passphrase")
    return 1 if idle else 0


def _before(folder: Folder, opened: Unlock) -> str:
    name = f"{folder.name}.bak"
    try:
        answer = ask(vault.listing(folder.read(name), opened))
    except VaultMissing:
        return "the generation before: none yet"
    except CatalystError as error:
        return f"the generation before: not opened by this identity ({error})"
    return f"the generation before: generation {answer['summary']['generation']}, opens"


def _unlock(settings: Settings, arguments: argparse.Namespace) -> Unlock:
    number = arguments.passphrase_fd
    return unlock(settings, secrets.prompt if number is None else lambda _: secrets.from_descriptor(number))


def _new_passphrase(arguments: argparse.Namespace) -> Secret | None:
    if arguments.passphrase_fd is not None:
        return secrets.from_descriptor(arguments.passphrase_fd)
    return secrets.new_passphrase() if arguments.passphrase else None


def _lines(text: str) -> dict[str, Secret]:
    """NAME=VALUE lines. An error gives the number of a line, never the line."""
    found: dict[str, Secret] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        matched = _LINE.fullmatch(line)
        if not matched:
            raise CatalystError(f"line {number} is not NAME=VALUE", "one token a line: HF_TOKEN=hf_…")
        value = matched[2].strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        found[matched[1]] = Secret(value)
    if not found:
        raise CatalystError("there is no NAME=VALUE line", "one token a line: HF_TOKEN=hf_…")
    return found
