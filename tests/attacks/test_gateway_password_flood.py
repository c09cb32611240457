"""Each password that is looked at takes 64 MiB and a tenth of a second: strangers may not have many of them."""

import threading
from collections import Counter
from pathlib import Path

from catalyst.services.gateway import passwords
from gateways import Gateway, config, gateway


def test_a_flood_is_refused_before_it_is_hashed(tmp_path: Path) -> None:
    with gateway(tmp_path, config()) as running:
        state = running.state()
        state.set_password(passwords.hashed("correct horse"))
        state.close()
        before, found = running.rss(), Counter[int]()

        def attempt() -> None:
            found[running.ask("POST", "/catalyst/login", "password=wrong", Origin=running.url).status] += 1

        threads = [threading.Thread(target=attempt) for _ in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == {401: 5, 429: 55}
        assert running.rss() - before < 120 << 20  # one at a time
        refused = running.ask("POST", "/catalyst/login", "password=correct+horse", Origin=running.url)
        assert refused.status == 429  # the right one too, or the limit would tell which one is right
        assert 1 <= int(refused.headers["Retry-After"]) <= 3600
        assert logged_in(running)  # a link is not limited: the owner is not shut out


def logged_in(running: Gateway) -> bool:
    return bool(running.cookie())


def test_the_address_is_not_the_visitors_to_choose(tmp_path: Path) -> None:
    """X-Forwarded-For is believed from a trusted proxy alone."""
    with gateway(tmp_path, config()) as running:
        statuses = [running.ask("POST", "/catalyst/login", "password=wrong", Origin=running.url,
                                X_Forwarded_For=f"198.51.100.{number}").status for number in range(8)]  # fmt: skip
    assert statuses == [401] * 5 + [429] * 3


def test_a_form_that_does_not_end(tmp_path: Path) -> None:
    with gateway(tmp_path, config()) as running:
        before = running.rss()
        assert running.ask("POST", "/catalyst/login", b"password=" + b"x" * (4 << 20), Origin=running.url).status == 413
        assert running.rss() - before < 16 << 20
