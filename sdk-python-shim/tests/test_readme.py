"""The README: each block of Python runs, its table has each error class, and its links lead to tests."""

import re
from pathlib import Path

import pytest

from spin_http import ExchangeTimeoutError, HttpError

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("block", [block for block in BLOCKS if "install()" not in block])
def test_a_block_of_the_readme_runs(pytester, block):
    pytester.makepyfile(app=block, test_app=TEST if "def test_" not in block else block)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=max(1, block.count("def test_")))


@pytest.mark.parametrize("block", [block for block in BLOCKS if "install()" in block])
def test_a_block_of_the_readme_with_a_library_runs(pytester, block):
    pytester.makepyfile(app=block, test_app=LIBRARY_TEST)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=1)


TEST = """
import app

from spin_http import DestinationNotAllowedError, Request, Response


def test_the_block(spin_http_mock, capsys):
    if hasattr(app, "handle"):
        spin_http_mock.expect("GET", "https://example.com/", Response(200, {"server": "x"}))
        assert app.handle(Request("GET", "/")).text == "x sent 200\\n"
    if hasattr(app, "forward"):
        spin_http_mock.expect("PUT", "https://example.com/", Response(201), body="text")
        inbound = Request("PUT", "/", {"host": "client.test", "x-a": "1"}, "text")
        assert app.forward(inbound).status == 201
        assert spin_http_mock.requests[0].headers == {"x-a": "1"}
    if hasattr(app, "authorization"):
        spin_http_mock.variables["token"] = "1"
        assert app.authorization() == {"authorization": "Bearer 1"}
    if hasattr(app, "price"):
        spin_http_mock.expect("GET", "https://api.test/price", DestinationNotAllowedError)
        assert app.price() == "unknown"
        assert 'add "https://api.test"' in capsys.readouterr().out
"""

LIBRARY_TEST = """
import app

from spin_http import Response


def test_the_block(spin_http_mock):
    uri = "https://api.test/users?active=1"
    spin_http_mock.expect("GET", uri, Response(200, {}, '["a"]'))
    assert app.names() == ["a"]
"""


def test_the_table_has_every_class_and_its_kind():
    rows = re.findall(r"^\| `(\w+)` \| `([\w-]+)` \|", README, re.MULTILINE)
    assert sorted(rows) == sorted(
        (cls.__name__, cls.kind) for cls in [*HttpError.__subclasses__(), ExchangeTimeoutError]
    )


def test_each_test_that_a_link_names_exists():
    links = re.findall(r"\[`(\w+)`\]\((tests/[^)]+)\)", README)
    assert len(links) > 20
    folder = Path(__file__).parents[1]
    missing = [link for link in links if f"def {link[0]}(" not in (folder / link[1]).read_text()]
    assert missing == []


def test_the_commands_are_those_that_the_tests_use():
    folder = Path(__file__).parent / "component"
    tests = "".join(path.read_text() for path in sorted(folder.glob("*.py")))
    assert "componentize-py -w http-trigger componentize app -o app.wasm" in README
    for world in re.findall(r"-w (\S*http-trigger) componentize", README):
        assert f'"{world}"' in tests
    assert "spin-sdk:wasi-worlds/http-trigger" in README
    [with_variables] = set(re.findall(r"componentize-py -w \S+-with-variables [^`]+", README))
    assert f'"{with_variables}"' in tests
