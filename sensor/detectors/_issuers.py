"""Issuers of a certificate chain: names, sums, a public authority or an interceptor behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from sensor.certificates import NAME_LENGTH, UNREADABLE, load, tolerant
from sensor.detectors._chains import CHAINS_CACHED, MAX_CHAIN, ChainIssuers
from sensor.detectors._interceptors import interceptor_of

MAX_PARTS = 32
"""Parts of names that a laboratory's issuer is compared with: two of each certificate's names."""

PUBLISHED = (
    ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
    ExtensionOID.CRL_DISTRIBUTION_POINTS,
    ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS,
)
"""Extensions of a leaf that public authorities put in (CA/Browser Forum Baseline Requirements 7.1.2.7): where it may be
revoked, and the logs that know it. One of an old public root that no list holds any more has them, too.
"""


@lru_cache(CHAINS_CACHED)
def issuers_of(chain: Sequence[bytes]) -> ChainIssuers | None:
    """Of a chain, leaf first; None for an unreadable leaf."""
    with tolerant():
        certificates = [load(der) for der in chain[:MAX_CHAIN]]
        leaf = certificates[0] if certificates else None
        if leaf is None:
            return None
        try:
            names = _issuer_names([one for one in certificates if one is not None])
            texts = tuple(dict.fromkeys(name.rfc4514_string()[:NAME_LENGTH] for name in names))
            found = interceptor_of(names)
            return ChainIssuers(
                issuer=texts[0],
                issuers=texts,
                names=frozenset({text.lower() for text in texts} | set(_parts(names))),
                sums=tuple(hashlib.sha256(der).hexdigest() for der in chain[:MAX_CHAIN]),
                published=any(extension.oid in PUBLISHED for extension in leaf.extensions),
                interceptor=found.product if found else None,
            )
        except (*UNREADABLE, AttributeError):
            return None


def _issuer_names(certificates: Sequence[x509.Certificate]) -> list[x509.Name]:
    """Issuers of all certificates, and subjects of those above the leaf."""
    above = [one.subject for one in certificates[1:]]
    return [*(one.issuer for one in certificates), *above]


def _parts(names: Sequence[x509.Name]) -> list[str]:
    """Common names and organisations, in small letters."""
    wanted = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    values = (str(one.value) for name in names for oid in wanted for one in name.get_attributes_for_oid(oid))
    return [value[:NAME_LENGTH].lower() for value in islice(values, MAX_PARTS)]
