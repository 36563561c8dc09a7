"""The cases that the drivers of all languages run."""

import base64
import json
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from spin_harness import App, HarnessError, Mocks, UnmetMocksError

CASES = json.loads((Path(__file__).parents[2] / "driver/cases.json").read_text())
STEPS = {"call", "close", "expect", "listen", "load", "received", "report", "request", "verify"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case, probes, tmp_path):
    for name, text in case.get("files", {}).items():
        (tmp_path / name).write_text(text)

    def load(options, mocks):
        text = json.dumps(options).replace("$folder", str(tmp_path)).replace("$probes", str(probes))
        options = json.loads(text)
        if "record" in options:
            options["record"] = options["record"]["file"]
        return App.load(**options, mocks=mocks)

    started = time.monotonic()
    mocks = Mocks() if "expect" in case else None
    for mock in case.get("expect", []):
        mocks._native.expect(json.dumps(mock), None)
    if "failure" in case:
        with pytest.raises(HarnessError) as raised:
            load(case["load"], mocks)
        check_failure(raised.value, case["failure"])
        return
    app = load(case["load"], mocks)
    for step in case["steps"]:
        (name,) = STEPS & step.keys()
        if name == "load":
            app = load(step["load"], None)
        else:
            check_step(name, step, app, mocks)
    assert time.monotonic() - started < case.get("seconds", 60)


def check_step(name, step, app, mocks):
    value = step[name]
    if name == "call":
        check_call(step, value, app)
    elif name == "request":
        method, url = value.get("method", "GET"), value["url"]
        options = {"headers": value.get("headers"), "body": value.get("body")}
        if "failure" in step:
            with pytest.raises(HarnessError) as raised:
                app.request(method, url, **options)
            check_failure(raised.value, step["failure"])
        else:
            response = app.request(method, url, **options)
            check_response(step, response.status, response.text)
    elif name == "listen":
        if "failure" in step:
            with pytest.raises(HarnessError) as raised:
                app.listen()
            check_failure(raised.value, step["failure"])
        else:
            check_response(step, *get(app.listen() + value["url"]))
    elif name == "expect":
        if "failure" in step:
            with pytest.raises(HarnessError) as raised:
                mocks._native.expect(json.dumps(value), None)
            check_failure(raised.value, step["failure"])
        else:
            mocks._native.expect(json.dumps(value), None)
    elif name == "received":
        got = [
            {"method": one.method, "url": one.url, "body": one.text, "mock": one.mock}
            for one in mocks.received
        ]
        assert got == value
    elif name == "verify":
        check_verify(mocks, value)
    elif name == "report":
        report = app.report()
        assert value.get("stdout", "") in report.stdout
        assert value.get("stderr", "") in report.stderr
        calls = [
            {"method": call.method, "url": call.url, "outcome": call.outcome}
            for call in report.calls
        ]
        assert calls == value["calls"]
    else:
        assert name == "close"
        app.close()


def get(url):
    try:
        with urlopen(url, timeout=60) as response:
            return response.status, response.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def check_verify(mocks, want):
    reasons = []
    try:
        mocks.verify()
    except UnmetMocksError as unmet:
        reasons = unmet.reasons
    assert len(reasons) == len(want), reasons
    for reason, part in zip(reasons, want, strict=True):
        assert part in reason


def check_call(step, call, app):
    body = call.get("body")
    described = {
        "method": call["method"],
        "uri": call["url"],
        "headers": call.get("headers", []),
        "body": None if body is None else base64.b64encode(body.encode()).decode(),
    }
    (outcome,) = app.post("/", json=[described]).json()
    if "error" in step:
        assert outcome["error"]["kind"] == step["error"]
        return
    response = outcome["response"]
    check_response(step, response["status"], base64.b64decode(response["body"]).decode())


def check_response(step, status, body):
    assert status == step["status"]
    assert body == step.get("body", body)
    assert step.get("body_contains", "") in body


def check_failure(error, want):
    assert error.kind == want["kind"], error
    assert want["message"] in str(error)
    assert want.get("guest_stderr", "") in error.guest_stderr
    assert want.get("backtrace", "") in (error.backtrace or "")
