"""Why something could not be had, in words for its owner."""


class Failed(Exception):
    """`again`: trying again may help, not before `after` seconds if the server said so. `hint`: what its owner can do.
    `login`: the host that wants to know who asks."""

    def __init__(
        self, why: str, hint: str = "", *, again: bool = False, after: float | None = None, login: str = ""
    ) -> None:
        super().__init__(why)
        self.hint, self.again, self.after, self.login = hint, again, after, login
