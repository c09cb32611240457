"""Environment variables."""

from catalyst.policy.build import Control
from catalyst.policy.model import CleanEnvironment

CONTROL = Control(
    id="clean-environment",
    title="no variable of the caller reaches any process of the sandbox",
    why="tokens live in the environment: ultralytics 8.3.45 sent it away, Snyk read AWS keys from a container's",
    rules=lambda _: [CleanEnvironment()],
)
