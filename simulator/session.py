"""The session of the account: one at a time."""

from collections import deque
from dataclasses import dataclass, field
import secrets

from .clock import Clock
from .envelope import Refused

LIFETIME = 30 * 60
"""Seconds after its last use at which a token expires."""

LOCK_AFTER, LOCK_WITHIN, LOCK_FOR = 5, 10 * 60, 30 * 60
"""Wrong passwords within seconds that lock the account, and seconds of the lock."""


@dataclass(slots=True)
class Sessions:
    """The account, its token, and the times of wrong passwords (epoch seconds)."""

    username: str
    password: str
    clock: Clock
    token: str | None = None
    expires: float = 0.0
    logins: int = 0
    locked_until: float = 0.0
    _wrong: deque[float] = field(default_factory=deque)

    def login(self, username: str, password: str) -> str:
        """Begin a session and return its token; any other session ends.

        Raises Refused 20400 for a wrong name or password and while locked.
        """
        now = self.clock.now()
        known = username == self.username
        if not known or now < self.locked_until or password != self.password:
            if known and password != self.password:
                self._remember_wrong(now)
            # As on the real server, the code does not show which check failed.
            raise Refused(20400)
        self._wrong.clear()
        self.token = secrets.token_urlsafe(24)
        self.expires = now + LIFETIME
        self.logins += 1
        return self.token

    def _remember_wrong(self, now: float) -> None:
        self._wrong.append(now)
        while self._wrong and self._wrong[0] <= now - LOCK_WITHIN:
            self._wrong.popleft()
        if len(self._wrong) >= LOCK_AFTER:
            self.locked_until = now + LOCK_FOR

    def check(self, token: str | None) -> None:
        """Extend the session of a token; Refused 305 if the token is not valid."""
        now = self.clock.now()
        if token is None or token != self.token or now >= self.expires:
            raise Refused(305)
        self.expires = now + LIFETIME

    def end(self) -> None:
        """End the session: its token is no longer valid."""
        self.token = None
