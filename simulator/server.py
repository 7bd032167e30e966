"""The HTTP server: dispatches requests to the interfaces."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
import json
import logging
from typing import Any

from aiohttp import web

from . import admin, consent, replies
from .certificate import ignoring_rejected_handshakes, self_signed
from .dialect import Dialect
from .envelope import Answer, Body, Refused, refuse, wrap
from .faults import EARLY, Fault, FaultKind, spoil
from .interfaces.arguments import Asked
from .interfaces.table import WITHDRAWN, handler
from .owner import TooMany
from .quota import Fleet, limits
from .simulator import Call, Simulator

LOGGER = logging.getLogger(__name__)

TOKEN = "XSRF-TOKEN"
ACCOUNT = frozenset({"login", "logout"})
NO_PARAMS = frozenset({"login", "logout", "getAlarmList", "stations"})
"""Interfaces that do not echo the request's parameters, with the quirks."""

MOST_CALLS = 100_000
"""Recorded calls; beyond that the older half is dropped."""

IN_PLACE = frozenset(
    {
        FaultKind.CUT,
        FaultKind.HALF,
        FaultKind.EMPTY,
        FaultKind.HUGE,
        FaultKind.STALL,
    }
)


class Server:
    """HTTP server of one simulator."""

    def __init__(self, sim: Simulator) -> None:
        """Serve a simulator; ``closing`` ends stalled and endless answers."""
        self.sim = sim
        self.closing = asyncio.Event()

    def application(self) -> web.Application:
        """Return the application; unknown paths are 404 pages."""
        app = web.Application(client_max_size=2**20)
        app.router.add_post("/thirdData/{interface}", self.call)
        # The interfaces of control; each has a slash in its name.
        app.router.add_post("/rest/openapi/pvms/{interface:.+/.+}", self.call)
        consent.add_routes(app, self.sim)
        admin.add_routes(app, self.sim)
        app.router.add_route("*", "/{path:.*}", self.not_found)
        return app

    async def not_found(self, request: web.Request) -> web.Response:
        """Answer a path without a route: HTTP 404."""
        return replies.page(replies.NOT_FOUND, 404)

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer one call of an interface and record it."""
        interface = request.match_info["interface"]
        asked = await _parameters(request)
        at = self.sim.clock.now()
        if interface not in ACCOUNT and not handler(interface, self.sim.dialect):
            self._note(interface, at, None, 404, asked)
            return replies.page(replies.NOT_FOUND, 404)
        fault = self.sim.faults.strike(interface)
        if fault and fault.kind in EARLY and fault.kind != FaultKind.LOST:
            response = replies.early(fault, request)
            self._note(interface, at, None, response.status, asked)
            return response
        lane = interface if _bearer(request) is None else f"{interface} of the owner"
        if not self.sim.quota.enter(lane, self._one_at_a_time(interface), at):
            body = refuse(407, None, self._echo(interface, asked), at)
            self._note(interface, at, 407, 200, asked)
            return web.json_response(body)
        try:
            return await self._served(request, interface, asked, at, fault)
        except asyncio.CancelledError:
            self.sim.quota.linger(lane, self.sim.clock.now())
            raise
        except web.HTTPException as refused:
            self._note(interface, at, None, refused.status, asked)
            raise
        finally:
            self.sim.quota.leave(lane)

    def _one_at_a_time(self, interface: str) -> bool:
        return self.sim.dialect is Dialect.V2022 and interface not in ACCOUNT

    async def _served(
        self,
        request: web.Request,
        interface: str,
        asked: Body,
        at: float,
        fault: Fault | None,
    ) -> web.StreamResponse:
        """Answer a call after the checks for early faults and parallel calls."""
        headers: dict[str, str] = {}
        try:
            self._admit(interface, asked, at, request, fault)
            body = self._body(interface, asked, at, fault)
            if interface == "login":
                headers[TOKEN] = self.sim.sessions.token or ""
        except Refused as refused:
            if refused.code == 305 and self.sim.lost_by_401:
                self._note(interface, at, None, 401, asked)
                return replies.page("<html><body>401</body></html>", 401)
            echo = self._echo(interface, asked)
            body = refuse(refused.code, refused.message, echo, at)
        if fault and fault.kind in IN_PLACE and body["failCode"] == 0:
            self._note(interface, at, None, 200, asked)
            stalls = fault.kind == FaultKind.STALL
            with self.sim.stalling() if stalls else nullcontext():
                return await replies.broken(fault, body, request, self.closing)
        self._note(interface, at, body["failCode"], 200, asked)
        response = web.json_response(body, headers=headers)
        if headers:
            response.set_cookie(TOKEN, headers[TOKEN], path="/", httponly=True)
        return response

    def _admit(
        self,
        interface: str,
        asked: Body,
        at: float,
        request: web.Request,
        fault: Fault | None,
    ) -> None:
        """Check session or access token, then the quota, in the real server's order."""
        sim = self.sim
        if fault and fault.kind == FaultKind.LOST:
            raise Refused(305)
        access, token = _bearer(request), request.headers.get(TOKEN)
        if access is not None:
            # Real servers are said not to take a token of each way together.
            if token is not None:
                raise Refused(305)
            self._admit_owner(interface, asked, access)
            return
        if interface not in ACCOUNT:
            sim.sessions.check(token)
        fleet = Fleet.of(sim.plants, sim.dialect, sim.all_types, sim.other_types)
        windows = limits(interface, sim.dialect, fleet, sim.quota.rules)
        if not sim.quota.admit(interface, windows, at):
            raise Refused(407)

    def _admit_owner(self, interface: str, asked: Body, access: str) -> None:
        """Check an owner's access token, its scope, and the owner's quota."""
        owner, is_control = self.sim.owner, "/" in interface
        if owner.scopes(access) is None:
            if owner.lost_as_305:
                raise Refused(305)
            raise web.HTTPUnauthorized
        owner.check(access, is_control)
        about = " ".join(str(asked.get(key)) for key in ("stationCodes", "devIds"))
        try:
            owner.admit(interface, about, is_control)
        except TooMany:
            after = owner.retry_after
            headers = {} if after is None else {"Retry-After": str(after)}
            raise web.HTTPTooManyRequests(headers=headers) from None

    def _body(
        self, interface: str, asked: Body, at: float, fault: Fault | None
    ) -> Body:
        """Return the answer to a call that was admitted, as far as it is permitted."""
        sim = self.sim
        if fault and fault.kind == FaultKind.CODE:
            raise Refused(fault.code)
        if interface in sim.denied:
            raise Refused(sim.denied[interface])
        if interface in WITHDRAWN[sim.dialect] - sim.kept:
            raise Refused(401)
        answer = self._answer(interface, asked, at)
        body = wrap(answer, self._echo(interface, asked), at)
        if sim.quirks and interface in NO_PARAMS:
            body["params"] = None
        return spoil(fault.kind, body) if fault else body

    def _answer(self, interface: str, asked: Body, at: float) -> Answer:
        sim = self.sim
        if interface == "login":
            name, secret = asked.get("userName"), asked.get("systemCode")
            sim.sessions.login(str(name), str(secret))
            greeting = "https://intl.fusionsolar.example" if sim.quirks else None
            return Answer(None, message=greeting)
        if interface == "logout":
            if asked.get("xsrfToken") == sim.sessions.token:
                sim.sessions.end()
            return Answer(None)
        answer_of = handler(interface, sim.dialect)
        assert answer_of is not None
        return answer_of(Asked(sim, asked, at))

    def _echo(self, interface: str, asked: Body) -> Body:
        """Return the parameters to echo; login and logout echo none, as secrets."""
        if interface in ACCOUNT:
            return {}
        if self.sim.quirks and "devTypeId" in asked:
            return asked | {"devTypeId": str(asked["devTypeId"])}
        return asked

    def _note(
        self, interface: str, at: float, code: int | None, status: int, asked: Body
    ) -> None:
        """Record and log a call; its secrets are masked."""
        secrets = {"systemCode", "xsrfToken"}
        payload = {key: "***" if key in secrets else asked[key] for key in asked}
        calls = self.sim.calls
        if len(calls) >= MOST_CALLS:
            del calls[: MOST_CALLS // 2]
        calls.append(Call(interface, at, code, status, payload))
        LOGGER.info("%s: HTTP %d, failCode %s", interface, status, code)


def _bearer(request: web.Request) -> str | None:
    """Return the access token of a request, None without one."""
    kind, _, access = request.headers.get("Authorization", "").partition(" ")
    return access if kind == "Bearer" else None


async def _parameters(request: web.Request) -> Body:
    """Return the request's JSON object; empty if the body is anything else."""
    try:
        sent: Any = json.loads(await request.text() or "{}")
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


@asynccontextmanager
async def serve(
    sim: Simulator,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: bool = False,
    prefix: str = "",
) -> AsyncGenerator[str]:
    """Serve a simulator over HTTP; yields the address, http://127.0.0.1:PORT.

    Port 0 is any free port. ``tls`` serves https with a self-signed certificate.
    ``prefix`` is the path of all interfaces, such as /solar, as a reverse proxy has it.
    """
    server = Server(sim)
    application = server.application()
    if prefix:
        application, inner = web.Application(), application
        application.add_subapp(prefix, inner)
    runner = web.AppRunner(
        application,
        handler_cancellation=True,
        access_log=None,
        shutdown_timeout=0.5,
    )
    await runner.setup()
    try:
        context = self_signed(host) if tls else None
        site = web.TCPSite(runner, host, port, ssl_context=context)
        await site.start()
        real_port = runner.addresses[0][1]
        name = f"[{host}]" if ":" in host else host
        with ignoring_rejected_handshakes() if tls else nullcontext():
            yield f"{'https' if tls else 'http'}://{name}:{real_port}{prefix}"
    finally:
        server.closing.set()
        await runner.cleanup()
