"""The first bytes of what is not a capture into words that say what it looks like."""

from __future__ import annotations

_MAGICS: tuple[tuple[bytes, str], ...] = (
    (b"GMBU", "a Microsoft Network Monitor capture, which is not read; convert it with editcap"),
    (b"RTSS", "a Microsoft Network Monitor 1 capture, which is not read; convert it with editcap"),
    (b"TRSNIFF data", "a Sniffer capture, which is not read; convert it with editcap"),
    (b"btsnoop\0", "a Bluetooth HCI log"),
    (b"\xa1\xb2\xc3", "a capture in a variant of pcap that is not known"),
    (b"iptrace 1.0", "a capture of AIX's iptrace, which is not read; convert it with editcap"),
    (b"iptrace 2.0", "a capture of AIX's iptrace, which is not read; convert it with editcap"),
    (b"XCP\0", "a NetXRay capture, which is not read; convert it with editcap"),
    (b"VL\0\0", "a NetXRay capture, which is not read; convert it with editcap"),
    (b"\x05VNF", "a Visual Networks capture, which is not read; convert it with editcap"),
    (b"\xaa\xaa\xaa\xaa", "a 5View capture, which is not read; convert it with editcap"),
    (b"#Format=4", "a Daintree sensor network capture"),
    (b"\x04\x22\x4d\x18", "lz4 data; unpack it first"),
    (b"PK\x03\x04", "a ZIP archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a Linux program"),
    (b"MZ", "a Windows program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"#!", "a script"),
    (b"<?xml", "an XML document"),
    (b"<!DOCTYPE", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"{", "JSON text"),
    (b"[", "JSON text"),
)


def looks_like(head: bytes) -> str:
    """A noun phrase about `head`, the first bytes of a file."""
    if not head:
        return "an empty file"
    if len(head) < 4:
        return "a file too short to be one"
    for magic, words in _MAGICS:
        if head.startswith(magic):
            return words
    sample = head[:512]
    if not any(sample):
        return "a file of zero bytes"
    if len(head) > 262 and head[257:262] == b"ustar":
        return "a tar archive; unpack it first"
    try:
        text = sample.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if all(char.isprintable() or char in "\t\r\n" for char in text):
            return "text"
    return "binary data of a kind that is not known"
