"""A token bucket: who comes too often waits."""

import asyncio
import time


class Rate:
    """`each` per second on average, `burst` at once."""

    def __init__(self, each: float, burst: float) -> None:
        self._each, self._burst = each, burst
        self._level, self._at = burst, time.monotonic()

    async def wait(self) -> None:
        """Take one; sleeps until it is due."""
        now = time.monotonic()
        self._level = min(self._burst, self._level + (now - self._at) * self._each) - 1
        self._at = now
        if self._level < 0:
            await asyncio.sleep(-self._level / self._each)
