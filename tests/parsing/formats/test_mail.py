"""Tests for sensor.parsing.formats.mail: text, files in base64 and quoted-printable, nests, cuts and nonsense."""

from __future__ import annotations

import base64

import pytest

from sensor.events import DATA_LIMIT, Span, Transfer
from sensor.model import Side
from sensor.parsing.formats.mail import PARTS_LIMIT, mail

PICTURE = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256))


def transfers(raw: bytes, **more: object) -> list[Transfer]:
    return list(mail(Side.CLIENT, "smtp", raw, len(raw), **more))


def test_a_mail_of_text_is_one_object() -> None:
    raw = b"From: cam@example.com\r\nSubject: motion\r\n\r\nsomebody is at the door\r\n"
    assert transfers(raw, spans=(Span(Side.CLIENT, 1, 2),)) == [
        Transfer(
            side=Side.CLIENT,
            application="smtp",
            media_type="message/rfc822",
            size=len(raw),
            data=raw,
            spans=(Span(Side.CLIENT, 1, 2),),
        )
    ]


def test_the_pictures_of_a_camera_are_decoded() -> None:
    encoded = base64.encodebytes(PICTURE).replace(b"\n", b"\r\n")
    raw = (
        b'Subject: motion\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary="--=_cut"\r\n'
        b"\r\npreamble\r\n"
        b"----=_cut\r\nContent-Type: text/plain\r\n\r\nsee picture\r\n"
        b'----=_cut\r\nContent-Type: image/jpeg; name="door.jpg"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + encoded
        + b"\r\n"
        b"----=_cut\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=log.csv\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db\r\n"
        b"----=_cut--\r\n"
    )
    whole, picture, log = transfers(raw)
    assert whole.media_type == "message/rfc822"
    assert (picture.name, picture.media_type, picture.data) == ("door.jpg", "image/jpeg", PICTURE)
    assert (log.name, log.media_type, log.data.strip()) == ("log.csv", "text/csv", b"a=b")


def test_parts_in_parts_and_a_mail_that_is_one_file() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/related; boundary=b\n\n"
        b"--b\nContent-Type: image/png\n\npng\n--b--\n"
        b"--a\nContent-Type: application/zip\n\nzip\n--a--\n"
    )
    assert [(part.media_type, part.data.strip()) for part in transfers(raw)[1:]] == [
        ("image/png", b"png"),
        ("application/zip", b"zip"),
    ]
    single = transfers(b"Content-Type: image/gif\nContent-Transfer-Encoding: base64\n\nR0lG\nODlh\n")
    assert [(part.media_type, part.data) for part in single[1:]] == [("image/gif", b"GIF89a")]


def test_base64_that_is_cut_anywhere_is_decoded_as_far_as_it_goes() -> None:
    encoded = base64.b64encode(PICTURE)
    for cut in range(len(encoded)):
        part = transfers(b"Content-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n" + encoded[:cut])[1]
        assert PICTURE.startswith(part.data) and len(part.data) >= cut * 3 // 4 - 2


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"Content-Type: multipart/mixed",
        b"Content-Type: multipart/mixed; boundary=\n\n--\n",
        b"\xff\x00" * 50,
    ],
)
def test_nonsense_is_one_object(raw: bytes) -> None:
    assert [item.media_type for item in transfers(raw)] == ["message/rfc822"]


def test_bounds() -> None:
    many = b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\nContent-Type: image/png\n\nx\n" * (PARTS_LIMIT * 3)
    assert len(transfers(many)) == 1 + PARTS_LIMIT
    deep = (
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(50))
        + b"Content-Type: image/png\n\nx"
    )
    assert len(transfers(deep)) == 1
    large = b"Content-Type: image/png\n\n" + b"x" * (2 * DATA_LIMIT)
    assert all(len(item.data) <= DATA_LIMIT for item in transfers(large))
    assert transfers(large)[0].size == len(large)


def test_a_part_without_a_header_begins_with_its_empty_line() -> None:
    """RFC 2046 §5.1: with either end of a line."""
    for end in (b"\r\n", b"\n"):
        raw = end.join(
            (
                b"Content-Type: multipart/mixed; boundary=cut",
                b"",
                b"--cut",
                b"",
                b"only text",
                b"",
                b"--cut",
                b"Content-Type: image/png; name=a.png",
                b"",
                b"picture",
                b"--cut--",
                b"",
            )
        )
        found = transfers(raw)
        assert [(one.name, one.data.strip()) for one in found[1:]] == [("a.png", b"picture")], end


def test_names_of_kinds_are_bounded() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: image/"
        + b"x" * 300
        + b"; name=a\r\n\r\nz\r\n--cut--"
    )
    assert [len(one.media_type or "") for one in transfers(raw)][1:] == [100]


@pytest.mark.parametrize(("outer", "inner"), [(1, 15), (1, 16), (1, 17), (2, 8), (2, 9), (4, 5), (16, 1), (17, 1)])
def test_no_more_than_sixteen_files_of_a_mail(outer: int, inner: int) -> None:
    """However they are nested."""
    part = b"--b\nContent-Type: image/png\n\npng\n" * inner + b"--b--\n"
    parts = (b"--a\nContent-Type: multipart/mixed; boundary=b\n\n" + part) * outer + b"--a--\n"
    found = transfers(b"Content-Type: multipart/mixed; boundary=a\n\n" + parts)[1:]
    assert [one.data.strip() for one in found] == [b"png"] * min(16, outer * inner)
