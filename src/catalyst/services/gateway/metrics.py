"""Numbers in Prometheus' text format (version 0.0.4), on a listener of their own."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from aiohttp.web_request import BaseRequest


class Counts:
    """What has happened since the start."""

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        self.refused: Counter[str] = Counter()
        self.logins = 0
        self.failed_logins = 0
        self.websockets = 0


HELP = {
    "catalyst_requests_total": ("counter", "answers by status"),
    "catalyst_refused_total": ("counter", "requests refused before they reached ComfyUI, by rule"),
    "catalyst_logins_total": ("counter", "logins by outcome"),
    "catalyst_websockets_total": ("counter", "websockets that were opened"),
    "catalyst_websockets": ("gauge", "websockets that are open"),
    "catalyst_sessions": ("gauge", "sessions that are known"),
    "catalyst_comfyui_up": ("gauge", "1 where ComfyUI answered the last probe"),
}


def text(counts: Counts, gauges: Mapping[str, float]) -> str:
    """The whole document. `gauges`: name -> value."""
    samples: dict[str, list[tuple[str, float]]] = {
        "catalyst_requests_total": [(f'{{status="{status}"}}', n) for status, n in sorted(counts.answers.items())],
        "catalyst_refused_total": [(f'{{rule="{rule}"}}', n) for rule, n in sorted(counts.refused.items())],
        "catalyst_logins_total": [('{outcome="accepted"}', counts.logins), ('{outcome="refused"}', counts.failed_logins)],
        "catalyst_websockets_total": [("", counts.websockets)],
        **{name: [("", value)] for name, value in gauges.items()},
    }
    lines = []
    for name, (kind, help) in HELP.items():  # noqa: A001 -- Prometheus' own word
        lines += [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{labels} {value:g}" for labels, value in samples.get(name, [])]
    return "\n".join(lines) + "\n"


def handler(make: Callable[[], str]) -> "Callable[[BaseRequest], Awaitable[web.StreamResponse]]":
    """What serves `make`'s text at /metrics."""

    async def answer(request: BaseRequest) -> web.StreamResponse:
        if request.raw_path.partition("?")[0] != "/metrics" or request.method not in {"GET", "HEAD"}:
            return web.Response(status=404, text="only /metrics\n")
        return web.Response(text=make(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    return answer
