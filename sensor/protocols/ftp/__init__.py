"""FTP (RFC 959): the control connection and the data connections it announces."""

from sensor.protocols.ftp import control, data

PROTOCOLS = (control.PROTOCOL, data.PROTOCOL)
