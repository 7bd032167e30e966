"""The list of an account's plants, read page by page as its lane allows.

A page holds 100 plants, and the interface takes one call a minute: the list of a large
account takes minutes and goes on where it was.
"""

from http import HTTPStatus
from typing import Final

from .client import NorthboundClient
from .errors import (
    AccessError,
    ConsentMissingError,
    NorthboundError,
    NotNorthboundError,
    NotYetError,
    PermissionMissingError,
    ReportedError,
)
from .interfaces import Dialect, Interface
from .lane import PauseReason
from .ledger import Ledger
from .limits import HOUR
from .models import Page, Plant

LISTED_BY: Final = {
    Dialect.V2020: Interface.STATION_LIST,
    Dialect.V2022: Interface.STATIONS,
}
# Plants may have come and gone since the pages before.
OUTDATED_AFTER: Final = HOUR


class PlantList:
    """Reads the plants of an account.

    `dialect`: None where it is not known yet: a system that serves `stations` is of
    2022 or later; where it is not granted or unknown, `getStationList` is asked.
    """

    def __init__(
        self, client: NorthboundClient, dialect: Dialect | None = None
    ) -> None:
        """Begin with the first page."""
        self._client = client
        self._found: dict[str, Plant] = {}
        self._pages = 1
        self._read = 0
        self._read_at = 0.0
        self.dialect = dialect

    @property
    def _ledger(self) -> Ledger:
        return self._client.session.ledger

    @property
    def is_begun(self) -> bool:
        """Tell whether pages were read and others are left, and not long ago."""
        age = self._ledger.now() - self._read_at
        return 0 < self._read < self._pages and abs(age) < OUTDATED_AFTER

    async def read_on(self) -> tuple[Dialect, list[Plant]]:
        """Return the dialect and all plants.

        Raises NotYetError where a further page has to wait; what was read until then is
        kept.
        """
        while True:
            if self.dialect is None:
                self.dialect, page = await self._detect()
            else:
                page = await self._page(self.dialect)
            self._add(page)
            if self._read >= self._pages:
                return self.dialect, list(self._found.values())

    def _add(self, page: Page[Plant]) -> None:
        """Keep the plants of a page; an empty page ends the list, or its total."""
        self._found |= {plant.code: plant for plant in page.items}
        self._read += 1
        self._read_at = self._ledger.now()
        is_last = not page.items or len(self._found) >= (page.total or float("inf"))
        self._pages = self._read if is_last else page.pages

    async def _page(self, dialect: Dialect) -> Page[Plant]:
        if dialect is Dialect.V2020:
            return await self._client.station_list(self._read + 1)
        return await self._client.stations(self._read + 1)

    async def _detect(self) -> tuple[Dialect, Page[Plant]]:
        try:
            return Dialect.V2022, await self._page(Dialect.V2022)
        except NorthboundError as error:
            if not self._lacks_stations(error):
                raise
            try:
                return Dialect.V2020, await self._page(Dialect.V2020)
            except PermissionMissingError:
                # As newer systems answer: then the reason is what `stations` said.
                if isinstance(error, ReportedError):
                    raise error from None
                raise

    def _lacks_stations(self, error: NorthboundError) -> bool:
        """Tell whether the system has no `stations`, as opposed to a refused login."""
        if error.interface is not Interface.STATIONS:
            return False
        if isinstance(error, NotYetError):
            lane = self._ledger.lane(Interface.STATIONS)
            return lane.is_not_granted and lane.reason is not PauseReason.NO_CONSENT
        if isinstance(error, NotNorthboundError):
            # A web page, or a way to one, is of a server in trouble; only a path that
            # is not there says that there is no such interface.
            return error.code == HTTPStatus.NOT_FOUND
        # Without consent there is no other list to ask for.
        lacks = AccessError | ReportedError
        return isinstance(error, lacks) and not isinstance(error, ConsentMissingError)
