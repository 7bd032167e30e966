"""HTTP responses instead of an answer: pages, broken and endless bodies."""

import asyncio
import json
from typing import Any

from aiohttp import web

from .faults import Fault, FaultKind

PORTAL = """<!DOCTYPE html><html><head><title>FusionSolar</title></head>
<body><div id="app">Please log in to the portal.</div></body></html>"""
NOT_FOUND = "<html><head><title>404 Not Found</title></head><body>404</body></html>"
ELSEWHERE = "https://portal.example.invalid/unisso/login.action"
EXCEPTION = {
    "exceptionId": "framwork.remote.Paramerror",
    "exceptionType": "ROA_EXFRAME_EXCEPTION",
    "descArgs": None,
    "reasonArgs": ["pageSize must be greater than or equal to 50"],
    "detailArgs": None,
}
"""Error object of the framework, as getStationList without pageSize was answered."""
CHUNK = b" " * 65536


def page(text: str, status: int = 200, retry_after: int | None = None) -> web.Response:
    """Return an HTML page; ``retry_after``: its header in seconds."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.Response(
        text=text, status=status, content_type="text/html", headers=headers
    )


def early(fault: Fault, request: web.Request) -> web.StreamResponse:
    """Return the response of a call that does not reach the interface."""
    match fault.kind:
        case FaultKind.HTML:
            return page(PORTAL)
        case FaultKind.REDIRECT:
            return web.Response(status=302, headers={"Location": ELSEWHERE})
        case FaultKind.REFUSE:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        case FaultKind.EXCEPTION:
            return web.json_response(EXCEPTION, status=fault.status)
    text = f"<html><body>{fault.status}</body></html>"
    return page(text, fault.status, fault.retry_after)


async def broken(
    fault: Fault, body: dict[str, Any], request: web.Request, closing: asyncio.Event
) -> web.StreamResponse:
    """Return a good answer damaged in transport: cut, empty, endless or never sent."""
    text = json.dumps(body).encode()
    half = text[: len(text) // 2]
    match fault.kind:
        case FaultKind.EMPTY:
            return web.Response(body=b"", content_type="application/json")
        case FaultKind.HALF:
            return web.Response(body=half, content_type="application/json")
        case FaultKind.STALL:
            await closing.wait()
            return web.Response(status=503)
        case FaultKind.HUGE:
            return await _endless(request, closing)
    response = web.StreamResponse()
    response.content_type = "application/json"
    response.content_length = len(text)
    await response.prepare(request)
    await response.write(half)
    if request.transport is not None:
        request.transport.close()
    return response


async def _endless(request: web.Request, closing: asyncio.Event) -> web.StreamResponse:
    """Send an endless body until the client disconnects or the server closes."""
    response = web.StreamResponse()
    response.content_type = "application/json"
    await response.prepare(request)
    await response.write(b'{"success": true, "failCode": 0, "data": [')
    while not closing.is_set():
        await response.write(CHUNK)
        await asyncio.sleep(0)
    return response
