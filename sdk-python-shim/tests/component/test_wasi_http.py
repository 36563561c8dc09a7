"""A component over wasi:http: each case runs in the component, with a real upstream."""

import contextlib
import http.client
import json
import socket
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from spin_harness import App

from command import SPIN_HARNESS, request, run, spin_http_build
from wasi_upstream import WasiUpstream

GUEST = Path(__file__).parent / "wasi"

LIMIT_SECONDS = 60

TRUE_TIMEOUT = ["ExchangeTimeoutError", True]

WANT = {
    "errors": {
        "refused": ["ExchangeError", "runtime-error", "connection-refused", "GET"],
        "denied": [
            "DestinationNotAllowedError",
            "destination-not-allowed",
            "HTTP-request-denied",
            "GET",
        ],
        "no_uri_host": ["InvalidUrlError", "invalid-url", None, "GET"],
        "no_name": [
            "DestinationNotAllowedError",
            "destination-not-allowed",
            "HTTP-request-denied",
            "GET",
        ],
        "ftp": ["DestinationNotAllowedError", "destination-not-allowed", None, "GET"],
        "connect": ["UnsupportedMethodError", "unsupported-method", None, "CONNECT"],
        "method_with_a_space": ["UnsupportedMethodError", "unsupported-method", None, "A B"],
        "control_character": ["InvalidHeaderError", "invalid-header", None, "GET"],
        "another_host": ["InvalidHeaderError", "invalid-header", None, "GET"],
        "wrong_length": ["RequestError", "request-error", None, "POST"],
        "short_iterator": ["RequestError", "request-error", None, "POST"],
        "long_iterator": ["RequestError", "request-error", None, "POST"],
        "cut": ["ExchangeError", "runtime-error", "HTTP-response-incomplete", "GET"],
        "reset": ["ExchangeError", "runtime-error", "HTTP-response-incomplete", "GET"],
        "garbage": ["ExchangeError", "runtime-error", "HTTP-protocol-error", "GET"],
        "redirect_loop": ["ExchangeError", "runtime-error", None, "GET"],
        "redirect_to_the_application": [
            "DestinationNotAllowedError",
            "destination-not-allowed",
            None,
            "GET",
        ],
        "redirect_of_an_iterator": ["InvalidBodyError", "invalid-body", None, "POST"],
        "failing_iterator": "in the iterator",
        "iterator_of_numbers": "the iterator of the body returned a int; use bytes",
        "timeout_of_http_send": TRUE_TIMEOUT,
        "timeout_within_the_body": TRUE_TIMEOUT,
        "timeout_is_a_timeout_error": [True, None, "HTTP-response-timeout"],
        "timeout_of_httpx": ["ReadTimeout", True],
        "timeout_of_httpx_within_the_body": ["ReadTimeout", True],
        "timeout_of_requests": ["ReadTimeout", True],
        "read_timeout_without_a_connect_timeout": ["ReadTimeout", True],
        "timeout_of_requests_within_the_body": ["ConnectionError", True],
        "timeout_of_urllib": TRUE_TIMEOUT,
        "timeout_of_urllib_within_the_body": TRUE_TIMEOUT,
        "timeout_of_urllib3": ["ReadTimeoutError", True],
        "timeout_of_a_body_that_is_always_there": TRUE_TIMEOUT,
        "timeout_of_an_endless_upload": TRUE_TIMEOUT,
        "a_response_ends_an_endless_upload": [413, "too large", True],
        "read_timeout_after_an_upload": ["ReadTimeout", True],
        "connections_that_are_not_accepted": [[True, True]] * 4,
        "timeouts_without_an_end": ["line 1\nline 2\nline 3\n"],
        "a_timeout_between_pieces_is_not_one_of_the_call": ["0;1;2;"] * 3,
        "a_slow_upload_is_not_a_read_timeout": ["piecepiecepiece"] * 2,
        "an_error_does_not_disturb_the_next_call": "line 1\nline 2\nline 3\n",
        "errors_of_httpx": [
            "httpx.ConnectError",
            "httpx.ConnectError",
            "httpx.RemoteProtocolError",
            "httpx.RemoteProtocolError",
            "httpx.LocalProtocolError",
        ],
        "errors_of_requests": [
            "requests.exceptions.ConnectionError",
            "requests.exceptions.ConnectionError",
            "requests.exceptions.ChunkedEncodingError",
            "requests.exceptions.ConnectionError",
        ],
        "errors_of_urllib": [
            "urllib.error.URLError",
            "urllib.error.HTTPError",
            "builtins.ConnectionResetError",
        ],
        "errors_of_urllib3": [
            "urllib3.exceptions.NewConnectionError",
            "urllib3.exceptions.ProtocolError",
        ],
    },
    "libraries": {
        "http_send_follows": [200, True, "GET", "1", ""],
        "http_send_returns_the_redirect": [302, "/get"],
        "httpx": [302, "/get", 200, "/get", [302], "of-the-hop", "session=of-the-hop"],
        "requests": [302, "/get", 200, "/get", [302], "of-the-hop", "session=of-the-hop"],
        "urllib": [200, "/get", "session=of-the-hop"],
        "urllib3": [302, 200, "/get"],
        "retries": "third",
        "methods": {"http_send": "PROPFIND", "httpx": "PURGE", "requests": "TRACE"},
        "bytes_of_fields": [r"'caf\xe9'"] * 3 + ["caf\u00e9"] * 2,
        "trailers": [
            [["x-a", "1"], ["x-a", "2"], ["x-b", "3"]],
            [],
            "body",
            [["x-a", "1"], ["x-a", "2"], ["x-b", "3"]],
        ],
        "no_body": [[200, "21", True], [True, True], "21", "21"],
        "decoding": ["hello, gzip", "hello, gzip", "hello, deflate"],
        "forms": ["a=1", '{"a": 1}', True, True, "a=1"],
        "passed_back": [["hello, gzip", "gzip"]] * 2,
        "http_client": ["one", "two"],
    },
    "streams": {
        "http_send_reads_pieces": ["line 1\n", "line 1\nline 2\n"],
        "httpx_reads_pieces": ["line 1\n", "line 1\nline 2\n"],
        "requests_reads_pieces": ["line 1\n", "line 1\nline 2\n"],
        "requests_reads_lines": ["line 1", ["line 2"]],
        "urllib_reads_pieces": ["line 1\n", "line 1\nline 2\n"],
        "uploads": ["chunked 3000000"] * 4,
        "uploads_with_a_length": ["a length 3000000"] * 5,
        "a_get_has_the_body_of_an_iterator": ["body"] * 4,
        "a_get_with_an_empty_iterator_has_no_body": False,
        "an_upload_is_read_as_it_is_sent": "3 parts",
        "a_large_response_is_read_in_pieces": [3_000_000, 200],
        "a_closed_response_is_dropped": "the body was closed before its end",
        "a_body_is_read_once": [21, "the body was read already, piece by piece"],
        "memory_of_many_calls": 180_000_000,
    },
    "asynchronous": {
        "calls_are_in_flight_at_the_same_time": ["together"] * 3,
        "httpx_calls_are_in_flight_at_the_same_time": ["together"] * 3,
        "a_task_group": ["together"] * 3,
        "timers_run_meanwhile": True,
        "asyncio_timeout": ["TimeoutError", True],
        "asyncio_timeout_within_the_body": "TimeoutError",
        "wait_for": "TimeoutError",
        "timeout_of_the_call": "HTTP-response-timeout",
        "timeouts_without_an_end": [200] * 3,
        "timeout_of_httpx": "ReadTimeout",
        "timeout_of_a_body_that_is_always_there": ["TimeoutError", True],
        "timeout_of_an_endless_upload": ["TimeoutError", True],
        "a_get_has_the_body_of_an_iterator": "body",
        "a_blocking_read_beside_an_upload": "the body of the request is still being sent by the event loop, "
        "which a blocking call stops",
        "a_blocking_call_that_passes_on_a_response_beside_an_upload": "the body of the request is still "
        "being sent by the event loop, which a blocking call stops",
        "a_read_that_is_cancelled_closes_the_body": ["b''", "the body was closed before its end"],
        "cancelled_calls_are_dropped": "line 1\nline 2\nline 3\n",
        "errors": [
            ["runtime-error", "connection-refused"],
            ["destination-not-allowed", "HTTP-request-denied"],
            ["runtime-error", "HTTP-response-incomplete"],
        ],
        "streaming_both_ways": "piece 0;piece 1;piece 2;piece 3;piece 4;",
        "httpx_streams": ["piecepiecepiece", 3_000_000],
        "an_iterator_that_fails": "in the iterator",
        "an_iterator_that_fails_after_the_head": ["in the iterator"] * 2,
        "an_iterator_of_httpx_that_fails_after_the_head": "in the iterator",
        "a_read_that_is_cancelled_is_not_the_end": [
            "half",
            "TimeoutError",
            "the body was closed before its end",
        ],
        "redirects_and_cookies": [1, "session=of-the-hop"],
        "no_threads": "a component has no threads: call the function itself, or await an asynchronous one",
        "the_loop_waits_in_the_host": ["HostEventLoop", True],
        "queues_and_locks": [0, 1, 2],
    },
}


