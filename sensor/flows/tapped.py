"""A conversation with a tap: every in-order byte goes to a `Tap` too, whatever the parser wants."""

from __future__ import annotations

from typing import Any

from sensor.events import Upgrade
from sensor.flows.conversation import Conversation
from sensor.flows.driver import Driver
from sensor.flows.interfaces import Tap
from sensor.model import Protection, Side


class Tapped(Conversation):
    """The same as `Conversation` to whoever feeds it. What it holds of the stream is bounded by the tap."""

    def __init__(self, *arguments: Any, tap: Tap, **more: Any) -> None:
        self._tap: Tap | None = tap
        self._alone = False  # the tap reads on, no parser does
        self._again = False  # what comes now was tapped before
        super().__init__(*arguments, **more)

    def close(self, time: int) -> None:
        """The flow ended: for the parser first, then for the tap."""
        super().close(time)
        if self._tap is not None:
            self._tap.close(turned=self._flipped)
            self._tap = None

    def weigh(self) -> int:
        """About how many bytes it holds."""
        self.buffered_bytes = super().weigh() + (self._tap.buffered_bytes if self._tap is not None else 0)
        return self.buffered_bytes

    def _data(self, side: Side, data: bytes, frame: int) -> None:
        place = side ^ self._flipped
        tap = None if self._again or self._replaying else self._tap
        if not self._alone:
            super()._data(side, data, frame)
        if tap is not None and self.flow.protection is not Protection.ENCRYPTED:
            tap.take(place, data, frame, self._now, self._flipped)
            if self._alone and not tap.goes_on():
                self._leave()

    def _gap(self, side: Side, length: int) -> None:
        if self._tap is not None:
            self._tap.gap(side ^ self._flipped, turned=self._flipped)
        if not self._alone:
            super()._gap(side, length)

    def _rest_of_skip(self, side: int) -> None:
        # What the tap wants comes on, and the driver passes over it.
        if self._tap is None or not self._tap.wants(side):
            super()._rest_of_skip(side)

    def _upgrade(self, driver: Driver, upgrade: Upgrade) -> None:
        again, self._again = self._again, True
        super()._upgrade(driver, upgrade)
        self._again = again

    def _leave(self) -> None:
        tap = self._tap
        if tap is not None and self.flow.protection is not Protection.ENCRYPTED and tap.goes_on():
            self._alone, self._driver, self._opening = True, None, None
            return
        super()._leave()
