"""What the standard library does in a component. Each function fails by an exception."""

import bz2
import codecs
import ctypes
import ctypes.util
import ctypes.wintypes
import datetime
import hashlib
import hmac
import json
import lzma
import mmap
import secrets
import ssl
import struct
import time
from bz2 import BZ2File
from ctypes import POINTER, Structure, byref, c_char, c_int, sizeof
from decimal import Decimal
from lzma import LZMAFile
from mmap import mmap as Map
from ssl import SSLContext, create_default_context

TEXTS = {
    "windows-1251": "Привет",
    "koi8-r": "Привет",
    "cp866": "Привет",
    "shift_jis": "日本語",
    "euc-jp": "日本語",
    "iso-2022-jp": "日本語",
    "gb18030": "中文",
    "gbk": "中文",
    "big5": "中文",
    "euc-kr": "한국어",
    "cp437": "é",
    "mac-roman": "é",
    "iso-8859-2": "ž",
    "windows-1252": "€",
    "utf-7": "é€",
    "utf-8-sig": "é€",
    "utf-16": "é€",
    "utf-32": "é€",
    "unicode-escape": "é€\n",
    "raw-unicode-escape": "é€",
    "idna": "bücher.example",
    "punycode": "bücher",
    "ascii": "a",
    "latin-1": "é",
    "hz": "中文",
    "tis-620": "ไทย",
    "ptcp154": "Ж",
    "charmap": "a",
}


def each_codec_encodes_and_decodes():
    wrong = {name: text for name, text in TEXTS.items() if text.encode(name).decode(name) != text}
    assert not wrong, wrong


def each_codec_of_bytes_encodes_and_decodes():
    for name in ["base64", "hex", "quopri", "uu", "zlib"]:
        assert codecs.decode(codecs.encode(b"text", name), name) == b"text", name
    assert codecs.encode("text", "rot13") == "grkg"


def every_codec_of_the_standard_library_is_found():
    import encodings.aliases

    of_windows_or_missing = {"mbcs", "bz2_codec"}
    absent = []
    for name in set(encodings.aliases.aliases.values()) - of_windows_or_missing:
        try:
            codecs.lookup(name)
        except LookupError:
            absent.append(name)
    assert not absent, absent


def dates_are_parsed():
    assert datetime.datetime.strptime("2024-02-03 04:05", "%Y-%m-%d %H:%M").day == 3
    assert time.strptime("3 Feb 2024", "%d %b %Y").tm_mon == 2
    assert datetime.datetime(2024, 2, 3).strftime("%A %d %B") == "Saturday 03 February"


def time_zones_are_those_of_tzdata():
    import zoneinfo

    summer = datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    assert summer.utcoffset() == datetime.timedelta(hours=2)
    assert zoneinfo.ZoneInfo("America/Argentina/Ushuaia").key == "America/Argentina/Ushuaia"
    assert len(zoneinfo.available_timezones()) > 400
    try:
        zoneinfo.ZoneInfo("Europe/Nowhere")
    except zoneinfo.ZoneInfoNotFoundError:
        return
    raise AssertionError("a time zone that does not exist")


def functions_with_late_imports_work():
    import csv
    import email
    import email.message
    import email.utils
    import fractions
    import gettext
    import io
    import locale
    import logging.config
    import mimetypes
    import random
    import string
    import urllib.request
    import xml.dom.minidom
    import xml.etree.ElementTree

    message = email.message.EmailMessage()
    message["subject"] = "é"
    message.set_content("text")
    assert "text" in message.as_string()
    assert email.message_from_string("subject: a\n\nb")["subject"] == "a"
    assert email.utils.formatdate(0) == "Thu, 01 Jan 1970 00:00:00 -0000"
    assert list(csv.DictReader(io.StringIO("a,b\n1,2"))) == [{"a": "1", "b": "2"}]
    assert json.loads("1.10", parse_float=Decimal) == Decimal("1.10")
    assert fractions.Fraction(Decimal("0.5")) == fractions.Fraction(1, 2)
    assert mimetypes.guess_type("a.html")[0] == "text/html"
    assert random.Random(1).binomialvariate(10, 0.5) >= 0
    assert string.Template("$a").substitute(a=1) == "1"
    assert urllib.request.getproxies() == {}
    assert xml.dom.minidom.parseString("<a/>").documentElement.tagName == "a"
    assert xml.etree.ElementTree.fromstring("<a><b/></a>")[0].tag == "b"
    assert locale.getpreferredencoding()
    assert gettext.gettext("a") == "a"
    assert int("9" * 4000) % 10 == 9
    logging.config.dictConfig({"version": 1})


def errors_have_their_own_text():
    import difflib
    import inspect

    try:
        dates_are_parzed()
    except NameError as error:
        import traceback

        assert "dates_are_parsed" in "".join(traceback.format_exception(error))
    assert "def errors_have" in inspect.getsource(errors_have_their_own_text)
    assert difflib.get_close_matches("appel", ["apple"]) == ["apple"]


