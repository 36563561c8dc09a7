"""Libraries that call services, in a component of each backend, with an upstream in place of the services."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import jwt
import pytest

from command import request

LIMIT_SECONDS = 30
"""How long a service waits for the guest."""

KEY = {"kty": "oct", "kid": "1", "k": "a" * 43}


class Services(BaseHTTPRequestHandler):
    """Responds as the services do."""

    def do_GET(self):
        self.server.seen.append((self.path, self.headers["authorization"]))
        if self.path == "/keys":
            self.answer(200, {"keys": [{**KEY, "kid": "0", "k": "b" * 43}, KEY]})
        elif self.path == "/customers":
            self.answer(200, ["a", "<b>"])
        elif len(self.server.seen) < 3:
            self.answer(503, "busy")
        else:
            self.answer(200, "third")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.seen.append((self.path, self.headers["authorization"]))
        if self.path == "/release":
            self.server.released.set()
            self.answer(200, None)
        elif self.path == "/token":
            self.send(200, jwt.encode({"sub": "user 7"}, jwt.PyJWK(KEY), headers={"kid": "1"}))
        elif self.path == "/v1/customers":
            fields = dict(parse_qsl(body))
            metadata = {"order": fields["metadata[order]"]}
            self.answer(
                200,
                {
                    "id": "cus_1",
                    "object": "customer",
                    "email": fields["email"],
                    "metadata": metadata,
                },
            )
        elif self.path == "/v1/payment_intents":
            error = {"type": "card_error", "code": "card_declined", "message": "declined"}
            self.answer(402, {"error": error})
        elif self.headers["authorization"] != "Bearer sk-test":
            self.answer(401, {"error": {"code": "invalid_api_key", "message": "no"}})
        elif json.loads(body).get("stream"):
            self.send_events(json.loads(body))
        else:
            message = {"role": "assistant", "content": json.loads(body)["messages"][0]["content"]}
            self.answer(
                200,
                {
                    "id": "1",
                    "object": "chat.completion",
                    "created": 1,
                    "model": "small",
                    "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                    "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
                },
            )

    def send_events(self, asked):
        """An event for each word; of the model `held`, the second after the guest has got the first."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for number, word in enumerate(asked["messages"][0]["content"].split()):
            if number == 1 and asked["model"] == "held":
                in_time = self.server.released.wait(LIMIT_SECONDS)
                word = word if in_time else "too late"
            event = {
                "id": "1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": asked["model"],
                "choices": [{"index": 0, "delta": {"content": word}}],
            }
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def answer(self, status, value):
        self.send(status, json.dumps(value))

    def send(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Logs nothing: the tests check the requests."""


@pytest.fixture
def services():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Services)
    server.seen = []
    server.released = threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


COMPLETIONS = ("/v1/chat/completions", "Bearer sk-test")

CALLS = {
    "customer": (["cus_1", "a@example.test", "7"], [("/v1/customers", "Bearer sk_test_1")]),
    "declined": (
        [402, "card_declined", "declined"],
        [("/v1/payment_intents", "Bearer sk_test_1")],
    ),
    "completion": (["small", "caf\u00e9?", 7], [COMPLETIONS]),
    "unauthorized": ([401, "invalid_api_key"], [("/v1/chat/completions", "Bearer wrong")]),
    "events": (["a", "b", "c"], [COMPLETIONS]),
    "signed": ("user 7", [("/token", None), ("/keys", None)]),
    "rendered": ("<li>a</li><li>&lt;b&gt;</li>", [("/customers", None)]),
    "retried": ('"third"', [("/busy", None)] * 3),
}

CALLS_THAT_STREAM = {"held_events": (["a", "b", "c"], [COMPLETIONS, ("/release", None)])}


def check(component, services, name, want, seen):
    upstream = f"http://127.0.0.1:{services.server_port}"
    options = ["--env", f"UPSTREAM={upstream}", "--allow-outbound-host", upstream]
    answer = request(component, f"/clients/{name}", *options)
    assert answer.status == 200, answer.log
    assert json.loads(answer.response["body"]) == want
    assert services.seen == seen


@pytest.mark.parametrize(("name", "want"), CALLS.items(), ids=CALLS)
def test_a_library_works_as_its_documentation_says(blocking_over_spin, services, name, want):
    check(blocking_over_spin, services, name, *want)


@pytest.mark.parametrize(
    ("name", "want"), (CALLS | CALLS_THAT_STREAM).items(), ids=CALLS | CALLS_THAT_STREAM
)
def test_a_library_works_over_wasi_http(blocking_over_wasi_http, services, name, want):
    check(blocking_over_wasi_http, services, name, *want)
