"""Replaces _ssl, the part of ssl that is OpenSSL.

With it, CPython's own `ssl` can be imported, and a context can be made and configured: clients do so before they know that they need TLS.
A context cannot read certificates or encrypt. The constants are those of OpenSSL 3.
"""

from __future__ import annotations

import os
from typing import Any

from ..missing import missing_module_error, unusable_class, unusable_function

SSL_ERROR_SSL, SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE, SSL_ERROR_WANT_X509_LOOKUP = 1, 2, 3, 4
SSL_ERROR_SYSCALL, SSL_ERROR_ZERO_RETURN, SSL_ERROR_WANT_CONNECT = 5, 6, 7
SSL_ERROR_EOF, SSL_ERROR_INVALID_ERROR_CODE = 8, 10
CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED = 0, 1, 2
VERIFY_DEFAULT, VERIFY_CRL_CHECK_LEAF, VERIFY_CRL_CHECK_CHAIN = 0, 4, 12
VERIFY_X509_STRICT, VERIFY_ALLOW_PROXY_CERTS = 32, 64
VERIFY_X509_TRUSTED_FIRST, VERIFY_X509_PARTIAL_CHAIN = 0x8000, 0x80000
PROTOCOL_SSLv23 = PROTOCOL_TLS = 2
PROTOCOL_TLSv1, PROTOCOL_TLSv1_1, PROTOCOL_TLSv1_2 = 3, 4, 5
PROTOCOL_TLS_CLIENT, PROTOCOL_TLS_SERVER = 16, 17
PROTO_MINIMUM_SUPPORTED, PROTO_MAXIMUM_SUPPORTED = -2, -1
PROTO_SSLv3, PROTO_TLSv1, PROTO_TLSv1_1, PROTO_TLSv1_2, PROTO_TLSv1_3 = range(768, 773)
OP_ALL = 0x80000050
OP_NO_SSLv2, OP_NO_SSLv3, OP_NO_TLSv1 = 0, 0x2000000, 0x4000000
OP_NO_TLSv1_1, OP_NO_TLSv1_2, OP_NO_TLSv1_3 = 0x10000000, 0x8000000, 0x20000000
OP_CIPHER_SERVER_PREFERENCE, OP_SINGLE_DH_USE, OP_SINGLE_ECDH_USE = 0x400000, 0, 0
OP_NO_TICKET, OP_NO_COMPRESSION, OP_ENABLE_MIDDLEBOX_COMPAT = 0x4000, 0x20000, 0x100000
OP_NO_RENEGOTIATION, OP_IGNORE_UNEXPECTED_EOF = 0x40000000, 128
OP_LEGACY_SERVER_CONNECT, OP_ENABLE_KTLS = 4, 8
HOSTFLAG_ALWAYS_CHECK_SUBJECT, HOSTFLAG_NO_WILDCARDS, HOSTFLAG_NO_PARTIAL_WILDCARDS = 1, 2, 4
HOSTFLAG_MULTI_LABEL_WILDCARDS, HOSTFLAG_SINGLE_LABEL_SUBDOMAINS = 8, 16
HOSTFLAG_NEVER_CHECK_SUBJECT = 32
ENCODING_PEM, ENCODING_DER = 1, 2
OPENSSL_VERSION = "OpenSSL 3.0.0 (not in this component)"  # urllib3 refuses other libraries
OPENSSL_VERSION_NUMBER = 0x30000000
OPENSSL_VERSION_INFO = _OPENSSL_API_VERSION = (3, 0, 0, 0, 0)
_DEFAULT_CIPHERS = "@SECLEVEL=2"
HAS_SNI = HAS_ECDH = HAS_ALPN = HAS_TLSv1_2 = HAS_TLSv1_3 = HAS_TLS_UNIQUE = True
HAS_NPN = HAS_SSLv2 = HAS_SSLv3 = HAS_TLSv1 = HAS_TLSv1_1 = HAS_PSK = HAS_PHA = HAS_PSK_TLS13 = (
    False
)

