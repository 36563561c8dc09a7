"""The texts equal the table that all SDKs share, in both directions."""

import json
import re
from pathlib import Path

from spin_http import HttpError, StatusError, _reasons
from spin_http._reasons import Reason

TABLE = Path(__file__).parents[2] / "host-test-harness/conformance/sdk-errors.json"


def kind(name):
    """`invalid-url` for `InvalidUrl`."""
    return re.sub(r"(?!^)([A-Z])", r"-\1", name).lower()


def test_every_kind_and_text_equals_the_table():
    rows = json.loads(TABLE.read_text())["reasons"]
    want = {
        row["name"].upper(): Reason(kind(row["kind"]), row["text"])
        for row in rows
        if "python" in row.get("languages", ["python"])
    }
    got = {name: value for name, value in vars(_reasons).items() if isinstance(value, Reason)}
    assert got == want


def test_every_class_has_a_reason_of_its_kind():
    for cls in HttpError.__subclasses__():
        assert cls._reason.kind == cls.kind
        assert cls is StatusError or cls._reason in vars(_reasons).values()