def a_modern_annotation_is_read():
    import dataclasses
    import typing

    @dataclasses.dataclass
    class Point:
        x: int
        y: "int | None" = None

    assert typing.get_type_hints(Point) == {"x": int, "y": int | None}
    assert dataclasses.asdict(Point(1)) == {"x": 1, "y": None}


def hashes_are_those_of_their_standards():
    assert hashlib.sha256(b"").hexdigest().startswith("e3b0c442")
    assert hashlib.new("sha3_256", b"").hexdigest().startswith("a7ffc6f8")
    assert hmac.new(b"key", b"text", "sha256").digest_size == 32
    # RFC 7914 section 11
    want = "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
    assert hashlib.pbkdf2_hmac("sha256", b"passwd", b"salt", 1, 32).hex() == want
    # RFC 6070
    want = "4b007901b765489abead49d926f721d065a429c1"
    assert hashlib.pbkdf2_hmac("sha1", b"password", b"salt", 4096).hex() == want


def every_secret_has_its_length():
    assert len(secrets.token_hex(16)) == 32
    assert len(ssl.RAND_bytes(4)) == 4


class _Unraisable:
    def __del__(self):
        raise ValueError("nobody can catch this")


class Point(Structure):
    _fields_ = [("x", c_int), ("name", c_char * 8)]


PointPointer = POINTER(Point)


def _raises(function, says, kind=ImportError):
    try:
        result = function()
    except kind as error:
        assert says in str(error), error
    else:
        raise AssertionError(result)


def using_a_missing_module_says_what_to_do():
    import io
    import tarfile
    import zipfile

    for function, says in {
        lambda: bz2.compress(b""): "`bz2.compress` does not work: Python in a component is built",
        lambda: BZ2File(io.BytesIO()): "`bz2.BZ2File` does not work",
        lambda: lzma.decompress(b""): "`lzma.decompress` does not work",
        lambda: LZMAFile(io.BytesIO()): "use gzip or zlib",
        lambda: Map(-1, 10): "`mmap.mmap` does not work",
        lambda: mmap.mmap(-1, 10): "cannot map files",
        lambda: c_int(7): "`ctypes.c_int` does not work",
        lambda: Point(): "`ctypes.Point` does not work",
        lambda: sizeof(Point): "`ctypes.sizeof` does not work",
        lambda: byref(1): "cannot load libraries of C",
        lambda: create_default_context().wrap_bio(None, None): "`ssl.SSLContext.wrap_bio` does not",
        lambda: ssl.MemoryBIO(): "use http_send",
        lambda: create_default_context().load_cert_chain("a.pem"): "the host encrypts",
    }.items():
        _raises(function, says)
    _raises(lambda: ctypes.CDLL("libc.so.6"), "cannot load 'libc.so.6'", OSError)
    _raises(lambda: ctypes.cdll.LoadLibrary("c"), "cannot load 'c'", OSError)
    _raises(lambda: tarfile.open(fileobj=io.BytesIO(b"x" * 600)), "not", tarfile.ReadError)
    _raises(lambda: zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_LZMA).writestr("a", "b"), "lzma")
    assert ctypes.util.find_library("c") is None
    assert ctypes.wintypes.DWORD


def a_context_of_tls_keeps_its_settings():
    context = create_default_context()
    assert isinstance(context, SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.load_verify_locations(cadata="certificates")
    _raises(lambda: setattr(context, "verify_mode", ssl.CERT_NONE), "check_hostname", ValueError)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    assert context.verify_mode is ssl.CERT_NONE
    assert ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).verify_mode is ssl.CERT_NONE


def modules_that_are_often_imported_can_be_imported():
    import concurrent.futures
    import multiprocessing
    import multiprocessing.pool
    import selectors
    import socket
    import subprocess
    import threading

    assert all([concurrent.futures, multiprocessing, selectors, socket, subprocess, threading])


def a_traceback_is_one_write():
    """The host makes one record of a write that ends with a newline."""
    import logging
    import sys
    import traceback

    raw, writes = sys.stderr.buffer, []
    raw.write = lambda data: writes.append(bytes(data)) or len(data)
    try:
        try:
            dates_are_parzed()
        except NameError:
            for function in [
                traceback.print_exc,
                traceback.print_stack,
                lambda: logging.getLogger("app").exception("a text"),
                lambda: logging.getLogger("app").warning("%d", "not a number"),
                lambda: sys.excepthook(*sys.exc_info()),
                _Unraisable,
            ]:
                writes.clear()
                function()
                assert len(writes) == 1, writes
                assert writes[0].endswith(b"\n"), writes
                assert writes[0].count(b"\n") > 2, writes
    finally:
        del raw.write


def the_clock_is_that_of_the_instance():
    assert time.time() > 1.7e9
    assert struct.calcsize("P") == 4
