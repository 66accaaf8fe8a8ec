"""Whether a certificate and its key can be served: asked before any process has to."""

from __future__ import annotations

import base64
import binascii
import re
import ssl
from pathlib import Path

_KEY = re.compile(r"-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----(.*?)-----END", re.DOTALL)
_KINDS = (
    bytes.fromhex("06092a864886f70d010101"),  # RSA
    bytes.fromhex("06082a8648ce3d030107"),  # ECDSA, P-256
    bytes.fromhex("06052b81040022"),  # ECDSA, P-384
    bytes.fromhex("06032b6570"),  # Ed25519
)
"""What granian's TLS has, by object identifier. OpenSSL knows more, and a process that granian
starts with another one panics, which ends the edge."""


def is_fit(cert: Path, key: Path) -> bool:
    """Say whether the two belong together, and are of a kind that the edge can serve."""
    try:
        # without a password of no letters OpenSSL asks for one, and waits
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key, password="")
        return _is_known(key.read_text())
    except (OSError, ValueError):  # also what ssl says of a key that is another certificate's
        return False


def _is_known(pem: str) -> bool:
    found = _KEY.search(pem)
    if found is None:
        return False
    try:
        written = base64.b64decode("".join(found[2].split()), validate=True)
    except binascii.Error:
        return False
    return found[1].startswith("RSA") or any(kind in written for kind in _KINDS)
