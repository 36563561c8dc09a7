"""HTTP libraries whose transport is not installed, in a component: the error says what to do."""

import json
import shutil
from pathlib import Path

import pytest

from command import SPIN_HARNESS, request, run

GUEST = Path(__file__).parent / "guest_without_install"

INSTALL = "call `spin_http.{}.install()` at the top level"


@pytest.fixture(scope="module")
def component(wheel_environment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("without_install")
    shutil.copytree(GUEST, folder, dirs_exist_ok=True)
    command = ["componentize-py", "-w", "http-trigger", "componentize", "app", "-o", "app.wasm"]
    wheel_environment.run(*command, cwd=folder)
    return folder / "app.wasm"


@pytest.fixture(scope="module")
def outcomes(component):
    answer = request(component, "/")
    assert answer.status == 200, answer.log
    return json.loads(answer.response["body"])


@pytest.mark.parametrize(
    ("call", "module", "says"),
    [
        ("requests http", "requests.exceptions", INSTALL.format("requests")),
        ("requests https", "requests.exceptions", INSTALL.format("requests")),
        ("httpx http", "httpx", INSTALL.format("httpx")),
        ("httpx https", "httpx", INSTALL.format("httpx")),
        ("httpx2 https", "httpx2", INSTALL.format("httpx2")),
        ("httpx asynchronous", "httpx", INSTALL.format("httpx")),
        ("urllib3 http", "urllib3.exceptions", INSTALL.format("urllib3")),
        ("urllib3 https", "urllib3.exceptions", INSTALL.format("urllib3")),
        ("urllib.request http", "urllib.error", INSTALL.format("urllib")),
        ("urllib.request https", "urllib.error", INSTALL.format("urllib")),
        ("http.client", "builtins", "use `spin_http.http_send`"),
        (
            "asyncio",
            "builtins",
            "asynchronous libraries with connections of their own are not supported",
        ),
        ("socket", "builtins", "a component has no sockets"),
        ("connect", "builtins", "a component has no sockets"),
        ("getaddrinfo", "builtins", "a component has no sockets"),
        ("own transport", "httpx", 'add "https://api.test" to allowed_outbound_hosts'),
        ("own adapter", "requests.exceptions", 'add "https://api.test" to allowed_outbound_hosts'),
    ],
)
def test_the_error_says_what_to_do(outcomes, call, module, says):
    assert outcomes[call].startswith(f"{module}: "), outcomes[call]
    assert says in outcomes[call], outcomes[call]


def test_a_function_that_only_asks_for_the_name_of_the_machine_works(outcomes):
    assert outcomes["make_msgid"] == "no error"


def test_componentize_py_builds_a_component_that_imports_only_what_it_needs(component):
    done = run([SPIN_HARNESS, "inspect", component])
    assert "fermyon:spin/http" in done.stdout
    assert "fermyon:spin/inbound-http" in done.stdout
    assert "variables" not in done.stdout, "the program does not use them"
