"""Something that others want to know of."""

from functools import partial

from homeassistant.core import CALLBACK_TYPE, callback


class Signal:
    """Callbacks that run when something happens, in the order they were connected."""

    def __init__(self) -> None:
        """Start without callbacks."""
        self._callbacks: list[CALLBACK_TYPE] = []

    @callback
    def connect(self, call: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Add a callback; return what removes it."""
        self._callbacks.append(call)
        return partial(self._callbacks.remove, call)

    @callback
    def send(self) -> None:
        """Run the callbacks."""
        for call in list(self._callbacks):
            call()