@pytest.fixture(scope="module")
def component(tmp_path_factory):
    component = tmp_path_factory.mktemp("wasi") / "app.wasm"
    done = spin_http_build("app.py", component, "--backend", "wasi-http", cwd=GUEST)
    assert done.returncode == 0, done.stderr
    return component


@pytest.fixture(scope="module")
def wasi_upstream():
    """The URL of the upstream."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), WasiUpstream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


@pytest.fixture(scope="module")
def full():
    """The URL of a server that accepts no connection: it listens, and its queue is full."""
    with contextlib.ExitStack() as sockets:
        server = sockets.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(3):
            client = sockets.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def load(component, wasi_upstream, full):
    """Loads a component."""
    return App.load(
        component=component,
        allowed_outbound_hosts=[wasi_upstream, "http://127.0.0.1:1", full],
        environment={"UPSTREAM": wasi_upstream, "FULL": full},
        limits={"memory_bytes": 256 << 20},
    )


@pytest.fixture(scope="module")
def port(component, wasi_upstream, full):
    """The port of the component."""
    with load(component, wasi_upstream, full) as app:
        yield urlsplit(app.listen()).port


@pytest.fixture(scope="module")
def blocking_port(blocking_over_wasi_http, wasi_upstream, full):
    """The port of the component whose handler blocks."""
    with load(blocking_over_wasi_http, wasi_upstream, full) as app:
        yield urlsplit(app.listen()).port


@contextlib.contextmanager
def requests_to(port):
    """Sends requests to a component. Their responses may be read piece by piece."""
    connections = []

    def send(path, *, method="GET", **options):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_SECONDS)
        connections.append(connection)
        connection.request(method, path, **options)
        connections.append(connection.getresponse())
        return connections[-1]

    yield send
    for connection in connections:
        connection.close()


@pytest.fixture
def get(port):
    """Sends a request to the component."""
    with requests_to(port) as send:
        yield send


@pytest.fixture
def get_blocking(blocking_port):
    """Sends a request to the component whose handler blocks."""
    with requests_to(blocking_port) as send:
        yield send


def test_the_component_imports_and_exports_wasi_http_only(component):
    done = run([SPIN_HARNESS, "inspect", component])
    assert "wasi:http/incoming-handler" in done.stdout
    assert "wasi:http/outgoing-handler" in done.stdout
    assert "fermyon:" not in done.stdout


@pytest.mark.parametrize("module", WANT)
def test_each_case_has_its_result(get, module):
    got = json.loads(get(f"/{module}/all").read())
    want = {f"case_{name}": result for name, result in WANT[module].items()}
    if module == "errors":
        got["case_errors_of_httpx"] = list(got["case_errors_of_httpx"].values())
    assert {
        name: (got.get(name), result) for name, result in want.items() if got.get(name) != result
    } == {}
    assert set(got) == set(want)


def test_a_generator_streams_the_response_of_a_handler(get, wasi_upstream):
    response = get("/respond/generator")
    assert response.headers["transfer-encoding"] == "chunked"
    assert response.readline() == b"first\n"
    release(wasi_upstream)
    assert response.read() == b"second\n"


def release(wasi_upstream):
    upstream = http.client.HTTPConnection(wasi_upstream.removeprefix("http://"), timeout=10)
    with contextlib.closing(upstream):
        upstream.request("GET", "/release")
        assert upstream.getresponse().read() == b""


def test_an_asynchronous_generator_streams_the_response_of_a_handler(get):
    assert get("/respond/asynchronous_generator").read() == b"0\n1\n2\n"


def test_a_handler_that_waits_for_nothing_is_a_500(get):
    response = get("/deadlock")
    assert (response.status, response.read()) == (500, b"")
    assert get("/respond/no_content").status == 204


def test_a_response_that_fails_ends_after_the_pieces_before(get):
    for _ in range(5):
        with pytest.raises(http.client.IncompleteRead) as failed:
            get("/respond/failing_generator").read()
        assert failed.value.partial == b"1\n2\n3\n"


def test_a_proxy_passes_on_each_piece(get, wasi_upstream):
    response = get("/respond/proxy")
    assert response.readline() == b"line 1\n"
    release(wasi_upstream)
    assert response.read() == b"line 2\n"


@pytest.mark.parametrize("library", ["httpx", "requests"])
def test_a_response_that_was_not_read_is_passed_back_as_it_arrives(get, library):
    response = get(f"/respond/{library}_proxy")
    assert response.headers["content-encoding"] == "gzip"
    assert response.read()[:2] == b"\x1f\x8b"


def test_the_body_of_a_client_is_passed_on_as_it_arrives(get):
    response = get("/respond/upload_proxy", method="POST", body=bytes(2_000_000))
    assert response.read() == b"chunked 2000000"


@pytest.mark.parametrize("path", ["field_proxy", "proxy_of_a_field"])
def test_the_bytes_of_a_field_are_passed_on(get, path):
    """Both this client and the upstream read and write ISO-8859-1."""
    response = get(f"/respond/{path}", headers={"x-a": "café"})
    if path == "field_proxy":
        assert response.read() == rb"'caf\xe9'"
    else:
        assert response.headers["x-a"] == "café"


def test_an_inbound_request_arrives_whole(get, port):
    response = get(
        "/respond/inbound?q=%20",
        method="PROPFIND",
        headers={"x-a": "caf\u00e9"},
        body=b"body",
    )
    assert json.loads(response.read()) == {
        "method": "PROPFIND",
        "uri": "/respond/inbound?q=%20",
        "host": f"127.0.0.1:{port}",
        "field": "caf\u00e9",
        "body": 4,
        "time": True,
    }


@pytest.mark.parametrize(
    ("path", "status", "n_bytes"),
    [("/respond/large", 200, 3_000_000), ("/respond/no_content", 204, 0), ("/none/none", 500, 0)],
)
def test_a_response_has_its_body(get, path, status, n_bytes):
    response = get(path)
    assert (response.status, len(response.read())) == (status, n_bytes)


def test_a_request_that_ends_early_is_an_error_of_its_body(port):
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_SECONDS) as client:
        head = "POST /respond/error_of_the_body HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n"
        client.sendall(head.encode() + b"half")
        client.shutdown(socket.SHUT_WR)
        response = http.client.HTTPResponse(client)
        response.begin()
        text = response.read().decode()
    want = "POST /respond/error_of_the_body: the body of the inbound request is not complete: "
    assert text.startswith(want), text


def test_one_request_of_the_command_runs_a_component(component, wasi_upstream):
    options = ["--env", f"UPSTREAM={wasi_upstream}", "--allow-outbound-host", wasi_upstream]
    answer = request(component, "/libraries/trailers", *options)
    assert json.loads(answer.response["body"]) == WANT["libraries"]["trailers"], answer.log


def test_a_handler_that_blocks_streams_a_generator(get_blocking, wasi_upstream):
    response = get_blocking("/blocking/generator")
    assert response.readline() == b"first\n"
    release(wasi_upstream)
    assert response.read() == b"second\n"


def test_a_generator_that_fails_at_once_ends_early(get_blocking):
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        get_blocking("/blocking/failing").read()


def test_a_generator_that_fails_late_ends_after_the_pieces_before(get_blocking):
    for _ in range(5):
        with pytest.raises(http.client.IncompleteRead) as failed:
            get_blocking("/blocking/failing_late").read()
        assert failed.value.partial == b"1\n3\n"


def test_a_handler_that_blocks_can_run_an_event_loop(get_blocking):
    for _ in range(2):  # an instance may serve several requests
        assert get_blocking("/blocking/together").read() == b"together together together"


def test_a_handler_that_blocks_answers_and_fails_as_over_the_other_backend(get_blocking):
    assert get_blocking("/blocking/leaves").status == 500
    for method, body, want in [
        ("PURGE", None, b"PURGE None"),
        ("POST", b"", b"POST None"),
        ("POST", b"a", b"POST b'a'"),
        ("GET", iter([b"a"]), b"GET b'a'"),
    ]:
        assert get_blocking("/blocking/inbound", method=method, body=body).read() == want


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
def test_an_inbound_request_without_a_body_is_sent_again_after_a_redirect(get_blocking, method):
    response = get_blocking("/blocking/redirected", method=method)
    assert response.status == 200
    if method != "HEAD":
        assert json.loads(response.read())["method"] == method


def begin_chunked(port, path, *chunks):
    """A request whose body has begun."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_SECONDS)
    connection.putrequest("POST", path)
    connection.putheader("transfer-encoding", "chunked")
    connection.endheaders()
    send_chunks(connection, *chunks)
    return connection


def send_chunks(connection, *chunks):
    for chunk in chunks:
        connection.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))


def test_a_proxy_that_blocks_passes_on_each_piece_before_the_next(blocking_port):
    with contextlib.closing(begin_chunked(blocking_port, "/blocking/echo")) as connection:
        send_chunks(connection, b"piece 0\n")
        response = connection.getresponse()
        for number in range(3):
            assert response.readline() == b"piece %d\n" % number
            send_chunks(connection, b"piece %d\n" % (number + 1))
        assert response.readline() == b"piece 3\n"
        send_chunks(connection, b"")
        assert response.read() == b""


def test_a_timeout_ends_a_call_whose_body_a_client_does_not_send(blocking_port):
    chunks = ("/blocking/late_client", b"piece")
    with contextlib.closing(begin_chunked(blocking_port, *chunks)) as connection:
        assert connection.getresponse().read() == b"ExchangeTimeoutError"
