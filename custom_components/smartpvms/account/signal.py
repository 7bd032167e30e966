"""A change that others follow."""

from functools import partial

from homeassistant.core import CALLBACK_TYPE, callback

from ..const import LOGGER


class Signal:
    """Callbacks that run when something happens, in the order they were connected.

    `name` says in the log what happened.
    """

    def __init__(self, name: str) -> None:
        """Start without callbacks."""
        self._name = name
        self._callbacks: list[CALLBACK_TYPE] = []

    @callback
    def connect(self, call: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Add a callback; return the function that removes it."""
        self._callbacks.append(call)
        return partial(self._callbacks.remove, call)

    @callback
    def send(self) -> None:
        """Run the callbacks; the fault of one does not stop the others."""
        for call in list(self._callbacks):
            try:
                call()
            except Exception:  # noqa: BLE001
                LOGGER.exception("Unexpected error after: %s", self._name)
