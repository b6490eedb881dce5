"""A rare packet (a tunnel, PPP, 802.11) into the packet inside it: (link type, bytes), None, or (NOT_READ, why)."""

LINK, ETHERTYPE, PROTOCOL, FRAGMENT4, FRAGMENT6, VXLAN = 1, 2, 3, 4, 5, 6
NOT_READ = -1
LINKS = ()
ETHERTYPES = ()
PROTOCOLS = ()
def link_name(n): return str(n)
def unwrap(kind, code, data): return None
