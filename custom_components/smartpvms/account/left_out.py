"""The plants or devices for whose sake an interface refuses a whole batch.

A refusal does not say which one it is: it is found by halves, left out and asked
alone once a day, so that all others go on.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import batched, islice
from typing import Final, TypedDict

import voluptuous as vol

from ..local_time import DAY, HOUR, MINUTE
from ..northbound import Interface
from ..northbound.errors import (
    ConsentMissingError,
    NorthboundError,
    ResourceForbiddenError,
    ResourceMissingError,
    TypeMismatchError,
)
from ..storage.parse import as_list, instant, whole

OF_A_BATCH: Final[tuple[type[NorthboundError], ...]] = (
    ConsentMissingError,
    ResourceForbiddenError,
    ResourceMissingError,
    TypeMismatchError,
)
"""Errors of which one plant or device of the request may be the cause."""

# A system at fault says of anything that it is missing: doubled each time.
FIRST_PAUSE: Final = 10 * MINUTE
# A shorter pause is not worth a repair.
NAMED_FROM: Final = HOUR


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why (failCode) a plant or device is left out, and until when (epoch second).

    `pause`: for how many seconds.
    """

    code: int
    until: float
    pause: float


class LeftOut[K: str | int]:
    """The plants (codes) or devices (ids) that one interface refuses.

    `refusals`: those that were found. `now` gives epoch seconds; `is_suspect` tells
    what another interface refuses; `note_missing` is called when something is said to
    be gone, `note_accepted` with what is left out no more.
    """

    def __init__(
        self,
        now: Callable[[], float],
        is_suspect: Callable[[K], bool],
        note_missing: Callable[[], None],
        note_accepted: Callable[[K], None],
    ) -> None:
        """Start without a refusal."""
        self._now = now
        self._note_accepted = note_accepted
        self._is_suspect = is_suspect
        self._note_missing = note_missing
        self.refusals: dict[K, Refusal] = {}
        # Groups in which a cause may be, with the other half of what was refused: where
        # one of the two is answered, the cause is in the other.
        self._doubted: dict[tuple[K, ...], tuple[K, ...]] = {}

    def __bool__(self) -> bool:
        """Tell whether anything is left out or in doubt."""
        return bool(self.refusals or self._doubted)

    def batches(self, keys: Iterable[K], most: int) -> Iterator[tuple[K, ...]]:
        """Yield what may be asked together, in batches of at most `most`.

        Of those left out one whose time has come, alone.
        """
        wanted = dict.fromkeys(keys)
        doubted = {key for group in self._doubted for key in group}
        for group in list(self._doubted):
            yield from batched((key for key in group if key in wanted), most)
        others = [key for key in wanted if key not in doubted]
        sound = (key for key in others if key not in self.refusals)
        yield from batched(sound, most)
        now = self._now()
        known = ((key, self.refusals.get(key)) for key in others)
        due = (key for key, refusal in known if refusal and refusal.until <= now)
        yield from batched(islice(due, 1), 1)

    def askable(self, keys: Iterable[K]) -> list[K]:
        """Return those of `keys` that may be asked."""
        listed = list(keys)
        asked = {key for batch in self.batches(listed, 1) for key in batch}
        return [key for key in listed if key in asked]

    @contextmanager
    def asking(self, batch: Collection[K]) -> Iterator[None]:
        """Note how a call for a batch ends; a refusal for the sake of one is no error.

        Except where something is said to be gone: the lists come first.
        """
        try:
            yield
        except OF_A_BATCH as error:
            if error.interface is Interface.LOGIN:
                raise
            is_known = self.refusals.keys() >= set(batch)
            self._refuse(tuple(batch), error)
            if isinstance(error, ResourceMissingError):
                self._note_missing()
                if not is_known:
                    raise
        else:
            self._accept(tuple(batch))

    def _refuse(self, batch: tuple[K, ...], error: NorthboundError) -> None:
        self._doubted.pop(self._doubted.pop(batch, ()), None)
        if len(batch) > 1:
            self._split(batch)
            return
        self._settle(batch)
        [key] = batch
        pause = float(DAY)
        if not isinstance(error, ConsentMissingError | ResourceForbiddenError):
            known = self.refusals.get(key)
            pause = min(DAY, 2 * known.pause if known else FIRST_PAUSE)
        self.refusals[key] = Refusal(error.code or 0, self._now() + pause, pause)

    def _accept(self, batch: tuple[K, ...]) -> None:
        other = self._doubted.get(batch, ())
        self._settle(batch)
        for key in batch:
            if self.refusals.pop(key, None):
                self._note_accepted(key)
        if other in self._doubted and len(other) > 1:
            self._split(other)

    def _settle(self, batch: Collection[K]) -> None:
        """Take plants or devices out of the groups in doubt."""
        settled = frozenset(batch)
        self._doubted = {
            rest: other
            for group, other in self._doubted.items()
            if (rest := tuple(key for key in group if key not in settled))
        }

    def _split(self, batch: tuple[K, ...]) -> None:
        """Doubt the two parts of a batch: what others refuse and the rest, or halves."""
        self._settle(batch)
        suspects = tuple(
            key for key in batch if key in self.refusals or self._is_suspect(key)
        )
        half = len(batch) // 2
        one, other = batch[:half], batch[half:]
        if 0 < len(suspects) < len(batch):
            one = suspects
            other = tuple(key for key in batch if key not in set(suspects))
        self._doubted[one], self._doubted[other] = other, one

    def parts(self, batch: Collection[K]) -> list[tuple[K, ...]]:
        """Return the groups that a refused batch was divided into."""
        whole = frozenset(batch)
        return [group for group in self._doubted if whole.issuperset(group)]

    def rests(self, key: K) -> bool:
        """Tell whether a plant or device is left out now."""
        refusal = self.refusals.get(key)
        return refusal is not None and refusal.until > self._now()

    def ask_soon(self, keys: Iterable[K]) -> None:
        """Ask these before the day is over, because another interface has them now."""
        for key in keys:
            if refusal := self.refusals.get(key):
                self.refusals[key] = replace(refusal, until=0.0)

    def ask_again(self) -> None:
        """Ask those left out together, because somebody has removed the cause."""
        if group := tuple(self.refusals):
            self._settle(group)
            self.ask_soon(group)
            self._doubted = {group: (), **self._doubted}

    def keep_only(self, keys: Container[K]) -> None:
        """Forget what is gone."""
        self._settle(
            [key for group in self._doubted for key in group if key not in keys]
        )
        for key in [key for key in self.refusals if key not in keys]:
            del self.refusals[key]

    def named(self) -> dict[K, int]:
        """Return what is left out for long, with the failCode.

        Not what is being asked again.
        """
        return {
            key: refusal.code
            for key, refusal in self.refusals.items()
            if refusal.pause >= NAMED_FROM and refusal.until
        }

    def dump(self) -> dict[str, list[float]]:
        """Return what is left out as JSON data."""
        return {
            str(key): [refusal.code, refusal.until, refusal.pause]
            for key, refusal in self.refusals.items()
        }

    def restore(self, saved: Mapping[str, Refusal], keys: Iterable[K]) -> None:
        """Restore what was saved of `keys`."""
        for key in keys if saved else ():
            if refusal := saved.get(str(key)):
                # A clock may have been ahead.
                until = min(refusal.until, self._now() + refusal.pause)
                self.refusals[key] = replace(refusal, until=until)


