"""Sends commands, follows them, and reads how the plants are set."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, TypedDict, override

from homeassistant.core import HomeAssistant, callback
import voluptuous as vol

from ..account.account import Account
from ..catalogue import DEVICE_TYPES, Role
from ..const import DOMAIN
from ..coordinator import EARLY, SOON, AccountCoordinator, calling, fresh_since
from ..local_time import DAY, HOUR, MINUTE
from ..northbound import Interface, NorthboundError
from ..northbound.control import ControlClient
from ..northbound.errors import (
    ConsentMissingError,
    ControlError,
    NotNorthboundError,
    NotYetError,
    ResourceForbiddenError,
    may_be_taken,
)
from ..northbound.tasks import ExportControl, OperationMode, Setting, Status
from ..storage.store import KeptStore
from .commands import (
    FOLLOWED_EVERY,
    NEVER_ENDED,
    NO_ANSWER,
    Command,
    Kind,
    pruned,
    restored,
)
from .plants import PlantSettings
from .reasons import known_reason, reason_text

STORE_VERSION: Final = 1
READ_EVERY: Final = HOUR
AFTER_FAILURE: Final = 5 * MINUTE
# What somebody has to change before the plant can be read.
REFUSED: Final = (
    ControlError,
    ConsentMissingError,
    ResourceForbiddenError,
    NotNorthboundError,
)
NOT_SERVED: Final = 404
_BATTERIES: Final = frozenset({Role.DC_BATTERY, Role.AC_STORAGE})

type _Read = Callable[[ControlClient, str], Awaitable[ExportControl | OperationMode]]

READINGS: Final[Mapping[Interface, _Read]] = {
    Interface.EXPORT_CONTROL: ControlClient.export_control,
    Interface.BATTERY_MODE_READ: ControlClient.battery_mode,
}
"""What reads how a plant is set."""

type Settings = dict[str, PlantSettings]


class _Saved(TypedDict):
    """What is kept: the last commands, and how the plants (by code) are set."""

    commands: list[Command]
    plants: Settings


_SCHEMA: Final = vol.Schema(
    {
        vol.Required("commands"): [Command.load],
        vol.Required("plants"): {str: PlantSettings.load},
    },
    extra=vol.REMOVE_EXTRA,
)


def store_of(hass: HomeAssistant, entry_id: str) -> KeptStore[_Saved]:
    """Return the file that keeps an entry's commands and settings."""
    return KeptStore(hass, STORE_VERSION, f"{DOMAIN}.{entry_id}.control", _SCHEMA)


class RunningError(Exception):
    """A command of the same kind still runs at a plant (code)."""


