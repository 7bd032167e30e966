"""The card of the power flow in a browser, without a Home Assistant around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
import json
from pathlib import Path
from typing import Any, Final, Literal

from playwright.async_api import Page, Route, async_playwright
import pytest

from demo.browser import ARGUMENTS, chromium
from demo.configuration import ROOT

MODULES: Final = ROOT / "custom_components/smartpvms/dashboard/browser"
REGISTRY: Final = json.loads((ROOT / "tests/dashboard/registry.json").read_text())
# script/setup puts it there.
AXE: Final = ROOT / ".environment/axe/node_modules/axe-core/axe.min.js"
SITE: Final = "http://card.test"
PAGE: Final = """<!doctype html><html lang="en"><head><title>Card</title><style>
body { font-family: sans-serif; background: #fafafa; }
body.dark { background: #111; --card-background-color: #1c1c1c;
  --primary-text-color: #e1e1e1; --secondary-text-color: #9b9b9b; }
ha-card { display: block; background: var(--card-background-color, #fff); }
</style></head><body><main></main><script type="module" src="/page.js"></script></body></html>
"""
FEEDING: Final = {
    "pv_power": 3.394,
    "grid_power": -2.934,
    "house_consumption": 0.46,
    "battery_power": 0,
}
EVENING: Final = {
    "pv_power": 0,
    "grid_power": 0.05,
    "house_consumption": 0.42,
    "battery_power": 0.37,
}
SILENT: Final = dict.fromkeys(FEEDING, "unavailable")
ISSUE: Final = {
    "domain": "smartpvms",
    "issue_id": "entry_no_consent",
    "translation_key": "no_consent",
}
STATES: Final[tuple[dict[str, Any], ...]] = (
    {"powers": FEEDING, "soc": 78},
    {"powers": EVENING, "soc": 36, "night": True, "age": 13},
    {"powers": FEEDING, "soc": 78, "age": 40, "config": {"title": "Roof"}},
    {"powers": SILENT, "age": 1500, "issues": [ISSUE]},
    {"powers": FEEDING, "soc": 78, "width": 200},
    {"powers": FEEDING, "config": {"sky": False}},
    {"powers": FEEDING, "config": {"plant": "gone"}},
)
REST: Final = 0.2


async def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(SITE)
    if path == "/":
        await route.fulfill(body=PAGE, content_type="text/html")
        return
    file = MODULES / path.removeprefix("/modules/")
    if path == "/page.js":
        file = Path(__file__).with_name("card_page.js")
    if not file.is_file():
        await route.fulfill(status=404)
        return
    kinds = {".js": "text/javascript", ".json": "application/json"}
    await route.fulfill(path=file, content_type=kinds[file.suffix])


@asynccontextmanager
async def _page(
    reduced_motion: Literal["reduce", "no-preference"] = "reduce",
) -> AsyncIterator[Page]:
    errors: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=ARGUMENTS
        )
        page = await browser.new_page(reduced_motion=reduced_motion)
        page.on("pageerror", lambda error: errors.append(error.message))
        await page.route(f"{SITE}/**", _serve)
        await page.goto(f"{SITE}/")
        await page.wait_for_function("window.show !== undefined")
        yield page
        await browser.close()
    assert errors == []


async def _show(
    page: Page,
    *states: dict[str, Any],
    language: str = "en",
    dark: bool = False,
) -> None:
    looks = {"language": language, "dark": dark}
    await page.evaluate(
        "([registry, states]) => show(registry, states)",
        [REGISTRY, [{**state, **looks} for state in states]],
    )
    await page.wait_for_function("cards.every(({shadowRoot}) => shadowRoot)")


@pytest.mark.timeout(120)
async def test_nothing_is_inaccessible_in_any_state() -> None:
    async with _page() as page:
        await page.evaluate(AXE.read_text())
        for language, dark in product(("en", "de", "ja"), (False, True)):
            await _show(page, *STATES, language=language, dark=dark)
            found = await page.evaluate(
                "axe.run('main').then(({violations}) => violations.map("
                "({id, nodes}) => `${id}: ${nodes[0].failureSummary}`))"
            )
            assert found == []
            # No word is cut, and none is beside its place.
            wide = await page.evaluate(
                "cards.flatMap(({shadowRoot}) => [...shadowRoot.querySelectorAll("
                "'.node span')]).filter((part) => part.scrollWidth > part.offsetWidth + 1)"
                ".map((part) => part.textContent)"
            )
            assert wide == []


async def test_the_picture_says_what_it_shows() -> None:
    async with _page() as page:
        await _show(page, *STATES)
        day, night, _, silent, *_, gone = await page.evaluate("texts()")
    assert day["said"].replace("\u00a0", " ") == (
        "Sonnenhof: the roof gives 3.39 kW, 2.93 kW go to the grid, "
        "the house uses 0.46 kW, Battery 78%"
    )
    assert day["shown"] == [
        "Solar 3.39 kW of 10.6 kWp",
        "Battery 78% 0 kW",
        "House 0.46 kW",
        "Grid 2.93 kW feeding in",
        "1 minute ago",
    ]
    assert night["shown"][-1] == "13 minutes ago"
    assert silent["shown"][0].startswith("The title of no_consent No data")
    assert silent["shown"][1:] == ["Solar –", "Battery –", "House –", "Grid –"]
    assert silent["link"] == "/config/repairs"
    assert gone["shown"] == ["Choose a plant"]


async def test_only_what_changed_is_written() -> None:
    async with _page() as page:
        await _show(page, STATES[0])
        change = "([id, state]) => change(id, state)"
        assert await page.evaluate(change, ["sensor.elsewhere", "1"]) == 0
        grid = "sensor.sonnenhof_grid_power"
        # The number, and the sentence.
        assert await page.evaluate(change, [grid, "-2.8"]) == 2
        # The same as before, to three digits.
        assert await page.evaluate(change, [grid, "-2.8004"]) == 0


async def test_a_moving_hundred_costs_the_page_nothing() -> None:
    """Arrows are moved by the compositor: no script, style or layout while they run."""
    async with _page("no-preference") as page:
        await _show(page, *[STATES[0]] * 100)
        assert await page.evaluate("cards[0].shadowRoot.getAnimations().length") >= 2
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")

        async def busy() -> float:
            metrics = (await session.send("Performance.getMetrics"))["metrics"]
            found = {metric["name"]: metric["value"] for metric in metrics}
            return float(found["TaskDuration"])

        await page.wait_for_timeout(1000)
        before = await busy()
        await page.wait_for_timeout(2000)
        assert await busy() - before < REST


async def test_arrows_rest_where_motion_is_reduced() -> None:
    async with _page() as page:
        await _show(page, STATES[0])
        assert await page.evaluate("cards[0].shadowRoot.getAnimations().length") == 0
        arrows = "getComputedStyle(cards[0].shadowRoot.querySelector('.grid .train'))"
        assert await page.evaluate(f"{arrows}.display") == "block"
