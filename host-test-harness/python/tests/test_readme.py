"""The README: each block of Python runs, in the folder of an application."""

import re
import subprocess
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)

MANIFEST = """
spin_manifest_version = 2
application.name = "shop"
[[trigger.http]]
route = "/..."
component = "shop"
[component.shop]
source = '{source}'
allowed_outbound_hosts = ["https://api.test"]
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The component that the README tests."""
    component = tmp_path_factory.mktemp("shop") / "app.wasm"
    command = ["spin-http", "build", "app.py", "-o", component]
    subprocess.run(command, cwd=Path(__file__).parent / "shop", check=True, timeout=600)
    return component


def test_the_readme_has_blocks():
    assert len(BLOCKS) == 2


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0])
def test_a_block_of_the_readme_runs(pytester, shop, block):
    pytester.makefile(".toml", spin=MANIFEST.format(source=shop))
    if "def test_" not in block:
        block = "def test_the_block():\n" + "".join(f"    {line}\n" for line in block.splitlines())
    pytester.makepyfile(test_block=block)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=1)
