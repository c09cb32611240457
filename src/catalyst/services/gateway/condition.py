"""How ComfyUI is, put together from what is known: `up`'s word, the probe, and the guard's report."""

import json
from typing import Any

from catalyst.services.gateway import door
from catalyst.services.gateway.upstream import Probe

LINES, LONGEST = 20, 400


class Condition:
    """`phase` is up's word: starting, ready (it has checked the sandbox) or stopping. Nothing is carried before ready."""

    def __init__(self, folder: int, probe: Probe) -> None:
        self._folder, self._probe = folder, probe
        self.phase = "starting"
        self.lines: list[str] = []
        self._ready_at: int | None = None  # restarts there had been when it was last ready

    def told(self, line: bytes) -> None:
        """A message of up's: one JSON object. One that cannot be read changes nothing."""
        try:
            found = json.loads(line)
            phase, lines = found.get("state", self.phase), found.get("lines", self.lines)
        except (ValueError, AttributeError):
            return
        if phase in {"starting", "ready", "stopping"}:
            self.phase = phase
        if isinstance(lines, list):
            self.lines = [str(one)[:LONGEST] for one in lines[-LINES:]]

    def answers(self) -> bool:
        """ComfyUI answered just now."""
        return self._probe.answers()

    def state(self) -> str:
        """ready, starting, crashed, restarting, hung or stopping."""
        if self.phase == "stopping":
            return "stopping"
        if self.answers():
            if self.phase != "ready":
                return "starting"
            if not self._probe.fresh:
                return "ready"
            self._probe.fresh, self._ready_at = False, int(door.report(self._folder).get("restarts", 0))
            return "ready"
        said = door.report(self._folder)
        match said.get("state"):
            case "restarting":
                return "restarting"
            case "ended":
                return "crashed"
            case _ if self._ready_at == said.get("restarts", 0):
                return "hung"
            case _:
                return "starting"

    def told_of(self) -> dict[str, Any]:
        """For the page: the state, why, and the last lines of the log."""
        said = door.report(self._folder)
        return {"state": self.state(), "restarts": said.get("restarts", 0), "exit": said.get("exit", 0),
                "lines": self.lines if self.state() != "ready" else []}  # fmt: skip
