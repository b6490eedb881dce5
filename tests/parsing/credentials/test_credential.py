"""Authorization values from the RFCs' own examples (7617, 7616, 6750, 3261) and from makers' documentation."""

from __future__ import annotations

import base64

import pytest

from sensor.events import Login, Span
from sensor.model import Secret, Side
from sensor.parsing.credentials.credential import Credential, authorization, is_token, negotiated, parameters, realm

RFC_7616 = (
    b'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=MD5, '
    b'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, '
    b'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, '
    b'response="8ca523f5e9506fed4657c9700eebdbec", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


def test_a_credential_becomes_a_login_with_all_its_fields() -> None:
    digest = Credential("password", "anna", Secret(b"$response$8ca5"), "digest-md5", clear=False, name="Authorization")
    span = Span(Side.CLIENT, 0, 90)
    assert digest.login(resource="/index.html", verifier=Side.CLIENT, spans=(span,)) == Login(
        mechanism="password",
        username="anna",
        secret=Secret(b"$response$8ca5"),
        scheme="digest-md5",
        clear=False,
        name="Authorization",
        resource="/index.html",
        verifier=Side.CLIENT,
        spans=(span,),
    )


def test_the_protocol_around_a_credential_can_name_its_scheme() -> None:
    login = Credential("token", None, Secret(b"4f2c9d"), "json", name="apikey").login(scheme="jsonrpc")
    assert (login.scheme, login.name, login.accepted, login.resource) == ("jsonrpc", "apikey", None, None)


def test_basic_from_rfc_7617() -> None:
    assert authorization(b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "GET") == Credential(
        "password", "Aladdin", Secret("open sesame"), "basic"
    )
    assert authorization(b"basic dGVzdDoxMjPCow==", "GET") == Credential("password", "test", Secret("123£"), "basic")
    assert authorization(b"Basic Og==", "GET") == Credential("password", "", Secret(b""), "basic")


def test_digest_from_rfc_7616_in_the_form_of_john() -> None:
    found = authorization(RFC_7616, "GET")
    assert found is not None
    assert (found.username, found.scheme, found.clear) == ("Mufasa", "digest-md5", False)
    assert found.secret == Secret(
        "$response$8ca523f5e9506fed4657c9700eebdbec$Mufasa$http-auth@example.org$GET$/dir/index.html$"
        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
        "$00000001$f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ$auth"
    )


def test_a_digest_of_an_unregistered_algorithm() -> None:
    found = authorization(RFC_7616.replace(b"algorithm=MD5", b"algorithm=aVerySecretWord"), "GET")
    assert found is not None and found.scheme == "digest-other"


def test_sip_digest_in_the_form_of_hashcat() -> None:
    value = (
        b'Digest username="bob",realm="biloxi.example",nonce="dcd98b",uri="sip:biloxi.example",'
        b'response="245f23415f11432b3434341c022",algorithm=MD5'
    )
    found = authorization(value, "REGISTER", sip=("192.0.2.4", "192.0.2.1"))
    assert found is not None
    assert found.secret == Secret(
        "$sip$"
        "*192.0.2.4*192.0.2.1*bob*biloxi.example*REGISTER*sip*biloxi.example**dcd98b****MD5*245f23415f11432b3434341c022"
    )


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (b"Bearer mF_9.B5f-4.1JqM", Credential("token", None, Secret("mF_9.B5f-4.1JqM"), "bearer")),
        (b"Token token=0123456789abcdef", Credential("token", None, Secret("0123456789abcdef"), "token")),
        (b"GoogleLogin auth=yourAuthValue", Credential("token", None, Secret("yourAuthValue"), "googlelogin")),
        (b"CustomAuth customAuthDataHere", Credential("token", None, Secret("customAuthDataHere"), "other")),
        (b"first-half-of-it second-half", Credential("token", None, Secret("second-half"), "other")),
        (b"AKIDEXAMPLEONLYONEWORD", Credential("token", None, Secret("AKIDEXAMPLEONLYONEWORD"), "authorization")),
        (
            b"AWS4-HMAC-SHA256 Credential=AKID/2026/iam, SignedHeaders=host, Signature=5d67",
            Credential(
                "key",
                "AKID/2026/iam",
                Secret("Credential=AKID/2026/iam, SignedHeaders=host, Signature=5d67"),
                "aws4-hmac-sha256",
                clear=False,
            ),
        ),
        (b"SharedKey account:c2ln", Credential("key", "account", Secret("account:c2ln"), "sharedkey", clear=False)),
        (
            (
                b'WSSE UsernameToken Username="bob", PasswordDigest="quR/EWLAV4xLf9Zqyw4pDmfV9OY=", Nonce="d36e", '
                b'Created="2003-12-15"'
            ),
            Credential(
                "password",
                "bob",
                Secret(
                    'UsernameToken Username="bob", PasswordDigest="quR/EWLAV4xLf9Zqyw4pDmfV9OY=", Nonce="d36e", '
                    'Created="2003-12-15"'
                ),
                "wsse",
                clear=False,
            ),
        ),
    ],
)
def test_other_schemes(value: bytes, want: Credential) -> None:
    assert authorization(value, "GET") == want


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"Basic %s",
        b"Basic",
        b"Bearer",
        b"Bearer null",
        b"Bearer <token>",
        b"Digest",
        b'Digest username="a"',
        b"NTLM TlRM",
        b"Negotiate YII=",
        b"${AUTH}",
    ],
)
def test_what_is_no_credential(value: bytes) -> None:
    assert authorization(value, "GET") is None


