# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True, initializedcheck=False
"""Walk over a capture's bytes: offset, captured and original length, time, link type of each record.

Compiled at install where a C compiler is at hand; the same file runs as plain Python. No memory is allocated here: the
caller hands in `table` (FIELDS words a record) and reads `state` afterwards. Formats: draft-ietf-opsawg-pcap,
draft-ietf-opsawg-pcapng.
"""

import cython

compiled = cython.compiled

FIELDS = 5  # words a record in `table`: offset of the packet in data, captured, original, time (ns), link type
# Words an interface: link type, snap length, how its clock counts (SCALE…), by how much, offset (ns).
INTERFACE_FIELDS = 5

# What `state[2]` says of why the walk stopped at `state[0]`, after `state[1]` records.
MORE, FULL, DAMAGE, OTHER = 0, 1, 2, 3
# How an interface's clock counts: ticks times value, ticks divided by value, ticks of 2**-value seconds.
SCALE, DIVIDE, BINARY = 0, 1, 2

# tcpdump and Wireshark write at most 262,144 bytes of a packet (MAXIMUM_SNAPLEN, WTAP_MAX_PACKET_SIZE_STANDARD):
# a record that claims more is not a record, and nothing after it can be trusted.
MAX_CAPTURED = 262_144
# Times stay far enough below 2**63 that an interface's offset can be added before clamping.
MAX_TIME = 1 << 62

_MAX_CAPTURED = cython.declare(cython.longlong, MAX_CAPTURED)
_MAX_TIME = cython.declare(cython.longlong, MAX_TIME)
_BILLION = cython.declare(cython.longlong, 1_000_000_000)


@cython.cfunc
@cython.exceptval(-1, check=True)
@cython.inline
@cython.nogil
def _u32(data: cython.const[cython.uchar][::1], at: cython.longlong, big: cython.bint) -> cython.longlong:
    first: cython.longlong
    if big:
        first = data[at]
        return (first << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3]
    first = data[at + 3]
    return (first << 24) | (data[at + 2] << 16) | (data[at + 1] << 8) | data[at]


def walk_pcap(
    data: cython.const[cython.uchar][::1],
    start: cython.longlong,
    big: cython.bint,
    header: cython.longlong,
    unit: cython.longlong,
    link: cython.longlong,
    table: cython.longlong[::1],
    state: cython.longlong[::1],
) -> None:
    """Walk classic pcap records from `start`: `header` bytes before each packet (16, or 24 in the Kuznetzov variant),
    fractions of a second in `unit` nanoseconds. Leaves in `state` where it stopped, how many records stand in
    `table`, and why.
    """
    at: cython.longlong = start
    end: cython.longlong = len(data)
    room: cython.longlong = len(table)
    row: cython.longlong = 0
    captured: cython.longlong
    original: cython.longlong
    why: cython.longlong = 0
    with cython.nogil:
        while True:
            if at + header > end:
                break
            captured = _u32(data, at + 8, big)
            if captured > _MAX_CAPTURED:
                why = 2
                break
            if at + header + captured > end:
                break
            if row + 5 > room:
                why = 1
                break
            original = _u32(data, at + 12, big)
            table[row] = at + header
            table[row + 1] = captured
            table[row + 2] = original if original > captured else captured
            table[row + 3] = _u32(data, at, big) * _BILLION + _u32(data, at + 4, big) * unit
            table[row + 4] = link
            row += 5
            at += header + captured
    state[0] = at
    state[1] = row // 5
    state[2] = why


