"""The battery and the feed-in, steered from a real browser; a real plant obeys."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from playwright.async_api import Page, ViewportSize, expect
import pytest

from demo.browser import logged_in_page
from demo.log import complaints
from demo.place import place_in
from demo.stage import Stage

from .waiting import until

SIZE: Final = ViewportSize(width=1400, height=1200)
PLANT: Final = "NE=33554785"
NAME: Final = "Sonnenhof"
FORCE: Final = "nbi/v2/control/charge-and-discharge/async-task"
LIMIT: Final = "nbi/v2/control/active-power-control/async-task"
# The controller obeys from its next five minutes on.
STEP: Final = timedelta(minutes=5)
# Milliseconds for a step of the page, seconds for a command with its two readings.
PATIENCE: Final = 60_000
COMMAND_SECONDS: Final = 420


@pytest.fixture
def dialect() -> str:
    """Return the server's generation; older ones cannot be steered."""
    return "2022"


async def state(running: Stage, entity: str) -> str:
    """Return the state of an entity of the plant; "none" where there is none."""
    states = await running.home_assistant.client.get("/api/states")
    found: dict[str, str] = {one["entity_id"]: one["state"] for one in states}
    return found.get(entity, "none")


async def sent(running: Stage, interface: str) -> dict[str, int]:
    """Return how often the server was asked, by fail code."""
    calls: dict[str, dict[str, int]] = (await running.simulator.state())["calls"]
    return calls.get(interface, {})


async def fed_in(running: Stage, start: datetime, end: datetime) -> float:
    """Return what the plant has really fed in between two instants, in kWh."""
    asked = {"plant": PLANT, "start": start.isoformat(), "end": end.isoformat()}
    truth: dict[str, Any] = await running.simulator.ask("GET", "truth", **asked)
    return float(truth["export"])


async def allow(page: Page, running: Stage) -> None:
    """Allow control: Settings > Devices & services > the gear."""
    # Options that are opened within a minute of the set-up begin with what is next.
    await page.wait_for_timeout(61_000)
    await page.goto(
        f"{running.home_assistant.address}/config/integrations/integration/smartpvms"
    )
    await page.get_by_role("button", name="Configure").click()
    await page.get_by_text("Let Home Assistant steer").click()
    await page.get_by_text("whoever allows control answers for it").wait_for()
    await page.locator("ha-switch").last.click()
    await page.get_by_role("button", name="Submit").click()
    await page.get_by_role("button", name="Finish").click()


async def open_dashboard(page: Page, running: Stage) -> None:
    """Open the plant's view, where control has a section."""
    await page.goto(f"{running.home_assistant.address}/huawei-fusionsolar/0")
    await page.get_by_role("link", name=NAME, exact=True).click()
    await page.get_by_text("Control", exact=True).wait_for()


async def charge(page: Page) -> None:
    """Charge with 3 kW for six minutes: two numbers, a button, and the question."""
    card = page.locator("smartpvms-forced-charge")
    await card.get_by_label("Power").fill("3000")
    await card.get_by_role("combobox").select_option("duration")
    await card.get_by_label("Duration", exact=True).fill("6")
    await card.get_by_role("button", name="Force charge").click()
    await expect(
        card.get_by_text("Force charge · 3,000\u00a0W · 6\u00a0min?")
    ).to_be_visible()
    await card.get_by_role("button", name="Cancel").click()
    await card.get_by_role("button", name="Force charge").click()
    await card.get_by_role("button", name="OK").click()


@pytest.mark.timeout(1800)
async def test_a_person_steers_battery_and_feed_in(running: Stage) -> None:
    client, errors = running.home_assistant.client, list[str]()
    last = f"sensor.{NAME.lower()}_last_command"
    control = f"select.{NAME.lower()}_feed_in_control"

    async def has(entity: str, wanted: str) -> bool:
        return await state(running, entity) == wanted

    async with logged_in_page(client, "light", SIZE, scale=1) as page:
        page.on("pageerror", lambda error: errors.append(error.message))
        await allow(page, running)
        await until(lambda: has(control, "no_limit"), COMMAND_SECONDS)

        await client.command(
            "lovelace/dashboards/create",
            url_path="huawei-fusionsolar",
            title="Huawei FusionSolar",
            mode="storage",
        )
        await client.command(
            "lovelace/config/save",
            url_path="huawei-fusionsolar",
            config={"strategy": {"type": "custom:smartpvms"}},
        )
        begun = datetime.now(UTC)
        await client.post(
            "/api/services/number/set_value",
            {"entity_id": f"number.{NAME.lower()}_feed_in_limit", "value": 0},
        )
        await until(lambda: has(control, "zero_export"), COMMAND_SECONDS)
        assert await has(last, "succeeded")
        obeys = datetime.now(UTC) + STEP
        assert await fed_in(running, begun - timedelta(hours=1), begun) > 0

        await open_dashboard(page, running)
        await charge(page)
        await until(lambda: has(last, "running"), COMMAND_SECONDS)
    assert errors == []

    await running.home_assistant.restart(place_in(running.place.time_zone))
    await until(lambda: has(last, "succeeded"), 900)
    assert await sent(running, FORCE) == {"0": 1}
    assert await sent(running, LIMIT) == {"0": 1}

    await until(lambda: _is_past(obeys + STEP), 900)
    assert await fed_in(running, obeys, datetime.now(UTC)) == 0
    calls: dict[str, dict[str, int]] = (await running.simulator.state())["calls"]
    assert not any("407" in codes for codes in calls.values())
    assert list(complaints(running.home_assistant.log)) == []


async def _is_past(instant: datetime) -> bool:
    return datetime.now(UTC) > instant
