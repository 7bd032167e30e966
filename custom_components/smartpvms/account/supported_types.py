"""Which device types an interface serves, learnt from its answers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypedDict

from homeassistant.core import callback
import voluptuous as vol

from ..const import LOGGER
from ..local_time import DAY, HOUR
from ..northbound import Interface
from ..northbound.errors import KpiNotConfiguredError, UnsupportedTypeError
from ..storage.parse import by_id, ids, instant

UNSUPPORTED_FOR: Final = 7 * DAY
NOT_CONFIGURED_FOR: Final = DAY
# One refusal of a type that was answered before proves nothing; doubled each time.
PROVEN_REFUSED_FOR: Final = HOUR


class SavedTypes(TypedDict):
    """What is saved of an interface's types."""

    proven: set[int]
    refused: dict[int, float]
    not_configured: set[int]


TYPES: Final = vol.Schema(
    {
        vol.Optional("proven", default=list): ids,
        vol.Optional("refused", default=dict): by_id(instant),
        vol.Optional("not_configured", default=list): ids,
    },
    extra=vol.REMOVE_EXTRA,
)


class SupportedTypes:
    """What an interface has answered and refused, type by type.

    `proven`: types that were answered; `refused`: types that were not, with the epoch
    second from which they are asked again; `not_configured`: types that the owner of
    the system can configure. `interface` gives the interface that is asked now: a
    renewed system has other ones; `now` epoch seconds; `changed` is called when a type
    is answered for the first time or refused.
    """

    def __init__(
        self,
        interface: Callable[[], Interface],
        now: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        """Start without any answer."""
        self.interface = interface
        self._now = now
        self._changed = changed
        self.proven: set[int] = set()
        self.refused: dict[int, float] = {}
        self.not_configured: set[int] = set()
        self._paused_for: dict[int, float] = {}

    def may_ask(self, type_id: int) -> bool:
        """Tell whether a type was not refused, or long ago.

        No refusal lasts longer than the longest: a clock was ahead when it was noted.
        """
        until, now = self.refused.get(type_id), self._now()
        return until is None or not now < until <= now + UNSUPPORTED_FOR

    @contextmanager
    def asking(self, type_id: int) -> Iterator[None]:
        """Note how a call for a type ends; a refusal of the type is no error."""
        try:
            yield
        except UnsupportedTypeError:
            self._refuse(type_id, self._pause(type_id))
        except KpiNotConfiguredError:
            self.not_configured.add(type_id)
            self._refuse(type_id, NOT_CONFIGURED_FOR)
        else:
            self._accept(type_id)

    @callback
    def ask_all_again(self) -> None:
        """Forget the refusals, the user having granted the types."""
        self.refused.clear()
        self.not_configured.clear()
        self._changed()

    def _pause(self, type_id: int) -> float:
        """Return for how long a type that was refused is left alone."""
        if type_id not in self.proven:
            return UNSUPPORTED_FOR
        before = self._paused_for.get(type_id, PROVEN_REFUSED_FOR / 2)
        seconds = min(2 * before, UNSUPPORTED_FOR)
        if before < DAY <= seconds:
            LOGGER.warning("Devices of type %s are refused for a day now", type_id)
        self._paused_for[type_id] = seconds
        return seconds

    def _accept(self, type_id: int) -> None:
        self.not_configured.discard(type_id)
        self._paused_for.pop(type_id, None)
        if type_id not in self.proven:
            self.proven.add(type_id)
            self._changed()

    def _refuse(self, type_id: int, seconds: float) -> None:
        """Leave a type alone for a while, without stopping the others."""
        self.refused[type_id] = self._now() + seconds
        self._changed()

    def dump(self) -> dict[str, object]:
        """Return this as JSON data."""
        return {
            "proven": sorted(self.proven),
            "refused": {str(key): at for key, at in self.refused.items()},
            "not_configured": sorted(self.not_configured),
        }

    @callback
    def restore(self, saved: SavedTypes) -> None:
        """Restore what was saved."""
        self.proven, self.refused = set(saved["proven"]), dict(saved["refused"])
        self.not_configured = set(saved["not_configured"])
