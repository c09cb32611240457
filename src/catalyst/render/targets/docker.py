"""`docker run`, 20.10 and newer (docs.docker.com/reference/cli/docker/container/run)."""

from functools import partial

from catalyst.render import container
from catalyst.render.dialects import DOCKER
from catalyst.render.target import Target

TARGET = Target("docker", "argv of docker run", partial(container.render, DOCKER))
