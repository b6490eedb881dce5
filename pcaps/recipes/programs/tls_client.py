"""Turns HOST PORT check|careless|late|leave [ROOTS] into a request of Python's ssl module: it checks, it does not, it looks
at the certificate after the handshake and leaves, or it checks and leaves without a request.
"""

import socket
import ssl
import sys

host, port, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
context = ssl.create_default_context(cafile=sys.argv[4] if sys.argv[4:] else None)
if how in ("careless", "late"):
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
with socket.create_connection((host, port), 10) as plain, context.wrap_socket(plain, server_hostname=host) as secure:
    if how in ("careless", "check"):
        secure.sendall(f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        while secure.recv(4096):
            pass
    else:  # a pinned certificate that is not this one
        secure.getpeercert(binary_form=True)
        secure.unwrap()
