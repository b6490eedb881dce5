"""Acceptance of HTTP logins by contrast: a resource refused without a login, served with it."""

from __future__ import annotations

from collections import OrderedDict

from sensor.events import Access, Login
from sensor.model import Observation

MAX_RESOURCES = 8192
"""Protected resources remembered; a home's devices have a few hundred pages."""

FORBIDDEN = 403
"""It may be meant whoever asks (RFC 9110 15.5.4)."""

RefusedPlace = tuple[bytes, int | None, str, str | None]
"""A server's address and port, the resource, and the operation at it."""

LOGIN_REQUIRED = (401, 407)
"""HTTP, RTSP and SIP ask for a login with these (RFC 9110 15.5.2, 15.5.8)."""


class Contrast:
    """Resources that each server refused without a login, and the acceptance that its later answers prove."""

    def __init__(self) -> None:
        self._refused: OrderedDict[RefusedPlace, str] = OrderedDict()
        self.changes = 0
        """A number that grows whenever a login may be taken for accepted that was not, or the other way."""

    def note_access(self, observation: Observation, access: Access) -> None:
        """Remember a resource that was refused without a login."""
        if access.status in LOGIN_REQUIRED:
            self._remember(observation, access, f"{access.status} without")
        elif access.granted is False and access.operation is not None and access.status != FORBIDDEN:
            # A SOAP fault says so under any other status.
            self._remember(observation, access, "a fault without")

    def accepted(self, observation: Observation, login: Login) -> tuple[bool | None, str | None]:
        """(accepted, basis): by the protocol's own status, or by contrast; (None, …) where neither applies."""
        if login.accepted is not None or login.status is None or login.resource is None:
            return login.accepted, login.basis
        if login.status in LOGIN_REQUIRED:
            self._remember(observation, login, f"{login.status} with another login")
            return False, f"{login.status} with this login"
        refused = self._refused.get(self._place(observation, login))
        if refused is not None and 200 <= login.status < 300:
            same = "resource" if login.operation is None else "operation"
            return True, f"{refused}, {login.status} with, same {same}"
        return None, login.basis

    def _remember(self, observation: Observation, event: Access | Login, how: str) -> None:
        place = self._place(observation, event)
        self.changes += self._refused.get(place) != how
        self._refused[place] = how
        self._refused.move_to_end(place)
        if len(self._refused) > MAX_RESOURCES:
            self._refused.popitem(last=False)
            self.changes += 1

    @staticmethod
    def may_note(event: Access | Login) -> bool:
        """Whether an event may be remembered as a refusal."""
        return event.status in LOGIN_REQUIRED or (isinstance(event, Access) and event.granted is False)

    @staticmethod
    def _place(observation: Observation, event: Access | Login) -> RefusedPlace:
        server = observation.flow.server
        return server.address, server.port, event.resource or "", event.operation
