"""Libraries that run unchanged. docs/libraries.md lists them."""

import datetime
import io

import attr
import attrs
import jinja2
import jwt
import pydantic
import tenacity
from dateutil import parser, rrule, tz

KEY = "k" * 32


def pyjwt_signs_and_verifies_hs256():
    token = jwt.encode({"sub": "1", "aud": "a"}, KEY, algorithm="HS256")
    assert jwt.decode(token, KEY, algorithms=["HS256"], audience="a")["sub"] == "1"
    for algorithm in ["HS384", "HS512"]:
        token = jwt.encode({"sub": "1"}, KEY * 2, algorithm=algorithm)
        assert jwt.decode(token, KEY * 2, algorithms=[algorithm])["sub"] == "1"
    expired = jwt.encode({"exp": 1}, KEY, algorithm="HS256")
    try:
        jwt.decode(expired, KEY, algorithms=["HS256"])
    except jwt.ExpiredSignatureError:
        return
    raise AssertionError("an expired token")


def pyjwt_says_what_rs256_needs():
    try:
        jwt.encode({"sub": "1"}, KEY, algorithm="RS256")
    except NotImplementedError as error:
        assert "cryptography" in str(error), error
        return
    raise AssertionError("RS256 without cryptography")


def pyjwt_has_its_client_of_keys():
    assert jwt.PyJWKClient("https://issuer.test/jwks").uri == "https://issuer.test/jwks"


def jinja2_renders_a_template():
    environment = jinja2.Environment(autoescape=True)
    template = environment.from_string("{% for n in names %}{{ n|upper }} {% endfor %}")
    assert template.render(names=["a", "<"]) == "A &lt; "
    loader = jinja2.DictLoader({"base": "[{% block b %}{% endblock %}]", "page": PAGE})
    assert jinja2.Environment(loader=loader).get_template("page").render() == "[\u00e9]"


PAGE = "{% extends 'base' %}{% block b %}{{ '\\u00e9' }}{% endblock %}"


def jinja2_shows_the_error_in_a_template():
    import traceback

    loader = jinja2.DictLoader({"page.html": "line 1\n{{ 1 / number }}\n"})
    template = jinja2.Environment(loader=loader).get_template("page.html")
    try:
        template.render(number=0)
    except ZeroDivisionError as error:
        text = "".join(traceback.format_exception(error))
        assert "line 2, in top-level template code" in text, text
    try:
        jinja2.Environment().from_string("{% if %}")
    except jinja2.TemplateSyntaxError as error:
        assert error.lineno == 1, error
    try:
        jinja2.Environment(undefined=jinja2.StrictUndefined).from_string("{{ a }}").render()
    except jinja2.UndefinedError as error:
        assert "'a' is undefined" in str(error), error


def attrs_checks_and_converts():
    @attrs.define
    class Point:
        x: int = attrs.field(converter=int, validator=attrs.validators.ge(0))

    assert attrs.asdict(Point("3")) == {"x": 3}
    assert attr.has(Point)
    try:
        Point(-1)
    except ValueError:
        return
    raise AssertionError("a negative number")


def tenacity_calls_again():
    calls = []

    @tenacity.retry(stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_fixed(0.001))
    def fails_twice():
        calls.append(1)
        if len(calls) < 3:
            raise ValueError
        return len(calls)

    assert fails_twice() == 3


def dateutil_parses_and_repeats():
    assert parser.parse("3 Feb 2024 04:05 UTC").tzinfo is not None
    start = datetime.datetime(2024, 1, 31)
    days = rrule.rrule(rrule.MONTHLY, count=2, dtstart=start, bymonthday=-1)
    assert [day.day for day in days] == [31, 29]
    assert tz.gettz("Europe/Berlin").utcoffset(datetime.datetime(2024, 7, 1))
    assert io.StringIO("").read() == ""


class Order(pydantic.BaseModel):
    number: int
    names: list[str] = []
    created: datetime.datetime | None = None


def pydantic_1_checks_and_converts():
    order = Order.parse_raw('{"number": "3", "names": ["a"], "created": "2024-02-03T04:05:06Z"}')
    assert (order.number, order.names, order.created.day) == (3, ["a"], 3)
    assert Order.schema()["properties"]["number"]["type"] == "integer"
    try:
        Order(number="a")
    except pydantic.ValidationError as error:
        assert error.errors()[0]["loc"] == ("number",), error
        return
    raise AssertionError("not a number")
