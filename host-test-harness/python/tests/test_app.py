"""Requests, streams, threads, asyncio and the log."""

import asyncio
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest
from spin_harness import (
    App,
    AsyncApp,
    HarnessError,
    InvalidRequestError,
    LimitError,
    LoadError,
    Mocks,
    TrapError,
    UnmetMocksError,
    any_request,
    stalled,
    text,
)

ALLOWED = ["https://api.test"]
CALL = [{"method": "GET", "uri": "https://api.test/"}]


def load(wire, mocks=None, **options):
    return App.load(component=wire, allowed_outbound_hosts=ALLOWED, mocks=mocks, **options)


def test_a_request_has_what_was_sent(wire):
    app = load(wire)
    response = app.put("/echo?q=1", headers=[("x-a", "1"), ("X-A", "2")], json={"é": 1})
    assert response.status == 200
    assert '"é"' in response.text or "\\u00e9" in response.text
    assert app.components == ["wire_probe"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"body": 7}, TypeError),
        ({"body": "a", "json": 1}, TypeError),
        ({"json": float("inf")}, ValueError),
        ({"json": {1}}, TypeError),
        ({"headers": {"a": 1}}, TypeError),
        ({"headers": {"a b": "1"}}, InvalidRequestError),
        ({"headers": {"a": "1\r\n"}}, InvalidRequestError),
    ],
)
def test_a_request_that_is_none_is_an_error(wire, options, error):
    with pytest.raises(error):
        load(wire).request("GET", "/", **options)


def test_a_closed_application_takes_no_request_and_ends_those_that_wait(wire):
    mocks = Mocks().expect(any_request(), stalled())
    app = load(wire, mocks)
    errors = []

    def wait():
        try:
            app.post("/", json=CALL)
        except HarnessError as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not mocks.received:
        time.sleep(0.01)
    app.close()
    waiting.join(20)
    assert [error.kind for error in errors] == ["closed"]
    with pytest.raises(HarnessError, match="the application is closed"):
        app.get("/")
    app.close()


def test_an_error_shows_the_stderr_of_the_component(wire):
    with pytest.raises(TrapError) as raised:
        load(wire).get("/panic")
    assert raised.value.kind == "trap"
    if sys.version_info >= (3, 11):
        assert any("told to panic" in note for note in raised.value.__notes__)


def test_an_exception_survives_pickling():
    for error in [TrapError("trap", "it ended", "stderr", "frame"), UnmetMocksError(["a", "b"])]:
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error)
        assert str(copy) == str(error)
        assert vars(copy) == vars(error)


@pytest.mark.parametrize(
    "options",
    [
        {"manifest": "a", "component": "b"},
        {"component": "a", "build": True},
        {"limits": {"none": 1}},
    ],
)
def test_options_that_exclude_one_another_or_are_unknown_are_errors(wire, options):
    with pytest.raises((LoadError, ValueError)):
        App.load(**options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"only": "app"}, TypeError, "only is 'app'; pass a list of str"),
        ({"only": [3]}, TypeError, "only has the entry 3; pass a list of str"),
        (
            {"allowed_outbound_hosts": "https://a.test"},
            TypeError,
            "allowed_outbound_hosts is 'http",
        ),
        (
            {"variables": {"upstream": 3}},
            TypeError,
            "variables has 'upstream': 3; both must be str",
        ),
        ({"environment": {"UPSTREAM": 3}}, TypeError, "environment has 'UPSTREAM': 3; both"),
        ({"environment": [1]}, TypeError, r"environment is \[1\]; pass a mapping"),
        (
            {"limits": {"wall_time_ms": "5"}},
            TypeError,
            r"limits\['wall_time_ms'\] is '5'; pass a whole",
        ),
        (
            {"limits": {"wall_time_ms": -1}},
            ValueError,
            r"limits\['wall_time_ms'\] is -1; pass a whole",
        ),
        (
            {"limits": {"redirects": 2**32}},
            ValueError,
            r"limits\['redirects'\] is 4294967296; pass",
        ),
        ({"mocks": [1]}, TypeError, r"mocks is \[1\]; pass Mocks\(\)"),
    ],
)
def test_an_option_of_another_type_is_an_error_that_names_it(wire, options, error, message):
    with pytest.raises(error, match=message):
        load(wire, **options) if "mocks" in options else App.load(component=wire, **options)


