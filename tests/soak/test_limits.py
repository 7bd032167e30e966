"""A day of all that an account is asked for costs no refusal.

The simulator counts one call a minute of most interfaces beside their daily windows.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartpvms.account.clock import async_delay
from custom_components.smartpvms.actions import budget
from custom_components.smartpvms.const import DOMAIN
from simulator import Dialect, Simulator, fleet
from tests.conftest import make_entry, write_no_rows

from .machine import Machine
from .schedule import HOUR

pytestmark = pytest.mark.lives

MANY: Final = 101


@pytest.fixture
def plants() -> int:
    """Return how many plants the account has; a test may parametrise it."""
    return 1


@pytest.fixture
def connected() -> date:
    """Return when the plants began; what is long played has more history."""
    return date(2026, 6, 10)


@pytest.fixture
async def sim(now: str, dialect: Dialect, plants: int, connected: date) -> Simulator:
    """Return the simulator with a house, or with more plants than a call takes."""
    houses = [fleet.residential()] if plants == 1 else fleet.many(plants, 1)
    houses = [
        replace(house, site=replace(house.site, connected=connected))
        for house in houses
    ]
    sim = Simulator(houses, dialect)
    assert sim.quota.rules.one_a_minute
    return sim


@pytest.fixture
async def entry(hass: HomeAssistant, url: str, plants: int) -> MockConfigEntry:
    """Return an entry; that of many plants is spared what takes long to play.

    It has no enabled entities, and less history; its lanes are as busy.
    """
    entry = make_entry(url, **({"history_days": 1} if plants > 1 else {}))
    entry.add_to_hass(hass)
    # The plants' own, which has not to be found.
    await hass.config.async_set_time_zone("Europe/Berlin")
    hass.config_entries.async_update_entry(entry, pref_disable_new_entities=plants > 1)
    return entry


@dataclass(frozen=True, slots=True)
class Step:
    """What is done in a day: an action, or something to Home Assistant.

    `at`: when, as a share of the time that is played; `days`: before now, where
    the action's period begins.
    """

    at: float
    name: str
    days: float | None = None
    fields: Mapping[str, Any] | None = None


RELOAD: Final = "reload"
RESTART: Final = "restart"
REFRESH: Final = "refresh"

STEPS: Final = (
    Step(0.10, "get_alarms", 6),
    Step(0.15, "get_plant_history", 3, {"period": "hour"}),
    Step(0.20, "get_plant_history", 40, {"period": "day"}),
    Step(0.25, RELOAD),
    Step(0.30, "import_history", 5),
    Step(0.40, REFRESH),
    Step(0.50, "get_alarms", 6),
    # In the middle of what the import asks.
    Step(0.501, RESTART),
    Step(0.60, "get_plant_history", 3, {"period": "hour"}),
    Step(0.60, "get_alarms", 6),
    Step(0.605, RELOAD),
    Step(0.70, REFRESH),
    Step(0.701, REFRESH),
    Step(0.80, "get_alarms", 6),
)
# Takes its turns for minutes, which is long to play.
ALL_STEPS: Final = (Step(0.05, "get_alarms", 30), *STEPS)


class Life:
    """An account, and those who use it."""

    def __init__(self, hass: HomeAssistant, machine: Machine) -> None:
        """Use what is set up."""
        self._hass, self._machine = hass, machine
        self._running: list[asyncio.Task[None]] = []
        self.answered: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    async def live(self, seconds: float, steps: Sequence[Step]) -> None:
        """Let time pass, and everything be done at its time."""
        passed = 0.0
        for step in steps:
            await self._machine.play(step.at * seconds - passed)
            passed = step.at * seconds
            await self._do(step)
        await self._machine.play(seconds - passed)
        await asyncio.gather(*self._running)

    async def _do(self, step: Step) -> None:
        match step.name:
            case "reload":
                await self._machine.reload()
            case "restart":
                await self._machine.restart(off=10)
            case "refresh":
                await self._machine.entry.runtime_data.async_refresh()
            case _:
                # Automations do not wait for each other.
                self._running.append(asyncio.create_task(self._act(step)))

    async def _act(self, step: Step) -> None:
        """Call an action for a plant; it may be refused before its first call."""
        fields: dict[str, Any] = {"device_id": self._plant(), **(step.fields or {})}
        if step.days is not None:
            fields["start"] = dt_util.utcnow() - timedelta(days=step.days)
        try:
            await self._hass.services.async_call(
                DOMAIN, step.name, fields, blocking=True, return_response=True
            )
        except HomeAssistantError as error:
            self.refused[f"{step.name}: {error.translation_key}"] += 1
        else:
            self.answered[step.name] += 1

    def _plant(self) -> str:
        """Return the last plant, whose rows come with the last batch."""
        code = self._machine.sim.plants[-1].code
        device = dr.async_get(self._hass).async_get_device_by_identifier(
            (DOMAIN, code), self._machine.entry.entry_id
        )
        assert device
        return device.id


def _let_time_pass(sim: Simulator) -> Callable[..., Awaitable[None]]:
    """Return what waits as an action does, and says that time has to pass for it."""

    async def delay(hass: HomeAssistant, seconds: float) -> None:
        with sim.stalling():
            await async_delay(hass, seconds)

    return delay


@pytest.fixture
async def life(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    sim: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    plants: int,
) -> Life:
    """Set the account up; the plants' second page waits its minute."""
    monkeypatch.setattr(budget, "async_delay", _let_time_pass(sim))
    if plants > 1:
        write_no_rows(monkeypatch)
    machine = Machine(hass, freezer, sim, entry, (), monkeypatch)
    await hass.config_entries.async_setup(entry.entry_id)
    await machine.play(90)
    assert entry.state is ConfigEntryState.LOADED
    return Life(hass, machine)


def _assert_in_limits(sim: Simulator, life: Life) -> None:
    """Assert that nothing was refused, and that the account was used."""
    assert not sim.quota.refused
    assert sim.count(fail_code=407) == 0
    # Others may have to be asked again later, which they say before their first call.
    for action in ("get_plant_history", "import_history"):
        assert life.answered[action], life.refused
    assert sim.count("getAlarmList") > 1
    assert sim.count("getKpiStationHour") > 2
    assert sim.count("login") <= 2


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("dialect", "plants"),
    [
        (Dialect.V2022, 1),
        (Dialect.V2020, 1),
        pytest.param(Dialect.V2022, MANY, marks=pytest.mark.slow),
    ],
)
async def test_an_hour_without_a_refusal(sim: Simulator, life: Life) -> None:
    await life.live(HOUR, STEPS)
    _assert_in_limits(sim, life)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize(
    ("plants", "connected"), [(1, date(2026, 3, 20)), (MANY, date(2026, 5, 20))]
)
async def test_a_day_without_a_refusal(sim: Simulator, life: Life) -> None:
    await life.live(24 * HOUR, ALL_STEPS)
    _assert_in_limits(sim, life)
    assert life.answered["get_alarms"] > 1, life.refused
