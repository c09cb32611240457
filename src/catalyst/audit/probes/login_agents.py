"""An agent signs for whoever asks."""

import os
from functools import partial
from pathlib import Path

from catalyst.audit.inside.acts.sockets import knock
from catalyst.audit.inside.probe import ENGINES, Answer, Context, Probe, first_allowed

FOLDERS = ("/tmp", "/run/user/{uid}", "{home}/.ssh", "{home}/.gnupg")
NAMES = ("ssh-*/agent.*", "keyring/ssh", "gnupg/S.gpg-agent*", "agent/*", "S.gpg-agent*")


def act(context: Context) -> Answer:
    """Whatever looks like one, at most twenty."""
    folders = [Path(one.format(uid=os.getuid(), home=context.home)) for one in FOLDERS]
    found = [str(path) for folder in folders for name in NAMES for path in folder.glob(name)]
    return first_allowed([partial(knock, path) for path in found[:20]], "there is no agent")


PROBE = Probe(
    id="login-agents",
    theme="kernel",
    title="use the user's logins (ssh-agent, gpg-agent)",
    origin="I7",
    control="namespaces",
    layers=ENGINES,
    act=act,
)
