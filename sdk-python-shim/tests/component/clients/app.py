"""The guest of the tests of stripe and openai, which prepares both as docs/libraries.md shows."""

import importlib
import json
import os
import pkgutil
import sys
from types import ModuleType

import stripe

import spin_http.httpx2
import spin_http.requests
from spin_http import Request, Response, http_component

jiter = ModuleType("jiter")
jiter.from_json = lambda data, **options: json.loads(data)
sys.modules["jiter"] = jiter

import openai  # noqa: E402

spin_http.requests.install()
stripe.enable_telemetry = False
for module in pkgutil.walk_packages(stripe.__path__, "stripe."):
    importlib.import_module(module.name)

spin_http.httpx2.install()
client = openai.OpenAI(api_key="sk-test")
assert client.chat.completions  # imports it while the component is built
assert client.responses


@http_component
def handle(request: Request) -> Response:
    function = {
        "/customer": customer,
        "/declined": declined,
        "/completion": completion,
        "/unauthorized": unauthorized,
    }[request.uri]
    return Response(200, {}, json.dumps(function(os.environ["UPSTREAM"])))


def customer(upstream: str) -> list[object]:
    stripe.api_base, stripe.api_key = upstream, "sk_test_1"
    created = stripe.Customer.create(email="a@example.test", metadata={"order": "7"})
    return [created.id, created.email, created.metadata["order"]]


def declined(upstream: str) -> list[object]:
    stripe.api_base, stripe.api_key = upstream, "sk_test_1"
    try:
        stripe.PaymentIntent.create(amount=100, currency="eur")
    except stripe.CardError as error:
        return [error.http_status, error.code, error.user_message]
    raise AssertionError("no error")


def completion(upstream: str) -> list[object]:
    answer = client.with_options(base_url=f"{upstream}/v1").chat.completions.create(
        model="small", messages=[{"role": "user", "content": "caf\u00e9?"}]
    )
    return [answer.model, answer.choices[0].message.content, answer.usage.total_tokens]


def unauthorized(upstream: str) -> list[object]:
    other = client.with_options(base_url=f"{upstream}/v1", api_key="wrong", max_retries=0)
    try:
        other.chat.completions.create(model="small", messages=[])
    except openai.AuthenticationError as error:
        return [error.status_code, error.code]
    raise AssertionError("no error")
