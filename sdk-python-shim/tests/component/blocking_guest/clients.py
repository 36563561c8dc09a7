"""Libraries that call services. stripe and openai are prepared as docs/libraries.md shows."""

import importlib
import json
import pkgutil
import sys
from types import ModuleType

import jinja2
import jwt
import stripe
import tenacity

import spin_http.httpx2
import spin_http.requests
import spin_http.urllib
from spin_http import Request, http_send

jiter = ModuleType("jiter")
jiter.from_json = lambda data, **options: json.loads(data)
sys.modules["jiter"] = jiter

import openai  # noqa: E402

spin_http.urllib.install()
spin_http.requests.install()
stripe.enable_telemetry = False
for module in pkgutil.walk_packages(stripe.__path__, "stripe."):
    importlib.import_module(module.name)

spin_http.httpx2.install()
client = openai.OpenAI(api_key="sk-test")
assert client.chat.completions  # imports it while the component is built
assert client.responses


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


def events(upstream: str) -> list[str]:
    """The words of a completion that comes in events."""
    stream = client.with_options(base_url=f"{upstream}/v1").chat.completions.create(
        model="small", messages=[{"role": "user", "content": "a b c"}], stream=True
    )
    return [event.choices[0].delta.content for event in stream]


def held_events(upstream: str) -> list[str]:
    """The service sends the second event after it was told that the first has arrived."""
    stream = client.with_options(base_url=f"{upstream}/v1").chat.completions.create(
        model="held", messages=[{"role": "user", "content": "a b c"}], stream=True
    )
    words = [next(stream).choices[0].delta.content]
    http_send(Request("POST", f"{upstream}/release"))
    return words + [event.choices[0].delta.content for event in stream]


def signed(upstream: str) -> str:
    """A token of an issuer, whose keys the client fetches."""
    token = http_send(Request("POST", f"{upstream}/token")).text
    key = jwt.PyJWKClient(f"{upstream}/keys").get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=["HS256"])["sub"]


def rendered(upstream: str) -> str:
    """A page of what a service responds."""
    customers = http_send(Request("GET", f"{upstream}/customers")).json()
    return PAGE.render(customers=customers)


PAGE = jinja2.Environment(autoescape=True).from_string(
    "{% for customer in customers %}<li>{{ customer }}</li>{% endfor %}"
)


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(spin_http.StatusError),
    stop=tenacity.stop_after_attempt(3),
    wait=tenacity.wait_fixed(0.01),
)
def retried(upstream: str) -> str:
    return http_send(Request("GET", f"{upstream}/busy")).raise_for_status().text