@cython.cfunc
@cython.exceptval(-1, check=True)
@cython.nogil
def _clock(
    high: cython.longlong, low: cython.longlong, mode: cython.longlong, value: cython.longlong, offset: cython.longlong
) -> cython.longlong:
    """Nanoseconds since 1970 of a pcapng timestamp; never below 0 or above MAX_TIME, whatever the file claims."""
    ticks: cython.ulonglong = high
    time: cython.longlong
    part: cython.longlong
    bits: cython.longlong = value
    one: cython.longlong = 1
    limit: cython.ulonglong
    ticks = (ticks << 32) | low
    if mode == 0:
        limit = _MAX_TIME // value
        time = _MAX_TIME if ticks > limit else ticks * value
    elif mode == 1:
        time = ticks // value
    elif bits > 62:
        time = 0
    else:
        limit = _MAX_TIME // _BILLION - 1
        part = ticks & ((one << bits) - 1)
        if ticks >> bits > limit:
            time = _MAX_TIME
        else:
            time = ticks >> bits
            if bits > 30:
                part >>= bits - 30
                bits = 30
            time = time * _BILLION + ((part * _BILLION) >> bits)
    if time > _MAX_TIME:
        time = _MAX_TIME
    time += offset
    if time < 0:
        return 0
    return time if time < _MAX_TIME else _MAX_TIME


def walk_pcapng(
    data: cython.const[cython.uchar][::1],
    start: cython.longlong,
    big: cython.bint,
    interfaces: cython.longlong[::1],
    table: cython.longlong[::1],
    state: cython.longlong[::1],
) -> None:
    """Walk pcapng packet blocks (enhanced, simple, and the obsolete packet block) from `start`; stops with OTHER at any
    other block. `state[3]` is the time of the latest packet, which a simple packet block borrows because it has none
    of its own.
    """
    at: cython.longlong = start
    end: cython.longlong = len(data)
    room: cython.longlong = len(table)
    known: cython.longlong = len(interfaces) // 5
    latest: cython.longlong = state[3]
    row: cython.longlong = 0
    kind: cython.longlong
    length: cython.longlong
    fixed: cython.longlong
    captured: cython.longlong
    original: cython.longlong
    interface: cython.longlong
    time: cython.longlong
    why: cython.longlong = 0
    with cython.nogil:
        while True:
            if at + 8 > end:
                break
            kind = _u32(data, at, big)
            if kind != 6 and kind != 3 and kind != 2:
                why = 3
                break
            length = _u32(data, at + 4, big)
            fixed = 16 if kind == 3 else 32
            # An option may stand behind the packet: 64 KiB for each of its values is the format's own bound; 512 KiB is
            # ample for all.
            if length < fixed or length & 3 != 0 or length > _MAX_CAPTURED + 524288:
                why = 2
                break
            if at + length > end:
                break
            if _u32(data, at + length - 4, big) != length:
                why = 2
                break
            if row + 5 > room:
                why = 1
                break
            if kind == 3:
                interface = 0
                original = _u32(data, at + 8, big)
                captured = length - 16
                if captured > original:
                    captured = original
            else:
                if kind == 6:
                    interface = _u32(data, at + 8, big)
                else:
                    interface = data[at + 9] | (data[at + 8] << 8) if big else data[at + 8] | (data[at + 9] << 8)
                captured = _u32(data, at + 20, big)
                original = _u32(data, at + 24, big)
                if captured > length - 32:
                    why = 2
                    break
            if interface >= known:
                why = 2
                break
            if kind == 3:
                if interfaces[1] > 0 and captured > interfaces[1]:
                    captured = interfaces[1]
                time = latest
            else:
                time = _clock(
                    _u32(data, at + 12, big),
                    _u32(data, at + 16, big),
                    interfaces[interface * 5 + 2],
                    interfaces[interface * 5 + 3],
                    interfaces[interface * 5 + 4],
                )
                latest = time
            if captured > _MAX_CAPTURED:
                why = 2
                break
            table[row] = at + (12 if kind == 3 else 28)
            table[row + 1] = captured
            table[row + 2] = original if original > captured else captured
            table[row + 3] = time
            table[row + 4] = interfaces[interface * 5]
            row += 5
            at += length
    state[0] = at
    state[1] = row // 5
    state[2] = why
    state[3] = latest