def test_parameters_undo_quotes_and_the_realm_is_one_of_them() -> None:
    assert parameters(rb'a="x \"y\" \\ z", B=2 , c=\'d\'') == {"a": 'x "y" \\ z', "b": "2", "c": "d"} or parameters(
        b"c='d'"
    ) == {"c": "d"}
    assert realm(b'Basic realm="Router \\"7\\""') == 'Router "7"'
    assert realm(b"NTLM") is None


def test_negotiated_messages() -> None:
    assert negotiated(b"NTLM " + base64.b64encode(b"NTLMSSP\0\1")) == b"NTLMSSP\0\1"
    assert negotiated(b"Negotiate !!") is None
    assert negotiated(b"Basic QQ==") is None


@pytest.mark.parametrize(
    ("value", "want"),
    [
        ("abc", False),
        ("null", False),
        ("%s", False),
        ("{token}", False),
        ("a b c d", False),
        ("xxxx", False),
        ("XxXxXxXxXx", False),
        ("xxxxy", True),
        ("Anonymous", False),
        ("anonymous1", True),
        ("YOUR_API_KEY_HERE", False),
        ("insert-token", False),
        ("yourself1234", True),
        ("k3y-7", True),
    ],
)
def test_values_that_are_secrets(value: str, want: bool) -> None:
    assert is_token(value) is want


@pytest.mark.parametrize(
    ("value", "name", "secret"),
    [
        (b"Acme session=8e7d6c5b4a3f, PublicKey=a1b2c3d4e5f6", "Acme session", "8e7d6c5b4a3f"),
        (b"Acme Nonce=a1b2c3d4e5f6, Key=8e7d6c5b4a3f", "Acme key", "8e7d6c5b4a3f"),
        (b"Acme token=8e7d6c5b4a3f, Client=app", "Acme token", "8e7d6c5b4a3f"),
        (b"EGO1 Token=8e7d6c5b4a3f, Client=app", "EGO1 token", "8e7d6c5b4a3f"),
        # The first word may be the secret.
        (b"x9y8z7 session=8e7d6c5b4a3f", "session", "8e7d6c5b4a3f"),
    ],
)
def test_a_scheme_that_nobody_knows_with_parameters(value: bytes, name: str | None, secret: str) -> None:
    found = authorization(value, "GET")
    assert found is not None
    assert (found.mechanism, found.scheme, found.name, found.secret) == ("token", "other", name, Secret(secret))


@pytest.mark.parametrize("name", ["Authentication", "response", "proof", "hmac", "sig"])
def test_an_answer_to_a_nonce_is_no_token(name: str) -> None:
    """The proof is for one nonce; a token beside it opens nothing without the next proof (RFC 7616 3.3, 3.4)."""
    value = f'Acme Client="0011aa", Nonce="OZMpYZH1qJot", SessionToken="kcK0TgzC4h7UlXarZzLB", {name}="8e7d6c5b4a3f=="'
    found = authorization(value.encode(), "GET")
    assert found is not None
    assert (found.clear, found.mechanism, found.scheme) == (False, "key", "nonce-proof")
    assert found.username == "0011aa"


@pytest.mark.parametrize(
    "value",
    [
        'Acme SessionToken="kcK0TgzC4h7UlXarZzLB", Authentication="8e7d6c5b4a3f=="',
        'Acme Nonce="OZMpYZH1qJot", SessionToken="kcK0TgzC4h7UlXarZzLB"',
        'Acme Nonce="", SessionToken="kcK0TgzC4h7UlXarZzLB", Authentication="8e7d6c5b4a3f=="',
    ],
)
def test_a_token_without_a_proof_for_a_nonce_stays_readable(value: str) -> None:
    found = authorization(value.encode(), "GET")
    assert found is not None and found.clear and found.secret == Secret("kcK0TgzC4h7UlXarZzLB")


def test_parameters_that_carry_no_secret() -> None:
    value = b"Acme PublicKey=a1b2c3d4e5f6, Nonce=12345678abcd, Client=app12345, RequestNr=12345678"
    assert authorization(value, "GET") is None
