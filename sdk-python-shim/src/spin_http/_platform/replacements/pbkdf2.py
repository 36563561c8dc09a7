"""PBKDF2 (RFC 8018 section 5.2), which hashlib takes from OpenSSL."""

from __future__ import annotations

import hmac


def pbkdf2_hmac(
    hash_name: str, password: bytes, salt: bytes, iterations: int, dklen: int | None = None
) -> bytes:
    """Derives a key of a password, as `hashlib.pbkdf2_hmac`.

    It is plain Python around the HMAC of CPython, and takes several times as long as OpenSSL.
    """
    if not isinstance(hash_name, str):
        raise TypeError(f"the hash name is {hash_name!r}; use a str")
    if iterations < 1:
        raise ValueError("iteration value must be greater than 0.")
    keyed = hmac.new(bytes(password), None, hash_name)
    length = keyed.digest_size if dklen is None else dklen
    if length < 1:
        raise ValueError("key length must be greater than 0.")
    key = b""
    for number in range(1, -(-length // keyed.digest_size) + 1):
        block = keyed.copy()
        block.update(bytes(salt) + number.to_bytes(4, "big"))
        digest = block.digest()
        total = int.from_bytes(digest, "big")
        for _ in range(iterations - 1):
            block = keyed.copy()
            block.update(digest)
            digest = block.digest()
            total ^= int.from_bytes(digest, "big")
        key += total.to_bytes(keyed.digest_size, "big")
    return key[:length]
