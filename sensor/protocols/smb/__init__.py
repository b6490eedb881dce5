"""SMB 1 (MS-CIFS, MS-SMB) and SMB 2 and 3 (MS-SMB2): logins, dialects and files."""

from sensor.protocols.smb import smb1, smb2

PROTOCOLS = (smb1.PROTOCOL, *smb2.PROTOCOLS)
