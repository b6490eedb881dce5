"""LANwitness for programs and notebooks: captures and live streams to typed records.

>>> import lanwitness
>>> result = lanwitness.read("pcaps/home/capture.pcapng")
>>> len(result.devices)
14
>>> camera = result.device("IPC-Garden")
>>> camera.vendor.value
'Reolink'
>>> any(finding.device == camera.id and finding.detail["accepted"] for finding in result.findings
...     if finding.rule == "credential.cleartext")
True
>>> lanwitness.schema("finding")["properties"]["severity"]["enum"][0]
'critical'

`read` takes a capture or a file of `replay --json`, `watch` a stream that goes on,
`corpus` folders of captures (docs/python.md). Fields are those of
docs/output.md. What is not named here may change.
"""

from lanwitness.corpora import corpus
from lanwitness.reading import CaptureError, Result, read, watch
from lanwitness.records import Capture, Device, Finding, Flow, Gone, Ledger, Provision, Sensor, Summary, Verdict
from sensor import __version__
from sensor.schemas import schema

__all__ = [
    "Capture",
    "CaptureError",
    "Device",
    "Finding",
    "Flow",
    "Gone",
    "Ledger",
    "Provision",
    "Result",
    "Sensor",
    "Summary",
    "Verdict",
    "__version__",
    "corpus",
    "read",
    "schema",
    "watch",
]