class AllLeftOut:
    """What each interface of an account refuses, of plants or of devices.

    `plant_of` returns the code of a device's plant.
    """

    def __init__(
        self,
        now: Callable[[], float],
        plant_of: Callable[[int], str | None],
        note_missing: Callable[[], None],
    ) -> None:
        """Start without a refusal."""
        self._plant_of = plant_of
        self.plants: dict[Interface, LeftOut[str]] = defaultdict(
            lambda: LeftOut(
                now, self._is_plant_refused, note_missing, self._accept_plant
            )
        )
        self.devices: dict[Interface, LeftOut[int]] = defaultdict(
            lambda: LeftOut(
                now, self._is_device_refused, note_missing, self._accept_device
            )
        )

    def of_plants(self, interface: Interface) -> LeftOut[str]:
        """Return the plants that an interface refuses."""
        return self.plants[interface]

    def of_devices(self, interface: Interface) -> LeftOut[int]:
        """Return the devices that an interface refuses."""
        return self.devices[interface]

    def _is_plant_refused(self, code: str) -> bool:
        return any(code in known.refusals for known in self.plants.values())

    def _is_device_refused(self, device: int) -> bool:
        if any(device in known.refusals for known in self.devices.values()):
            return True
        plant = self._plant_of(device)
        return plant is not None and self._is_plant_refused(plant)

    def _accept_plant(self, code: str) -> None:
        for plants in self.plants.values():
            plants.ask_soon([code])
        for devices in self.devices.values():
            devices.ask_soon(
                [key for key in devices.refusals if self._plant_of(key) == code]
            )

    def _accept_device(self, device: int) -> None:
        for devices in self.devices.values():
            devices.ask_soon([device])

    def of(self, interface: Interface) -> tuple[LeftOut[str] | LeftOut[int], ...]:
        """Return what an interface refuses, of plants and of devices."""
        known = (self.plants.get(interface), self.devices.get(interface))
        return tuple(one for one in known if one)

    @property
    def interfaces(self) -> list[Interface]:
        """Return the interfaces that leave anything out for long."""
        return sorted(
            key
            for key in {*self.plants, *self.devices}
            if any(one.named() for one in self.of(key))
        )

    def keep_only(self, plants: Container[str], devices: Container[int]) -> None:
        """Forget what is gone."""
        for of_plants in self.plants.values():
            of_plants.keep_only(plants)
        for of_devices in self.devices.values():
            of_devices.keep_only(devices)

    def dump(self) -> dict[str, object]:
        """Return this as JSON data."""
        return {
            "plants": {str(key): one.dump() for key, one in self.plants.items()},
            "devices": {str(key): one.dump() for key, one in self.devices.items()},
        }

    def restore(
        self, saved: SavedLeftOut, plants: Iterable[str], devices: Iterable[int]
    ) -> None:
        """Restore what was saved of these."""
        for interface, one in _by_interface(saved["plants"]):
            self.of_plants(interface).restore(one, plants)
        for interface, one in _by_interface(saved["devices"]):
            self.of_devices(interface).restore(one, devices)


def all_named[K: str | int](known: Mapping[Interface, LeftOut[K]]) -> dict[K, int]:
    """Return what any interface leaves out for long, with a failCode."""
    return {key: code for one in known.values() for key, code in one.named().items()}


type _Refusals = dict[str, dict[str, Refusal]]


class SavedLeftOut(TypedDict):
    """What is saved, by interface and by plant code or device id as text."""

    plants: _Refusals
    devices: _Refusals


def _refusal(saved: object) -> Refusal:
    code, until, pause = as_list(saved)
    return Refusal(whole(code), instant(until), min(instant(pause), DAY))


LEFT_OUT: Final = vol.Schema(
    {
        vol.Optional("plants", default=dict): {str: {str: _refusal}},
        vol.Optional("devices", default=dict): {str: {str: _refusal}},
    },
    extra=vol.REMOVE_EXTRA,
)


def _by_interface(saved: _Refusals) -> Iterator[tuple[Interface, dict[str, Refusal]]]:
    for name, refusals in saved.items():
        if name in Interface:
            yield Interface(name), refusals
