"""What the demo prepares in Home Assistant."""

from pathlib import Path
from typing import Any

import pytest

from demo.home_assistant import HomeAssistant
from demo.place import PLACES


class Client:
    """A client that remembers its commands."""

    def __init__(self, *, is_new: bool) -> None:
        """Say whether there is no user yet."""
        self.is_new = is_new
        self.commands: list[tuple[str, dict[str, Any]]] = []

    async def create_owner(self, username: str, password: str) -> bool:
        """Tell whether the user was created."""
        return self.is_new

    async def log_in(self, username: str, password: str) -> None:
        """Accept every login."""

    async def state(self) -> str:
        """Return that Home Assistant has started."""
        return "RUNNING"

    async def command(self, kind: str, **arguments: Any) -> None:
        """Remember a command."""
        self.commands.append((kind, arguments))


@pytest.mark.parametrize("is_new", [True, False])
async def test_the_new_user_sees_the_plants_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    async def launch(_: HomeAssistant) -> None:
        """Start nothing."""

    monkeypatch.setattr(HomeAssistant, "_launch", launch)
    home_assistant = HomeAssistant(tmp_path, "127.0.0.1", 8123)
    await home_assistant.client.close()
    client = Client(is_new=is_new)
    monkeypatch.setattr(home_assistant, "client", client)
    await home_assistant.start(PLACES[0])
    # The plants are where it is day; in the browser's zone the Energy dashboard would
    # count another day than they do. What the user has changed stays.
    setting = {"key": "language", "value": {"time_zone": "server"}}
    expected = [("frontend/set_user_data", setting)]
    assert client.commands == (expected if is_new else [])
