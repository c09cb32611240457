"""Blocking work beside the event loop, each in a thread that dies with the program: a resolver may hang for minutes."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
STACK = 256 * 1024


def small_stacks() -> None:
    """Two thousand threads must fit."""
    threading.stack_size(STACK)


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` returns or raises. Cancelled, it is left to itself. Raises OSError when no thread can be started."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # None only if T is

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:  # handed to whoever waits
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, result, error)

    try:
        threading.Thread(target=run, daemon=True).start()
    except RuntimeError as error:
        raise OSError(str(error)) from None
    return await future
