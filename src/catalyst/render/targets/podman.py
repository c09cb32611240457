"""`podman run`, 4.3 and newer, with and without root (podman-run(1))."""

from functools import partial

from catalyst.render import container
from catalyst.render.dialects import PODMAN
from catalyst.render.target import Target

TARGET = Target("podman", "argv of podman run", partial(container.render, PODMAN))
