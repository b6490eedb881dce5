from array import array

compiled: bool
FIELDS: int
INTERFACE_FIELDS: int
MORE: int
FULL: int
DAMAGE: int
OTHER: int
SCALE: int
DIVIDE: int
BINARY: int
MAX_CAPTURED: int
MAX_TIME: int

def walk_pcap(
    data: bytes, start: int, big: bool, header: int, unit: int, link: int, table: array[int], state: array[int]
) -> None: ...
def walk_pcapng(
    data: bytes, start: int, big: bool, interfaces: array[int], table: array[int], state: array[int]
) -> None: ...