def test_a_limit_that_is_none_is_left_out(wire):
    assert load(wire, limits={"wall_time_ms": None, "redirects": 1}).post("/echo").status == 200


def test_threads_wait_at_the_same_time(wire):
    arrived = threading.Barrier(2, timeout=60)

    def respond(_):
        arrived.wait()  # Both calls are in flight.
        return text("both")

    mocks = Mocks().expect(any_request(), respond)
    app = load(wire, mocks)
    threads = [
        threading.Thread(target=app.post, args=("/",), kwargs={"json": CALL}) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert len(mocks.received) == 2


def test_asyncio_runs_requests_at_the_same_time_and_cancels_them(wire):
    async def main():
        mocks = Mocks().expect(any_request(), [text("first"), stalled()])
        async with await AsyncApp.load(
            component=wire, allowed_outbound_hosts=ALLOWED, mocks=mocks
        ) as app:
            first = await app.post("/", json=CALL)
            assert first.status == 200
            task = asyncio.create_task(app.post("/", json=CALL))
            while len(mocks.received) < 2:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert [call.outcome for call in app.report().calls] == ["response", "abandoned"]
            with pytest.raises(InvalidRequestError):
                await app.get("http://[")

    asyncio.run(asyncio.wait_for(main(), 60))


def test_asyncio_has_the_methods_of_app(wire):
    async def main():
        mocks = Mocks().expect(any_request(), text("up"))
        async with await AsyncApp.load(
            component=wire, allowed_outbound_hosts=ALLOWED, mocks=mocks, virtual_time=True
        ) as app:
            for method in ["get", "head", "delete"]:
                response = await getattr(app, method)("/echo", headers={"x-a": method})
                assert response.headers["x-a"] == method
            for method in ["post", "put", "patch"]:
                response = await getattr(app, method)("/echo", body=method)
                assert method in response.text
            sweep = await app.sweep("POST", "/", json=CALL)
            assert {"refused", "dns", "stalled"} <= {run.fault for run in sweep.runs}
            with pytest.raises(InvalidRequestError):
                await app.sweep("GET", "http://[")

    asyncio.run(asyncio.wait_for(main(), 60))
    methods = {name for name in vars(App) if not name.startswith("_")}
    assert methods <= vars(AsyncApp).keys()


def test_an_unknown_option_is_named(wire):
    with pytest.raises(
        TypeError, match=r"load\(\) has no option 'virtual'; it has manifest, component"
    ):
        App.load(component=wire, virtual=True)


def test_a_load_of_asyncio_fails_as_any(tmp_path):
    with pytest.raises(LoadError, match=r"none\.wasm"):
        asyncio.run(AsyncApp.load(component=tmp_path / "none.wasm"))


def test_a_stream_sends_and_reads_pieces(wire):
    with load(wire).stream("POST", "/echo") as stream:
        stream.write(b"one ")
        stream.write(bytearray(b"two "))
        stream.write(memoryview(b"three"))
        with pytest.raises(TypeError, match="the piece is 'four'; pass bytes"):
            stream.write("four")
        stream.end()
        assert stream.status == 200
        assert b"one two three" in b"".join(stream)


def test_a_stream_sends_a_whole_body_that_it_is_given(wire):
    app = load(wire)
    with app.stream("GET", "/echo", body=b"") as stream:
        assert stream.status == 200
    with app.stream("POST", "/echo", json=[1]) as stream:
        assert stream.headers["content-type"] == "application/json"
        assert b"[1]" in b"".join(stream)


def test_a_stream_that_is_closed_takes_and_has_no_more(wire):
    with load(wire).stream("POST", "/echo") as stream:
        stream.write(b"never ended")
    for call in [lambda: stream.write(b"more"), stream.end, lambda: list(stream)]:
        with pytest.raises(HarnessError, match="the stream is closed") as raised:
            call()
        assert raised.value.kind == "closed"


def test_a_stream_that_is_closed_ends_its_request(wire):
    app = load(wire)
    with app.stream("POST", "/echo") as stream:
        stream.write(b"never ended")
    with pytest.raises(HarnessError, match="virtual time"):
        load(wire, virtual_time=True).stream("GET", "/").status  # noqa: B018


def test_the_log_goes_to_logging(wire, caplog):
    caplog.set_level(logging.WARNING, logger="spin_harness")
    load(wire).post("/", json=[{"method": "GET", "uri": "https://denied.test/"}])
    assert any("denied.test" in record.getMessage() for record in caplog.records), caplog.text
    assert {record.name for record in caplog.records} == {"spin_harness"}


def test_a_sweep_has_a_run_for_each_fault(wire):
    mocks = Mocks().expect(any_request().times(at_least=1), text("up"))
    sweep = load(wire, mocks, virtual_time=True).sweep("POST", "/", json=CALL)
    assert sweep.response.status == 200
    assert {"refused", "dns", "stalled"} <= {run.fault for run in sweep.runs}
    assert all(run.url == "https://api.test/" for run in sweep.runs)


WAITS = """
import sys
from spin_harness import App, Mocks, any_request, stalled

def respond(_):
    print("waits", flush=True)
    return stalled()

mocks = Mocks().expect(any_request(), respond)
app = App.load(component=sys.argv[1], allowed_outbound_hosts=["https://api.test"], mocks=mocks)
app.post("/", json=[{"method": "GET", "uri": "https://api.test/"}])
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_a_process_that_waits(wire, sent):
    process = subprocess.Popen(
        [sys.executable, "-c", WAITS, wire],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONFAULTHANDLER": "1"},
    )
    with process:
        assert process.stdout.readline() == "waits\n"
        started = time.monotonic()
        process.send_signal(sent)
        process.wait(timeout=60)
        assert time.monotonic() - started < 30
        if sent == signal.SIGINT:
            assert "KeyboardInterrupt" in process.stderr.read()


EXITS = """
import asyncio, sys
from spin_harness import AsyncApp

async def main():
    app = await AsyncApp.load(component=sys.argv[1])
    await app.get("/echo")

asyncio.run(main())
"""


def test_a_process_with_an_application_that_nobody_closed_exits(wire):
    command = [sys.executable, "-c", EXITS, wire]
    for _ in range(12):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_more_header_fields_than_a_message_holds_are_an_error(wire):
    with App.load(component=wire) as app, pytest.raises(LimitError, match="40000 fields"):
        app.get("/echo", headers=[(f"x-{n}", "v") for n in range(40_000)])


def test_the_command_is_that_of_the_harness():
    command = [sys.executable, "-m", "spin_harness", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("spin-harness ")
    command[-1] = "--none"
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--none" in done.stderr


FORKS = """
import asyncio, json, os, signal, sys
from spin_harness import App, AsyncApp, HarnessError, Mocks, any_request, text

component, loads_first = sys.argv[1:]
mocks = Mocks().expect(any_request(), text(""))

def load():
    return App.load(component=component, mocks=mocks)

def load_async():
    return asyncio.run(AsyncApp.load(component=component))

calls = [load, load_async]
if loads_first == "yes":
    app, async_app, stream = load(), load_async(), load().stream("POST", "/echo")
    calls += [
        lambda: app.get("/"),
        lambda: app.stream("GET", "/"),
        lambda: app.sweep("GET", "/"),
        app.report,
        app.listen,
        app.close,
        lambda: asyncio.run(async_app.get("/")),
        lambda: async_app.stream("GET", "/"),
        lambda: asyncio.run(async_app.close()),
        lambda: stream.write(b""),
        lambda: stream.status,
        Mocks,
        lambda: mocks.expect(any_request(), text("")),
        lambda: mocks.received,
        lambda: mocks.state,
        mocks.verify,
    ]

child = os.fork()
if child == 0:
    signal.alarm(60)  # A call that hangs ends the process.
    outcomes = []
    for call in calls:
        try:
            call()
            outcomes.append("returned")
        except HarnessError as error:
            outcomes.append(f"{error.kind} {error}")
    print(json.dumps(outcomes), flush=True)
    os._exit(0)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def fork(wire, loads_first):
    command = [sys.executable, "-c", FORKS, wire, loads_first]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    return json.loads(done.stdout)


def test_every_call_in_a_fork_is_an_error_that_names_the_way_out(wire):
    outcomes = fork(wire, "yes")
    assert len(outcomes) == 18
    for outcome in outcomes:
        assert outcome.startswith("forked this process is a fork of process ")
        assert "method spawn" in outcome


def test_a_fork_may_load_the_first_application(wire):
    assert fork(wire, "no") == ["returned", "returned"]
