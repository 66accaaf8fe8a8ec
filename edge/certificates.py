"""Whether a certificate and its key can be served: asked before any process has to."""

from __future__ import annotations

import base64
import binascii
import re
import ssl
from contextlib import suppress
from pathlib import Path

_KEY = re.compile(r"-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----(.*?)-----END", re.DOTALL)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END", re.DOTALL)
_LENGTH = rb"(?:[\x00-\x7f]|\x81.|\x82..|\x83...)"
_VERSION_3 = re.compile(rb"\x30%b\x30%b\xa0\x03\x02\x01\x02" % (_LENGTH, _LENGTH), re.DOTALL)
"""How a certificate of version 3 begins; granian's TLS panics at older ones, as below."""

_KINDS = (
    bytes.fromhex("06092a864886f70d010101"),  # RSA
    bytes.fromhex("06082a8648ce3d030107"),  # ECDSA, P-256
    bytes.fromhex("06052b81040022"),  # ECDSA, P-384
    bytes.fromhex("06032b6570"),  # Ed25519
)
"""What granian's TLS has, by object identifier. OpenSSL knows more, and a process that granian
starts with another one panics, which ends the edge."""

_DATES = frozenset({9, 10})  # OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and _HAS_EXPIRED
_TURNS = 3  # what a handshake takes, and one more


def is_fit(cert: Path, key: Path) -> bool:
    """Say whether the two belong together, and are of a kind that the edge can serve."""
    try:
        # without a password of no letters OpenSSL asks for one, and waits
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key, password="")
        return _is_known(key.read_text()) and _is_version_3(cert.read_text())
    except (OSError, ValueError):  # also what ssl says of a key that is another certificate's
        return False


def is_out_of_date(cert: Path, key: Path) -> bool:
    """Say whether clients would refuse it for its dates: it has expired, or is not valid yet.

    A client that trusts just this certificate is asked, over no network: what reads a date out of
    a certificate is private in `ssl`. The two have to fit.
    """
    try:
        client, server = _ends(cert, key)
        for _ in range(_TURNS):
            for end in (client, server):
                with suppress(ssl.SSLWantReadError):
                    end.do_handshake()
    except ssl.SSLCertVerificationError as error:
        return error.verify_code in _DATES
    except OSError:
        return True  # it was replaced meanwhile
    return False


def _ends(cert: Path, key: Path) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key, password="")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # else its issuer would be asked for
    client.load_verify_locations(cert)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    return client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True)


def _is_known(pem: str) -> bool:
    found = _KEY.search(pem)
    if found is None:
        return False
    written = _decoded(found[2])
    return found[1].startswith("RSA") or any(kind in written for kind in _KINDS)


def _is_version_3(pem: str) -> bool:
    found = _CERTIFICATE.search(pem)
    return found is not None and _VERSION_3.match(_decoded(found[1])) is not None


def _decoded(written: str) -> bytes:
    """Give the bytes of a PEM's part; none where it has others than Base64's letters."""
    try:
        return base64.b64decode("".join(written.split()), validate=True)
    except binascii.Error:
        return b""