_ALERTS = {
    "CLOSE_NOTIFY": 0,
    "UNEXPECTED_MESSAGE": 10,
    "BAD_RECORD_MAC": 20,
    "RECORD_OVERFLOW": 22,
    "DECOMPRESSION_FAILURE": 30,
    "HANDSHAKE_FAILURE": 40,
    "BAD_CERTIFICATE": 42,
    "UNSUPPORTED_CERTIFICATE": 43,
    "CERTIFICATE_REVOKED": 44,
    "CERTIFICATE_EXPIRED": 45,
    "CERTIFICATE_UNKNOWN": 46,
    "ILLEGAL_PARAMETER": 47,
    "UNKNOWN_CA": 48,
    "ACCESS_DENIED": 49,
    "DECODE_ERROR": 50,
    "DECRYPT_ERROR": 51,
    "PROTOCOL_VERSION": 70,
    "INSUFFICIENT_SECURITY": 71,
    "INTERNAL_ERROR": 80,
    "USER_CANCELLED": 90,
    "NO_RENEGOTIATION": 100,
    "UNSUPPORTED_EXTENSION": 110,
    "CERTIFICATE_UNOBTAINABLE": 111,
    "UNRECOGNIZED_NAME": 112,
    "BAD_CERTIFICATE_STATUS_RESPONSE": 113,
    "BAD_CERTIFICATE_HASH_VALUE": 114,
    "UNKNOWN_PSK_IDENTITY": 115,
}
for _name, _number in _ALERTS.items():
    globals()[f"ALERT_DESCRIPTION_{_name}"] = _number
del _name, _number


class SSLError(OSError):
    """The base class of the errors of ssl. Without OpenSSL, none of them is raised."""

    library = reason = None


class SSLZeroReturnError(SSLError):
    """Never raised."""


class SSLWantReadError(SSLError):
    """Never raised."""


class SSLWantWriteError(SSLError):
    """Never raised."""


class SSLSyscallError(SSLError):
    """Never raised."""


class SSLEOFError(SSLError):
    """Never raised."""


class SSLCertVerificationError(SSLError, ValueError):
    """Never raised."""


def _unusable(name: str) -> Any:
    def method(self: object, *_: Any, **__: Any) -> Any:
        raise missing_module_error("_ssl", f"SSLContext.{name}")

    return method


