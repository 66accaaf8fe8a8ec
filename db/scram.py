"""What PostgreSQL keeps instead of a password, made here: no statement or log has the password."""

import hashlib
import hmac
import secrets
from base64 import b64encode

_ROUNDS = 4096  # as PostgreSQL's own


def verifier(password: str) -> str:
    """Make the SCRAM-SHA-256 verifier. Raises ValueError unless it is printable ASCII.

    Other characters have several forms (SASLprep), and clients differ in which they send.
    """
    if not (password.isascii() and password.isprintable()):
        raise ValueError("use printable ASCII characters only")
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${_ROUNDS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
