"""The pages of OAuth 2.0: where an owner agrees, and where tokens are fetched."""

from html import escape

from aiohttp import web
from yarl import URL

from . import replies
from .faults import EARLY
from .owner import LONGEST_STATE, SCOPES, Denied
from .simulator import Simulator

BASE = "/rest/dp/uidm/oauth2/v1"

FORM = """<!DOCTYPE html><html lang="en"><head><title>FusionSolar</title></head><body>
<h1>{client} asks for access to your plants</h1><p role="alert">{problem}</p>
<form method="post">
<p><label>Account <input name="username" autocomplete="username"></label></p>
<p><label>Password <input name="password" type="password"></label></p>
{scopes}
<p><button name="answer" value="agree">Agree</button>
<button name="answer" value="refuse">Refuse</button></p>
</form></body></html>"""

SCOPE = """<p><label><input type="checkbox" name="scope" value="{name}" checked>
{name}</label></p>"""


def add_routes(app: web.Application, sim: Simulator) -> None:
    """Add the pages below the path of real servers."""

    async def authorise(request: web.Request) -> web.StreamResponse:
        return await _authorise(sim, request)

    async def token(request: web.Request) -> web.StreamResponse:
        return await _token(sim, request)

    app.router.add_get(f"{BASE}/authorize", authorise)
    app.router.add_post(f"{BASE}/authorize", authorise)
    app.router.add_post(f"{BASE}/token", token)


async def _authorise(sim: Simulator, request: web.Request) -> web.StreamResponse:
    """Show the form, or go back to the client with a code or an error."""
    query = request.query
    redirect_uri = query.get("redirect_uri", "")
    is_known = sim.owner.knows(query.get("client_id", ""), redirect_uri)
    if not is_known or query.get("response_type") != "code":
        return replies.page("<html><body>invalid_request</body></html>", 400)
    asked = [one for one in query.get("scope", "").split() if one in SCOPES]
    problem = ""
    if request.method == "POST":
        sent = await request.post()
        if sent.get("answer") != "agree":
            return _back(request, error="access_denied")
        name, secret = str(sent.get("username")), str(sent.get("password"))
        chosen = [str(one) for one in sent.getall("scope", []) if one in asked]
        if code := sim.owner.consent(name, secret, redirect_uri, chosen):
            return _back(request, code=code)
        problem = "The account or the password is wrong."
    boxes = "".join(SCOPE.format(name=escape(one)) for one in asked)
    client = escape(query["client_id"])
    return replies.page(FORM.format(client=client, problem=problem, scopes=boxes))


def _back(request: web.Request, **answer: str) -> web.Response:
    """Go back to the client; a long state is cut."""
    state = request.query.get("state", "")[:LONGEST_STATE]
    query = {**answer, "state": state} if state else answer
    url = URL(request.query["redirect_uri"]).update_query(query)
    return web.Response(status=302, headers={"Location": str(url)})


async def _token(sim: Simulator, request: web.Request) -> web.StreamResponse:
    """Turn a code or a refresh token into an access token."""
    fault = sim.faults.strike("token")
    if fault and fault.kind in EARLY:
        return replies.early(fault, request)
    sent = await request.post()
    asked = {key: value for key, value in sent.items() if isinstance(value, str)}
    try:
        answer = sim.owner.exchange(asked)
    except Denied as denied:
        status = 200 if sim.owner.denies_as_200 else denied.status
        return web.json_response({"error": denied.error}, status=status)
    return web.json_response(answer)
