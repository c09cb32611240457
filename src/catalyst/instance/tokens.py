"""The way of the tokens to the broker: by pipe from the child that opens the vault, or out of our own environment.

The values pass through this process only where they came in its environment, and stay with the broker alone.
"""

import json
import os
import select
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from datetime import UTC, datetime
from typing import Any

from catalyst.engine import process
from catalyst.errors import CatalystError, VaultChildFailed, VaultLocked
from catalyst.guard.record import Record
from catalyst.guard.syscalls import PR_SET_DUMPABLE, prctl
from catalyst.instance import vault as opener
from catalyst.secret import Secret
from catalyst.settings import NetworkMode, Settings
from catalyst.vault import document, reading, vault
from catalyst.vault.identity import Prompt, Unlock
from catalyst.vault.used import mark_used
from catalyst.wipe import filesystem

MOST = 1 << 20  # bytes of the broker's answer
Tell = Callable[[str], None]


class Held(Record):
    """What the broker said: the certificate of its authority, and what should be told of the tokens. No value."""

    certificate: str
    notices: tuple[str, ...]


class Tokens:
    """The tokens of one run, before its broker has them. `taken`: those of our environment; `pipes`: descriptors that
    somebody else's tokens come through, `lent` the same for `lent()`. `wanted`: the workload has a broker to use them.

    Raises CatalystError where there is a vault that cannot be opened.
    """

    def __init__(
        self, settings: Settings, taken: Mapping[str, Secret], prompt: Prompt, pipes: Sequence[int] = (),
        lent: Sequence[int] = (),
    ) -> None:  # fmt: skip
        self._settings, self._taken, self._pipes, self._lent = settings, dict(taken), list(pipes), list(lent)
        self._children: list[process.Process[bytes]] = []
        self.wanted, self._of_workload = settings.network_mode is not NetworkMode.ISOLATED, True
        self._unlock: Unlock | None = None
        prctl("PR_SET_DUMPABLE", PR_SET_DUMPABLE, 0)  # until it has ended: what was freed is not overwritten
        if settings.security_token_vault_path and not (pipes or lent):
            self._unlock = opener.unlock(settings, prompt)

    def hand_over(self) -> list[int]:
        """Descriptors that the tokens come through, once. The vault is opened now, by a process that writes to one."""
        pipes, taken, unlock = self._pipes, self._taken, self._unlock
        self._pipes, self._taken, self._unlock = [], {}, None
        if taken:
            pipes.append(_through_a_pipe(taken))
        if unlock:
            pipes.append(self._opened(unlock))
        return pipes

    def by_option(self, *, fetches: bool) -> list[tuple[str, int]]:
        """The same for a program that is to begin brokers of its own, by the options it takes them by: one set for the
        workload's, and where it `fetches`, one for that of the models before it."""
        pipes = []
        if fetches:
            with self.lent() as lent:
                pipes += [("fetch-tokens-fd", number) for number in lent.hand_over()]
                self._children += lent._children
        return pipes + [("tokens-fd", number) for number in self.hand_over()] if self.wanted else pipes

    @contextmanager
    def lent(self) -> Iterator["Tokens"]:
        """The same for a broker that ends before the workload's begins: the downloader's. It has one in `isolated` too;
        then nobody needs them afterwards, and they are let go of."""
        one = copy(self)
        one._pipes, one._lent, one._children, one.wanted, one._of_workload = self._lent, [], [], True, False
        self._lent = []
        try:
            yield one
        finally:
            one._forget()
            if not self.wanted:
                self._forget()

    def lend_no_more(self) -> None:
        """No downloader came for them, since there was nothing to ask: let go of what would have been its."""
        with self.lent():
            pass

    def _forget(self) -> None:
        """Let go of what was not handed over."""
        for pipe in (*self._pipes, *self._lent):
            os.close(pipe)
        self._pipes, self._lent, self._taken, self._unlock = [], [], {}, None

    def again(self) -> str:
        """For another broker: what can be had without asking anybody. What cannot, in words; empty where all can."""
        if not self._settings.security_token_vault_path:
            return "the tokens of the environment are gone with it: start again to have them"
        try:
            self._unlock = opener.unlock(self._settings, _nobody)
        except CatalystError as error:
            return f"it has no tokens now: {error}"
        return ""

    def _opened(self, unlock: Unlock) -> int:
        request = vault.opening(opener.path(self._settings), unlock)
        read, write = os.pipe2(os.O_CLOEXEC)
        try:
            self._children.append(opener.start(request, write))
        finally:
            os.close(write)
        return read

    def answer(self, descriptor: int) -> Held:
        """What the broker says of the tokens it was handed. Raises CatalystError in the child's words or the broker's."""
        said = _read(descriptor, opener.SECONDS)
        self.reap()
        if "error" in said:
            error = CatalystError(str(said["error"]), str(said["hint"]))
            error.exit_code = int(said["exit"])
            raise error
        return Held(str(said["certificate"]), tuple(_notices(said, closed=self._of_workload)))

    def reap(self) -> None:
        """End the children that opened the vault: they have said all by now, or never will."""
        for child in self._children:
            child.kill()
            child.wait()
        self._children = []

    def note_used(self, tokens: Sequence[Mapping[str, Any]]) -> None:
        """Write down when tokens of the vault last went along, from the broker's list of them."""
        path = self._settings.security_token_vault_path
        used = {str(one["name"]): float(one["used"]) for one in tokens if one["used"]}
        if not path:
            return
        for name, when in used.items():
            with suppress(CatalystError, OSError):  # it is no reason for an end to fail
                mark_used(path, [name], datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def _nobody(_question: str) -> Secret:
    raise VaultLocked("its passphrase is asked for at the start alone", "start again: catalyst up")


def _through_a_pipe(taken: Mapping[str, Secret]) -> int:
    """A pipe that holds them; it is larger than they can be (64 KiB, pipe(7))."""
    tokens = [document.token(name, value.reveal(), document.KNOWN[name], (), "") for name, value in taken.items()]
    read, write = os.pipe2(os.O_CLOEXEC)
    with os.fdopen(write, "wb") as pipe:
        pipe.write(json.dumps(reading.written(tokens)).encode())
    return read


def _read(descriptor: int, seconds: float) -> dict[str, Any]:
    """The broker's one answer; the end of its pipe without one is an answer too."""
    data, end = b"", time.monotonic() + seconds
    while len(data) < MOST and (left := end - time.monotonic()) > 0:
        if select.select([descriptor], [], [], left)[0]:
            more = os.read(descriptor, 1 << 16)
            if not more:
                break
            data += more
    try:
        return dict(json.loads(data))
    except ValueError:
        raise VaultChildFailed("the broker gave no answer about the tokens") from None


def _notices(said: Mapping[str, Any], *, closed: bool) -> list[str]:
    """What the owner should know; `closed`: of hosts too that may not be reached."""
    told = [f"token {one['name']} may go nowhere: catalyst vault set {one['name']} --host HOST"
            for one in said["tokens"] if not one["hosts"]]  # fmt: skip
    told += [f"token {one['name']} is for {host}, which the workload may not reach: catalyst egress allow {host}"
             for one in said["tokens"] if closed for host in one["closed"]]  # fmt: skip
    swap = filesystem.swap_in_clear()
    if swap and not said["locked"]:
        told.append(f"the tokens are in memory that can be written to swap that is not encrypted: {', '.join(swap)}")
    return told
