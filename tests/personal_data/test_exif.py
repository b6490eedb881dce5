"""Position of a picture from Exif as cameras write it; damaged pictures give none."""

from __future__ import annotations

import struct

import pytest

from sensor.personal_data.exif import XMP_LIMIT, gps_position, xmp


def picture(
    order: str = "<",
    *,
    north: bytes = b"N",
    west: bytes = b"E",
    degrees: tuple[int, int, int] = (52, 30, 5858),
    before: bytes = b"",
) -> bytes:
    """A JPEG with a GPS directory (CIPA DC-008 4.6.6).

    Latitude as given (seconds in hundredths), longitude 13° 22' 39.72\".
    """
    mark = b"II*\0" if order == "<" else b"MM\0*"
    main = struct.pack(order + "HHHII", 1, 0x8825, 4, 1, 26) + bytes(4)
    rationals = struct.pack(order + "12I", degrees[0], 1, degrees[1], 1, degrees[2], 100, 13, 1, 22, 1, 3972, 100)
    values = 26 + 2 + 4 * 12 + 4
    gps = struct.pack(order + "H", 4)
    gps += struct.pack(order + "HHI", 1, 2, 2) + north.ljust(4, b"\0")
    gps += struct.pack(order + "HHII", 2, 5, 3, values)
    gps += struct.pack(order + "HHI", 3, 2, 2) + west.ljust(4, b"\0")
    gps += struct.pack(order + "HHII", 4, 5, 3, values + 24) + bytes(4)
    tiff = mark + struct.pack(order + "I", 8) + main + gps + rationals
    exif = b"Exif\0\0" + tiff
    return b"\xff\xd8" + before + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + b"\xff\xda\0\2"


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_position_is_read(order: str) -> None:
    found = gps_position(picture(order))
    assert found is not None
    assert found == pytest.approx((52.516272, 13.377700), abs=1e-5)


def test_south_and_west_are_negative() -> None:
    found = gps_position(picture(north=b"S", west=b"W"))
    assert found is not None and found[0] < 0 and found[1] < 0


def test_other_segments_may_come_first() -> None:
    assert gps_position(picture(before=b"\xff\xe0\0\x10JFIF\0" + bytes(9))) is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG",
        b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(9) + b"\xff\xda",
        picture(degrees=(95, 0, 0)),
        picture().replace(b"II*\0", b"XX*\0"),
        b"\xff\xd8" + b"\xff\xe0\0\2" * 100,
    ],
)
def test_no_position(data: bytes) -> None:
    assert gps_position(data) is None


def test_damaged_pictures_raise_nothing() -> None:
    whole = picture()
    for at in range(len(whole)):
        gps_position(whole[:at])
        gps_position(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])


def test_xmp_is_read_up_to_its_limit() -> None:
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a aux:SerialNumber="073024000633"/>'
    assert xmp(b"\xff\xd8\xff\xe1.." + packet + b"</x:xmpmeta>\xff\xd9") == packet
    assert xmp(b"\xff\xd8") == b"" and len(xmp(packet + bytes(XMP_LIMIT))) == XMP_LIMIT


def test_the_equator_and_the_first_meridian_are_places_and_their_crossing_is_none() -> None:
    """0, 0 is what cameras write that know no place."""
    assert gps_position(picture(degrees=(0, 0, 0))) == pytest.approx((0, 13.3777), abs=1e-4)
    nowhere = picture(degrees=(0, 0, 0)).replace(
        struct.pack("<6I", 13, 1, 22, 1, 3972, 100), struct.pack("<6I", *[0, 1] * 3)
    )
    assert gps_position(nowhere) is None
    first = picture().replace(struct.pack("<6I", 13, 1, 22, 1, 3972, 100), struct.pack("<6I", *[0, 1] * 3))
    assert gps_position(first) == pytest.approx((52.516272, 0), abs=1e-5)


@pytest.mark.parametrize("marker", [0xD9, 0xDA])
def test_behind_the_end_of_the_headers_nothing_is_read(marker: int) -> None:
    """End of image and start of scan (ITU-T T.81 B.1.1.3): what follows is pixels."""
    assert gps_position(picture(before=bytes((0xFF, marker, 0, 2)))) is None
    assert gps_position(picture(before=b"\xff\xe0\0\4ab")) is not None


def test_a_part_that_is_not_given_is_none_and_a_division_by_zero_is_damage() -> None:
    seconds = struct.pack("<2I", 5858, 100)
    assert gps_position(picture().replace(seconds, bytes(8))) == pytest.approx((52.5, 13.3777), abs=1e-4)
    assert gps_position(picture().replace(seconds, struct.pack("<2I", 5858, 0))) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (struct.pack("<HHII", 2, 5, 3, 80), struct.pack("<HHII", 2, 10, 3, 80)),  # signed rationals
        (struct.pack("<HHII", 4, 5, 3, 104), struct.pack("<HHII", 4, 5, 2, 104)),  # two parts
        (struct.pack("<HHI", 3, 2, 2), struct.pack("<HHI", 9, 2, 2)),  # no side of the meridian
        (struct.pack("<6I", 13, 1, 22, 1, 3972, 100), struct.pack("<6I", 181, 1, 0, 1, 0, 1)),
        (b"Exif\0\0", b"exif\0\0"),
        (b"\xff\xd8", b"\xff\xd9"),
    ],
)
def test_of_what_a_camera_does_not_write_no_position_is_read(before: bytes, after: bytes) -> None:
    assert gps_position(picture()) is not None and before in picture()
    assert gps_position(picture().replace(before, after, 1)) is None


@pytest.mark.parametrize(("degrees", "latitude"), [((90, 0, 0), 90.0), ((0, 30, 0), 0.5), ((0, 0, 3600), 0.01)])
def test_degrees_minutes_and_seconds(degrees: tuple[int, int, int], latitude: float) -> None:
    for side, sign in ((b"N", 1), (b"S", -1)):
        assert gps_position(picture(north=side, degrees=degrees)) == pytest.approx((sign * latitude, 13.3777), abs=1e-6)


def test_exif_behind_many_segments_is_not_looked_for() -> None:
    assert gps_position(picture(before=b"\xff\xe0\0\2" * 31)) is not None
    assert gps_position(picture(before=b"\xff\xe0\0\2" * 32)) is None
