"""Client of Home Assistant's REST and WebSocket interfaces, as far as needed here."""

from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from .processes import DemoError

LANGUAGE: Final = "en"


class HomeAssistantClient:
    """A session of one user; failed requests raise DemoError."""

    def __init__(self, address: str) -> None:
        """Set the address, such as http://127.0.0.1:8123; `log_in` comes first."""
        self.address = address
        self.tokens: dict[str, Any] = {}
        self._session = ClientSession(timeout=ClientTimeout(total=60))

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    @property
    def client_id(self) -> str:
        """Return the client id of logins: the frontend's address."""
        return f"{self.address}/"

    async def is_up(self) -> bool:
        """Return whether the web server answers."""
        with suppress(ClientError, OSError):
            async with self._session.get(f"{self.address}/manifest.json") as response:
                return response.status == HTTPStatus.OK
        return False

    async def create_owner(self, username: str, password: str) -> bool:
        """Create the first user, unless the onboarding is complete; tells whether."""
        async with self._session.get(f"{self.address}/api/onboarding") as response:
            if response.status == HTTPStatus.NOT_FOUND:
                return False
        await self._request(
            "POST",
            "/api/onboarding/users",
            {
                "name": username.capitalize(),
                "username": username,
                "password": password,
                "client_id": self.client_id,
                "language": LANGUAGE,
            },
        )
        return True

    async def log_in(self, username: str, password: str) -> None:
        """Log in as the login page does."""
        flow = await self._request(
            "POST",
            "/auth/login_flow",
            {
                "client_id": self.client_id,
                "handler": ["homeassistant", None],
                "redirect_uri": self.client_id,
            },
        )
        result = await self._request(
            "POST",
            f"/auth/login_flow/{flow['flow_id']}",
            {"client_id": self.client_id, "username": username, "password": password},
        )
        if result["type"] != "create_entry":
            raise DemoError(f"Home Assistant refused the login: {result['errors']}")
        form = {
            "grant_type": "authorization_code",
            "code": result["result"],
            "client_id": self.client_id,
        }
        async with self._session.post(
            f"{self.address}/auth/token", data=form
        ) as response:
            response.raise_for_status()
            self.tokens = await response.json()

    async def get(self, path: str) -> Any:
        """Return the JSON of a path."""
        return await self._request("GET", path)

    async def post(self, path: str, data: dict[str, Any]) -> Any:
        """Send JSON to a path; returns the JSON of the answer."""
        return await self._request("POST", path, data)

    async def _request(
        self, method: str, path: str, data: dict[str, Any] | None = None
    ) -> Any:
        headers = {}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        async with self._session.request(
            method, f"{self.address}{path}", json=data, headers=headers
        ) as response:
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise DemoError(
                    f"{method} {path}: HTTP {response.status}, {await response.text()}"
                )
            return await response.json()

    async def command(self, kind: str, **arguments: Any) -> Any:
        """Send a WebSocket command on a new connection; returns its result."""
        address = f"{self.address}/api/websocket"
        async with self._session.ws_connect(address, max_msg_size=0) as socket:
            await socket.receive_json(timeout=30)
            await socket.send_json(
                {"type": "auth", "access_token": self.tokens["access_token"]}
            )
            greeting = await socket.receive_json(timeout=30)
            if greeting["type"] != "auth_ok":
                raise DemoError(f"WebSocket login refused: {greeting.get('message')}")
            await socket.send_json({"id": 1, "type": kind, **arguments})
            while True:
                answer = await socket.receive_json(timeout=60)
                if answer.get("id") == 1 and answer["type"] == "result":
                    break
        if not answer["success"]:
            raise DemoError(f"{kind}: {answer['error']['message']}")
        return answer["result"]

    async def state(self) -> str:
        """Return the state of Home Assistant, `RUNNING` once its start is complete."""
        state: str = (await self.get("/api/core/state"))["state"]
        return state
