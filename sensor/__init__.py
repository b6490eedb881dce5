"""LANwitness: devices of a captured network, what they sent in the clear, and verdicts with proof.

    capture ─▶ decode ─▶ flows ─▶ protocols ─▶ (events) ─▶ devices ─┐
      bytes    packets   streams   parsers                detectors ─┴▶ verdicts ─▶ export

Who may import whom (``tests/test_architecture.py`` holds it):

``model`` and ``events`` import nothing of ours but each other. ``capture``, ``decode`` import neither of them: bytes
in, tuples out. ``protocols`` knows ``model`` and ``events``. ``flows`` drives ``protocols``. ``devices``, ``detectors``
and ``verdicts`` see events and the model, never bytes of packets, flows' insides or one another's. ``pipeline`` ties
all of these and does no I/O. ``export``, ``store`` write what ``pipeline`` gives. ``cli`` starts it.
"""

__version__ = "0.1.0"
