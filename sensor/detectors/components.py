"""Components that name a version with a known flaw: ``update.component``."""

from __future__ import annotations

from collections.abc import Iterable

from sensor.catalogue import Message
from sensor.detectors._components import component_fields, components
from sensor.detectors._detector import Detector
from sensor.events import Attribute, Event
from sensor.model import Capability, Finding, Observation, OnRepeat


class Components(Detector):
    """``update.component``."""

    EVENTS = (Attribute,)

    def hears_field(self, field: str) -> bool:
        """By its name alone."""
        return field in component_fields()

    def on_repeat(self, event: Event) -> OnRepeat:
        """What a banner says again is counted."""
        return OnRepeat.SAME

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """A finding for each row of the table that a banner of the device falls under."""
        event = observation.event
        if not isinstance(event, Attribute) or event.field not in component_fields():
            return
        ends = self.responsible(observation.flow, event.side)
        if ends.role != event.side.name.lower():
            return
        for component in components():
            version = component.version_in(event.value) if event.field in component.fields else None
            if version is None:
                continue
            yield self.finding(
                observation,
                "update.component",
                component.severity,
                ends,
                capability=Capability.SOFTWARE_UPDATES,
                provisions=("EN 303 645 5.3-8",),
                message=Message(
                    "update.component",
                    {"component": component.name, "version": version, "cve": component.cve, "only": component.only},
                ),
                detail={
                    "component": component.name,
                    "version": version,
                    "cve": component.cve,
                    "field": event.field,
                    "source": component.source,
                    "date": component.date,
                },
                identity=(component.cve, version),
            )


DETECTOR = Components