class _Setting:
    """An attribute of a context."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, context: _SSLContext | None, owner: type) -> Any:
        return self if context is None else context._settings[self._name]

    def __set__(self, context: _SSLContext, value: Any) -> None:
        context._settings[self._name] = value


class _CheckHostname(_Setting):
    """Checking the name of the server requires its certificate, as in OpenSSL."""

    def __set__(self, context: _SSLContext, value: Any) -> None:
        if value and context._settings["verify_mode"] == CERT_NONE:
            context._settings["verify_mode"] = CERT_REQUIRED
        super().__set__(context, bool(value))


class _VerifyMode(_Setting):
    def __set__(self, context: _SSLContext, value: Any) -> None:
        if value == CERT_NONE and context._settings["check_hostname"]:
            raise ValueError("Cannot set verify_mode to CERT_NONE when check_hostname is enabled.")
        super().__set__(context, value)


class _SSLContext:
    """Keeps its settings. It cannot encrypt."""

    _settings: dict[str, Any]

    def __new__(cls, protocol: int, *_: Any) -> _SSLContext:
        self = object.__new__(cls)
        is_client = protocol == PROTOCOL_TLS_CLIENT
        self._settings = {
            "protocol": protocol,
            "options": OP_ALL | OP_NO_SSLv3 | OP_NO_COMPRESSION,
            "check_hostname": is_client,
            "verify_mode": CERT_REQUIRED if is_client else CERT_NONE,
            "verify_flags": VERIFY_X509_TRUSTED_FIRST,
            "minimum_version": PROTO_TLSv1_2,
            "maximum_version": PROTO_MAXIMUM_SUPPORTED,
            "post_handshake_auth": False,
            "keylog_filename": None,
            "num_tickets": 2,
            "sni_callback": None,
            "_msg_callback": None,
            "_host_flags": HOSTFLAG_NO_PARTIAL_WILDCARDS,
        }
        return self

    protocol, options, verify_flags = _Setting(), _Setting(), _Setting()
    check_hostname, verify_mode = _CheckHostname(), _VerifyMode()
    minimum_version, maximum_version = _Setting(), _Setting()
    post_handshake_auth, keylog_filename, num_tickets = _Setting(), _Setting(), _Setting()
    sni_callback, _msg_callback, _host_flags = _Setting(), _Setting(), _Setting()
    security_level = 2

    def set_default_verify_paths(self) -> None:
        """Finds no certificates: a component has no files."""

    def set_ciphers(self, ciphers: str, /) -> None:
        """Is accepted: the host chooses its ciphers."""

    def _set_alpn_protocols(self, protocols: bytes, /) -> None:
        """Is accepted: the host negotiates the protocol."""

    def load_verify_locations(
        self, cafile: Any = None, capath: Any = None, cadata: Any = None
    ) -> None:
        """Reads nothing. Connecting fails anyway, so no certificate is accepted without a check."""
        if cafile is None and capath is None and cadata is None:
            raise TypeError("cafile, capath and cadata cannot be all omitted")

    def cert_store_stats(self) -> dict[str, int]:
        """There are no certificates."""
        return {"x509": 0, "crl": 0, "x509_ca": 0}

    def get_ca_certs(self, binary_form: bool = False) -> list[Any]:
        """There are no certificates."""
        return []

    def get_ciphers(self) -> list[Any]:
        """There are no ciphers."""
        return []

    def session_stats(self) -> dict[str, int]:
        """There are no sessions."""
        return {}

    _wrap_socket = _unusable("wrap_socket")
    _wrap_bio = _unusable("wrap_bio")
    load_cert_chain = _unusable("load_cert_chain")
    load_dh_params = _unusable("load_dh_params")
    set_ecdh_curve = _unusable("set_ecdh_curve")


_SSLSocket = unusable_class("_ssl", "SSLSocket")
SSLSession = unusable_class("_ssl", "SSLSession")
Certificate = unusable_class("_ssl", "Certificate")
MemoryBIO = unusable_class("_ssl", "MemoryBIO")
_test_decode_cert = unusable_function("_ssl", "_test_decode_cert")

_OBJECTS = [
    (129, "serverAuth", "TLS Web Server Authentication", "1.3.6.1.5.5.7.3.1"),
    (130, "clientAuth", "TLS Web Client Authentication", "1.3.6.1.5.5.7.3.2"),
]


def txt2obj(txt: str, name: bool = False) -> tuple[int, str, str, str]:
    """Looks up one of the two purposes of a certificate in TLS."""
    for row in _OBJECTS:
        if txt in (row[1:] if name else row[3:]):
            return row
    raise ValueError(f"unknown object {txt!r}")


def nid2obj(nid: int, /) -> tuple[int, str, str, str]:
    """Looks up one of the two purposes of a certificate in TLS."""
    for row in _OBJECTS:
        if nid == row[0]:
            return row
    raise ValueError(f"unknown NID {nid}")


def RAND_status() -> bool:
    """The host has random bytes."""
    return True


def RAND_add(data: object, entropy: float, /) -> None:
    """The host does not need entropy."""


def RAND_bytes(n: int, /) -> bytes:
    """Random bytes of the host."""
    return os.urandom(n)


def get_default_verify_paths() -> tuple[str, str, str, str]:
    """The names of the variables, and no paths."""
    return ("SSL_CERT_FILE", "", "SSL_CERT_DIR", "")


def get_sigalgs() -> list[str]:
    """There are none."""
    return []