class ControlCoordinator(AccountCoordinator[Settings]):
    """How the plants are set, and the commands that set them.

    Nothing is asked where the user has not allowed control. Each of the two readings
    is asked plant by plant, once an hour and after each command.
    """

    def __init__(self, account: Account) -> None:
        """Start without commands; nothing is asked before it has listeners."""
        # Another choice reloads the entry.
        first = SOON if account.options.control else None
        super().__init__(account, "control", first)
        self.data = {}
        self.commands: list[Command] = []
        self.client = ControlClient(account.client.session)
        self._store = store_of(account.hass, account.entry.entry_id)
        self._sending = asyncio.Lock()

    @property
    def is_allowed(self) -> bool:
        """Tell whether the user has allowed control, and so has the owner."""
        return self.account.options.control and self.account.grants_control

    async def async_restore(self) -> None:
        """Restore what was saved; no command is sent."""
        if (saved := await self._store.async_load_sound()) is None:
            return
        now = self.account.clock.now()
        self.commands = restored(saved["commands"], now)
        self.data = saved["plants"]
        for settings in self.data.values():
            # A clock that was far ahead puts no reading off, and makes none fresh.
            settings.due_at = {
                key: min(at, now + DAY) for key, at in settings.due_at.items()
            }
            settings.read_at = {
                key: min(at, now) for key, at in settings.read_at.items()
            }

    async def async_save(self) -> None:
        """Write commands and settings."""
        await self._store.async_save(
            {
                "commands": [command.dump() for command in self.commands],
                "plants": {code: one.dump() for code, one in self.data.items()},
            }
        )

    async def async_close(self) -> None:
        """Write for the last time, after a command that is on its way."""
        async with self._sending:
            if self.data or self.commands:
                await self.async_save()

    def has_battery(self, plant: str) -> bool:
        """Tell whether a plant has a battery."""
        return any(
            (kind := DEVICE_TYPES.get(device.type_id)) and kind.role in _BATTERIES
            for device in self.account.devices_of(plant)
        )

    def settings(self, plant: str) -> PlantSettings:
        """Return what is known of a plant."""
        return self.data.get(plant) or PlantSettings()

    def last_command(self, plant: str) -> Command | None:
        """Return the last command to a plant."""
        known = (one for one in reversed(self.commands) if plant in one.outcomes)
        return next(known, None)

    def forced_charge(self, plant: str) -> Command | None:
        """Return the forced charge or discharge that runs at a plant."""
        charges = (
            one
            for one in reversed(self.commands)
            if one.kind is Kind.FORCED_CHARGE and not one.is_stop and one.runs_at(plant)
        )
        return next(charges, None)

    def is_fresh(self, plant: str, interface: Interface) -> bool:
        """Tell whether a plant was read in the last three rounds."""
        read_at = self.settings(plant).read_at.get(interface)
        if read_at is None:
            return False
        cycle = max(READ_EVERY, MINUTE * len(self.account.plants))
        return read_at >= fresh_since(self.account.clock.now(), cycle)

    def running(self, kind: Kind, plants: Iterable[str]) -> list[str]:
        """Return the plants at which a command of a kind still runs."""
        return [
            code
            for code in plants
            if any(one.kind is kind and one.runs_at(code) for one in self.commands)
        ]

    @callback
    def ask_again(self) -> None:
        """Read all plants again, also those that were refused."""
        if not self.is_allowed:
            return
        for settings in self.data.values():
            settings.due_at.clear()
        self._reschedule()

    async def async_send(self, settings: Mapping[str, Setting]) -> Command:
        """Send a command once, settings of one kind by plant code.

        Returns what came of it so far. Raises RunningError, NotYetError where nothing
        was sent, and any other NorthboundError after the command was noted as failed.
        """
        async with self._sending:
            command = Command.of(settings, self.account.clock.now())
            if self.account.is_closed:
                # Another coordinator has the file by now.
                raise NotYetError(command.setting.deliver, command.sent_at)
            if not command.is_stop and self.running(command.kind, settings):
                raise RunningError
            self.commands = [*pruned(self.commands), command]
            # On disk before it leaves: whatever happens, it is not sent again.
            await self.async_save()
            try:
                await self._async_deliver(command, settings)
            finally:
                await self.async_save()
                self.async_update_listeners()
                self._reschedule()
        return command

    async def _async_deliver(
        self, command: Command, settings: Mapping[str, Setting]
    ) -> None:
        now = self.account.clock.now
        try:
            delivery = await self.client.deliver(settings)
        except NotYetError:
            self.commands.remove(command)
            raise
        except asyncio.CancelledError:
            self._ended(command, command.fail(NO_ANSWER, now()))
            raise
        except NorthboundError as error:
            is_unclear = may_be_taken(error, command.setting.deliver)
            reason = NO_ANSWER if is_unclear else str(error.code or NO_ANSWER)
            self._ended(command, command.fail(reason, now()))
            raise
        finally:
            self.account.issues.review()
        command.task = delivery.task
        self._ended(command, command.apply(delivery.outcomes, now()))

    @callback
    def _ended(self, command: Command, plants: Iterable[str]) -> None:
        """Enter what a command has set at plants, and read them again."""
        now = self.account.clock.now()
        for code in plants:
            settings = self.data.setdefault(code, PlantSettings())
            if command.outcomes[code].status is Status.SUCCEEDED:
                if command.kind is Kind.BATTERY_LIMITS:
                    asked = command.asked(code).items()
                    settings.bounds |= {key: float(value) for key, value in asked}
                elif limit := command.asked(code).get("kilowatts"):
                    settings.last_limit = limit
            for interface in READINGS:
                settings.due_at[interface] = now

    def diagnostics(self, name: Callable[[str], str]) -> dict[str, Any]:
        """Return commands and settings; `name` gives a plant's pseudonym."""
        now, plants = self.account.clock.now(), self.account.plants
        return {
            "commands": [
                {
                    "kind": command.kind,
                    "has_task": command.task is not None,
                    "sent_ago": round(now - command.sent_at),
                    "plants": {
                        name(code): [one.status, known_reason(one.reason)]
                        for code, one in command.outcomes.items()
                        if code in plants
                    },
                }
                for command in self.commands
            ],
            "plants": {
                name(code): one.dump()
                for code, one in self.data.items()
                if code in plants
            },
        }

    @override
    async def _async_update_data(self) -> Settings:
        try:
            if self.is_allowed:
                await self._async_ask_what_is_due()
        finally:
            self._schedule()
        return self.data

    async def _async_ask_what_is_due(self) -> None:
        """Make the calls that are due; one that fails does not stop the others."""
        try:
            await self._async_follow()
        finally:
            try:
                await self._async_read(Interface.EXPORT_CONTROL)
            finally:
                await self._async_read(Interface.BATTERY_MODE_READ)

    async def _async_follow(self) -> None:
        """Ask what came of the commands that are due, as far as the lanes allow."""
        now = self.account.clock.now()
        due = sorted(
            (one for one in self.commands if one.is_running and one.task),
            key=lambda one: one.followed_at,
        )
        for command in due:
            interface = command.setting.follow
            if command.is_overdue(now):
                self._ended(command, command.fail(NEVER_ENDED, now))
                await self.async_save()
            elif now >= command.followed_at + FOLLOWED_EVERY and not (
                self.account.wait(interface)
            ):
                await self._async_ask(command)

    async def _async_ask(self, command: Command) -> None:
        """Make one call for the outcome of a command."""
        interface, task = command.setting.follow, command.task
        assert task is not None
        command.followed_at = self.account.clock.now()
        with calling(self.account, interface):
            try:
                found = await self.client.outcomes(command.setting, task)
            except ControlError as error:
                # The server knows no such task, and never will.
                reason = str(error.code)
                ended = command.fail(reason, self.account.clock.now())
            else:
                ended = command.apply(found, self.account.clock.now())
            self._ended(command, ended)
            if ended:
                await self.async_save()

    async def _async_read(self, interface: Interface) -> None:
        """Read the plant that has been due for longest, if the lane is free."""
        now = self.account.clock.now()
        due = self._due(interface)
        code = min(due, key=lambda key: due[key], default=None)
        if code is None or due[code] > now or self.account.wait(interface):
            return
        settings = self.data.setdefault(code, PlantSettings())
        settings.due_at[interface] = now + AFTER_FAILURE
        with calling(self.account, interface):
            try:
                found = await READINGS[interface](self.client, code)
                settings.apply(found, self.account.clock.now())
                settings.due_at[interface] = now + READ_EVERY
            except REFUSED as error:
                # For a day: nothing changes by itself.
                settings.refuse(interface, error.code or NOT_SERVED)
                settings.due_at[interface] = now + DAY
            self.review()
            await self.async_save()

    def _due(self, interface: Interface) -> dict[str, float]:
        """Return when (epoch seconds) each plant is read next."""
        return {
            code: self.settings(code).due_at.get(interface, 0.0)
            for code in self.account.listed_plants
            if interface is Interface.EXPORT_CONTROL or self.has_battery(code)
        }

    @callback
    def review(self) -> None:
        """Tell which plants cannot be steered; none where control is off."""
        hass, plants = self.account.hass, self.account.plants
        self.account.issues.not_steerable(
            {
                code: reason_text(hass, str(next(iter(settings.refusals.values()))))
                for code, settings in self.data.items()
                if self.is_allowed and code in plants and settings.refusals
            }
        )

    @callback
    def _schedule(self) -> None:
        """Ask again when something is due and its lane is free."""
        if not self.is_allowed:
            self.update_interval = None
            return
        now, wait = self.account.clock.now(), float(DAY)
        for command in self.commands:
            if command.is_running and command.task:
                due = command.followed_at + FOLLOWED_EVERY - now
                free = self.account.wait(command.setting.follow)
                wait = min(wait, max(due, free))
        for interface in READINGS:
            if due_at := self._due(interface):
                due = min(due_at.values()) - now
                wait = min(wait, max(due, self.account.wait(interface)))
        self.update_interval = timedelta(seconds=max(0.0, wait) + EARLY)

    @callback
    def _reschedule(self) -> None:
        self._schedule()
        if self._listeners and not self.account.is_closed:
            self._schedule_refresh()
