"""The replacements of missing modules, compared with those of native Python."""

import hashlib
import lzma
import mmap
import ssl
import tarfile

import pytest

from spin_http._platform.missing import MissingModuleError, missing_module_error
from spin_http._platform.replacements import _ssl, bz2, ctypes
from spin_http._platform.replacements import lzma as our_lzma
from spin_http._platform.replacements import mmap as our_mmap
from spin_http._platform.replacements.pbkdf2 import pbkdf2_hmac


@pytest.mark.parametrize(
    "arguments",
    [
        ("sha1", b"password", b"salt", 1),
        ("sha256", b"password", b"salt", 50, 100),
        ("sha512", b"", b"", 2, 1),
        ("md5", b"x" * 200, bytearray(b"salt"), 3, 16),
        ("sha256", memoryview(b"password"), b"salt", 1, 32),
    ],
)
def test_pbkdf2_derives_the_key_of_hashlib(arguments):
    assert pbkdf2_hmac(*arguments) == hashlib.pbkdf2_hmac(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("sha1", b"", b"", 0),
        ("sha1", b"", b"", -1),
        ("sha1", b"", b"", 1, 0),
        (b"sha1", b"", b"", 1),
        ("sha1", "text", b"", 1),
        ("no-hash", b"", b"", 1),
    ],
)
def test_pbkdf2_refuses_what_hashlib_refuses(arguments):
    with pytest.raises((TypeError, ValueError)) as want:
        hashlib.pbkdf2_hmac(*arguments)
    with pytest.raises(TypeError if issubclass(want.type, TypeError) else ValueError):
        pbkdf2_hmac(*arguments)


@pytest.mark.parametrize(("ours", "native"), [(our_lzma, lzma), (our_mmap, mmap)])
def test_constants_are_those_of_native_python(ours, native):
    wrong = {
        name: value
        for name, value in vars(ours).items()
        if name.isupper() and value != getattr(native, name, value)
    }
    wrong.pop("PAGESIZE", None)  # of the platform
    wrong.pop("ALLOCATIONGRANULARITY", None)
    assert not wrong


def test_each_public_name_of_lzma_and_bz2_exists():
    import bz2 as native_bz2

    for ours, native in [(our_lzma, lzma), (bz2, native_bz2)]:
        assert not [name for name in native.__all__ if not hasattr(ours, name)], native


def test_the_numbers_of_openssl_are_those_of_native_python():
    import _ssl as native

    prefixes = ("ALERT_", "CERT_", "PROTO", "SSL_ERROR_", "VERIFY_", "HOSTFLAG_", "ENCODING_")
    for name, value in vars(_ssl).items():
        if name.startswith(prefixes):
            assert getattr(native, name, value) == value, name
    assert ssl.Purpose.SERVER_AUTH.value[0] == _ssl.txt2obj("serverAuth", name=True)[0]


def test_types_of_c_can_be_declared_and_not_used():
    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("names", ctypes.c_char * 4 * 2)]  # noqa: RUF012

    assert ctypes.POINTER(Point) is not None
    assert ctypes.CFUNCTYPE(None, Point)
    for use in [Point, ctypes.c_int, ctypes.CFUNCTYPE(None), lambda: Point.from_address(1)]:
        with pytest.raises(MissingModuleError, match="built without `ctypes`"):
            use()
    with pytest.raises(OSError, match="cannot load 'libc'"):
        ctypes.CDLL("libc")


def test_the_error_makes_tarfile_try_its_next_compression():
    error = missing_module_error("bz2", "BZ2File")
    assert isinstance(error, (ImportError, tarfile.CompressionError))
    assert isinstance(error, tarfile.CompressionError)
    assert str(error) == (
        "`bz2.BZ2File` does not work: Python in a component is built without `bz2`; "
        "use gzip or zlib, or a library in plain Python"
    )
