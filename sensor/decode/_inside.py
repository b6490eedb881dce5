"""What a wrapping holds: link type and bytes of the packet inside, or why it is not read."""

from __future__ import annotations

NOT_READ = -1
ETHERNET, RAW, WLAN = 1, 101, 105
CUT = "tunnel or link header cut short"

Inside = tuple[int, bytes | str] | None
"""(link type, bytes) of what is inside, None where there is nothing to read, or (`NOT_READ`, a plain reason)."""
