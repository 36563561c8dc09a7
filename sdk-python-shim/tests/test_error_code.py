"""The error codes of wasi:http."""

import json
import re
from pathlib import Path

from spin_http import ExchangeTimeoutError, Request
from spin_http._error_code import CODE_OF_CASE, ERROR_FROM_CODE, error_from_code

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "host-test-harness/conformance/wasi-error-codes.json"
WIT = ROOT / "wit/deps/wasi-http/http.wit"
REQUEST = Request("GET", "https://api.test/")


def test_the_kinds_equal_the_table_that_all_sdks_share():
    got = {
        code: "".join(word.capitalize() for word in cls.kind.split("-"))
        for code, cls in ERROR_FROM_CODE.items()
    }
    assert got == json.loads(TABLE.read_text())["codes"]


def test_every_code_of_the_wit_is_mapped_in_order():
    [cases] = re.findall(r"variant error-code \{(.*?)\n  \}", WIT.read_text(), re.DOTALL)
    names = re.findall(r"^\s*([A-Za-z-]+)[(,]", re.sub(r"//.*", "", cases), re.MULTILINE)
    assert list(ERROR_FROM_CODE) == names
    assert len(CODE_OF_CASE) == len(names) == 39


def test_an_error_has_its_cause_and_names_it():
    for code, cls in ERROR_FROM_CODE.items():
        error = error_from_code(code, "the detail", REQUEST)
        assert type(error) is cls
        assert error.cause == code
        assert (f"{code} (the detail)" in str(error)) == (code != "HTTP-request-denied")
        assert isinstance(error, TimeoutError) == code.endswith("timeout")
    assert ERROR_FROM_CODE["DNS-timeout"] is ExchangeTimeoutError


def test_an_error_says_what_has_failed():
    failed = "the body is not complete"
    for code, want in [("HTTP-protocol-error", f"{failed}: HTTP-protocol-error"), (None, failed)]:
        error = error_from_code(code, "", REQUEST, failed)
        assert str(error) == f"GET https://api.test/: {want}"


def test_without_a_code_the_host_has_not_said_why():
    error = error_from_code(None, "", REQUEST)
    assert (error.kind, error.cause) == ("runtime-error", None)
