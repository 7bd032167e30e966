"""Device types as a number or as text: some servers answer one form with an empty list."""

from .interfaces import Json


class TypeForms:
    """How a server wants each device type, learnt from its answers.

    The reference has a number. A type that has no rows so is asked once as text, which
    some servers want (seen for type 39).
    """

    def __init__(self) -> None:
        """Start with numbers."""
        self._as_text: set[int] = set()
        self._settled: set[int] = set()

    def form(self, type_id: int) -> Json:
        """Return a type as it is to be sent."""
        return str(type_id) if type_id in self._as_text else type_id

    def is_settled(self, type_id: int) -> bool:
        """Tell whether no other form is left to be tried."""
        return type_id in self._settled

    def learn(self, type_id: int, *, has_rows: bool) -> None:
        """Note how a call for a type was answered."""
        if type_id in self._settled:
            return
        if has_rows:
            self._settled.add(type_id)
        elif type_id in self._as_text:
            self._as_text.remove(type_id)
            self._settled.add(type_id)
        else:
            self._as_text.add(type_id)
