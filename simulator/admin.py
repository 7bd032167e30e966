"""Control of a running simulator over HTTP, under /simulator/.

GET    /simulator/state    clock, plants, sessions, calls by interface and fail code
GET    /simulator/truth    ?plant=code&start=ISO&end=ISO: energies (kWh) and revenue of
                           a plant between two instants, without lag or quirks
POST   /simulator/faults   {"kind": "cut", "interface": "getDevList", "times": 2, ...}
DELETE /simulator/faults   disarm all faults
POST   /simulator/clock    {"set": "2026-06-21T12:00:00+02:00"} or {"advance": 3600}
POST   /simulator/alarms   {"do": "raise", "plant": code, "device": id, "alarm": 2032,
                           "level": 2, "name": "..."}, {"do": "acknowledge", "number":
                           n} or {"do": "clear", "number": n, "status": 6}
POST   /simulator/evict    end the session, as a login elsewhere does
POST   /simulator/password {"set": "..."}: the account's password from now on; ends
                           the session
POST   /simulator/owner    {"do": "expire"}: end the owner's access tokens, "revoke":
                           withdraw the consent
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from .faults import Fault
from .simulator import Simulator

type Sent = dict[str, Any]


def add_routes(app: web.Application, sim: Simulator) -> None:
    """Add the routes of /simulator/; wrong input is answered by HTTP 400."""

    def acting(
        act: Callable[[Simulator, Sent], Sent],
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                has_body = request.can_read_body
                sent = await request.json() if has_body else dict(request.query)
                return web.json_response(act(sim, sent))
            except (ValueError, KeyError, TypeError, StopIteration) as error:
                problem = f"{type(error).__name__}: {error}"
                return web.json_response({"error": problem}, status=400)

        return handle

    async def get_state(request: web.Request) -> web.Response:
        return web.json_response(state(sim))

    async def clear_faults(request: web.Request) -> web.Response:
        sim.faults.clear()
        return web.json_response(state(sim))

    app.router.add_get("/simulator/state", get_state)
    app.router.add_get("/simulator/truth", acting(truth))
    app.router.add_delete("/simulator/faults", clear_faults)
    app.router.add_post("/simulator/faults", acting(add_fault))
    app.router.add_post("/simulator/clock", acting(set_clock))
    app.router.add_post("/simulator/alarms", acting(handle_alarm))
    app.router.add_post("/simulator/evict", acting(evict))
    app.router.add_post("/simulator/password", acting(change_password))
    app.router.add_post("/simulator/owner", acting(change_consent))


def state(sim: Simulator) -> Sent:
    """Return clock, plants, calls by interface and fail code, session and faults.

    ``offset``: seconds between the simulated and the real time.
    """
    calls: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for call in sim.calls:
        key = "none" if call.fail_code is None else str(call.fail_code)
        calls[call.interface][key] += 1
    now = sim.clock.at()
    return {
        "clock": now.isoformat(),
        "offset": sim.clock.offset.total_seconds(),
        "dialect": sim.dialect.value,
        "plants": {plant.code: len(plant.devices) for plant in sim.plants},
        "calls": calls,
        "sessions": {
            "logins": sim.sessions.logins,
            "active": sim.sessions.token is not None
            and sim.sessions.expires > now.timestamp(),
        },
        "faults": [
            {"kind": fault.kind, "interface": fault.interface, "times": fault.times}
            for fault in sim.faults
        ],
    }


def add_fault(sim: Simulator, sent: Sent) -> Sent:
    """Arm a fault; the fields are those of :class:`Fault`."""
    sim.faults.add(Fault(**sent))
    return state(sim)


def set_clock(sim: Simulator, sent: Sent) -> Sent:
    """Set the clock to a time, or move it by seconds."""
    if "set" in sent:
        sim.clock.set(_moment(sent["set"]))
    if "advance" in sent:
        sim.clock.advance(timedelta(seconds=sent["advance"]))
    return state(sim)


def truth(sim: Simulator, sent: Sent) -> Sent:
    """Return the true energies (kWh) and revenue of a plant between two instants."""
    start, end = _moment(sent["start"]), _moment(sent["end"])
    return asdict(sim.truth(sent["plant"]).energy(start, end))


def handle_alarm(sim: Simulator, sent: Sent) -> Sent:
    """Raise, acknowledge or clear an alarm."""
    match sent["do"]:
        case "raise":
            alarm = sim.alarms.raise_(
                sent["plant"],
                sent.get("device"),
                alarm_id=sent.get("alarm", 2032),
                level=sent.get("level"),
                name=sent.get("name"),
            )
        case "acknowledge":
            alarm = sim.alarms.find(sent["number"])
            sim.alarms.acknowledge(alarm)
        case "clear":
            alarm = sim.alarms.find(sent["number"])
            sim.alarms.clear(alarm, sent.get("status", 6))
        case unknown:
            raise ValueError(f"cannot {unknown} an alarm")
    return {"number": alarm.number, **alarm.entry(sim.clock.now(), "en_UK")}


def evict(sim: Simulator, sent: Sent) -> Sent:
    """End the session, as a login elsewhere does."""
    sim.evict()
    return state(sim)


def change_password(sim: Simulator, sent: Sent) -> Sent:
    """Set the account's password and end the session."""
    if not isinstance(sent["set"], str):
        raise TypeError("the password must be a string")
    sim.sessions.password = sent["set"]
    sim.evict()
    return state(sim)


def change_consent(sim: Simulator, sent: Sent) -> Sent:
    """End the owner's access tokens, or all that was agreed to."""
    match sent["do"]:
        case "expire":
            sim.owner.expire()
        case "revoke":
            sim.owner.revoke()
        case unknown:
            raise ValueError(f"cannot {unknown} a consent")
    return state(sim)


def _moment(text: str) -> datetime:
    """Parse an ISO time; without an offset it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
