"""Keys of QUIC's Initial packets: salts and names of all versions, packets that are cut or changed."""

from __future__ import annotations

import pytest

from sensor.protocols.quic.keys import initial_keys, known, salt, unprotect, version_name
from tests.protocols.test_quic import CLIENT_FRAMES, FIRST, SERVER_PACKET, TARGET

RFC_9001, RFC_9369 = "38762cf7f55934b34d179ae6a4c80cadccbb7f0a", "0dede3def700a6db819381be6e269dcbf9bd2ed9"
DRAFT_29, DRAFT_23 = "afbfec289993d24c9e9786f19c6111e04390a899", "c3eef712c72ebb5a11a7d2432bb46365bef9f502"
DRAFT_22 = "7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a"


@pytest.mark.parametrize(
    ("version", "expected", "name", "identifies"),
    [
        (0x00000001, RFC_9001, "1", True),
        (0x6B3343CF, RFC_9369, "2", True),
        (0xFF000023, None, "draft-35", True),
        (0xFF000022, RFC_9001, "draft-34", True),
        (0xFF000021, RFC_9001, "draft-33", True),
        (0xFF000020, DRAFT_29, "draft-32", True),
        (0xFF00001D, DRAFT_29, "draft-29", True),
        (0xFF00001C, DRAFT_23, "draft-28", True),
        (0xFF000017, DRAFT_23, "draft-23", True),
        (0xFF000016, DRAFT_22, "draft-22", True),
        (0xFF000015, None, "draft-21", True),
        (0xFACEB001, DRAFT_22, "0xfaceb001", True),
        (0xFACEB002, DRAFT_23, "0xfaceb002", True),
        (0xFACEB003, None, "0xfaceb003", False),
        (0x51303530, "504574efd066fe2f9d945cfcdbd3a7f0d3b56b45", "Q050", True),
        (0x54303530, "7ff579e5acd072915580304c43a2367c60488310", "T050", True),
        (0x54303531, "7a4edef4e7ccee5fa4506c19124fc8ccda6e033d", "T051", True),
        (0x51303433, None, "Q043", True),
        (0x54303438, None, "T048", True),
        (0x52303433, None, "0x52303433", False),
        (0x51303478, None, "0x51303478", False),
        (0x00000002, None, "0x00000002", False),
        (0x0A0A0A0A, None, "0x0a0a0a0a", False),
        (0xFE00001D, None, "0xfe00001d", False),
    ],
)
def test_versions(version: int, expected: str | None, name: str, identifies: bool) -> None:
    """RFC 9001 5.2, RFC 9369 3.3.1, draft-ietf-quic-tls-22, -23 and -29 5.2; Google's and Facebook's by Wireshark."""
    found = salt(version)
    assert (found and found.hex(), version_name(version), known(version)) == (expected, name, identifies)
    assert (initial_keys(version, TARGET) is None) is (expected is None)


def test_the_packets_of_rfc_9001() -> None:
    """Appendix A.2 and A.3: packet numbers of four bytes and of two."""
    keys = initial_keys(1, TARGET)
    assert keys is not None
    assert (unprotect(FIRST, 18, keys[0]) or b"").startswith(CLIENT_FRAMES)
    frames = unprotect(SERVER_PACKET, 18, keys[1])
    assert frames is not None and frames[:15].hex() == "02000000000600405a020000560303" and len(frames) == 99
    for packet, role, at in ((FIRST, 1, 18), (SERVER_PACKET, 0, 18), (SERVER_PACKET, 1, 17), (FIRST, 0, 19)):
        assert unprotect(packet, at, keys[role]) is None


def test_a_packet_that_is_changed_or_cut_gives_nothing() -> None:
    keys = initial_keys(1, TARGET)
    assert keys is not None
    for place in (0, 4, 17, 18, 19, 20, 40, len(SERVER_PACKET) - 1):
        changed = bytearray(SERVER_PACKET)
        changed[place] ^= 1
        assert unprotect(bytes(changed), 18, keys[1]) is None, place
    for size in (18, 22, 37, 38, 60, len(SERVER_PACKET) - 1):  # the sample ends at 18 + 4 + 16
        assert unprotect(SERVER_PACKET[:size], 18, keys[1]) is None, size
