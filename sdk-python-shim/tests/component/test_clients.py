"""The clients of two services, stripe and openai, in a component, with an upstream in place of the services."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from command import request, spin_http_build

PROGRAM = Path(__file__).parent / "clients"


class Services(BaseHTTPRequestHandler):
    """Responds as the services do."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.seen.append((self.path, self.headers["authorization"], body))
        if self.path == "/v1/customers":
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
        elif self.headers["authorization"] == "Bearer sk-test":
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
        else:
            self.answer(401, {"error": {"code": "invalid_api_key", "message": "no"}})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Logs nothing: the tests check the requests."""


@pytest.fixture(scope="module")
def component(tmp_path_factory):
    component = tmp_path_factory.mktemp("clients") / "app.wasm"
    done = spin_http_build("app.py", component, cwd=PROGRAM)
    assert done.returncode == 0, done.stderr
    return component


@pytest.fixture
def services():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Services)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


@pytest.mark.parametrize(
    ("path", "want", "upstream_path", "authorization"),
    [
        ("/customer", ["cus_1", "a@example.test", "7"], "/v1/customers", "Bearer sk_test_1"),
        (
            "/declined",
            [402, "card_declined", "declined"],
            "/v1/payment_intents",
            "Bearer sk_test_1",
        ),
        ("/completion", ["small", "caf\u00e9?", 7], "/v1/chat/completions", "Bearer sk-test"),
        ("/unauthorized", [401, "invalid_api_key"], "/v1/chat/completions", "Bearer wrong"),
    ],
)
def test_a_client_works_as_its_documentation_says(
    component, services, path, want, upstream_path, authorization
):
    upstream = f"http://127.0.0.1:{services.server_port}"
    options = ["--env", f"UPSTREAM={upstream}", "--allow-outbound-host", upstream]
    answer = request(component, path, *options)
    assert answer.status == 200, answer.log
    assert json.loads(answer.response["body"]) == want
    assert [(seen[0], seen[1]) for seen in services.seen] == [(upstream_path, authorization)]
