"""Session fixtures: distributions, environments, the components of several modules, and an upstream."""

import shutil
import subprocess
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from command import PROJECT, run, spin_http_build
from environment import Environment
from upstream import Upstream

GUEST = Path(__file__).parent / "guest"
BLOCKING_GUEST = Path(__file__).parent / "blocking_guest"
PLATFORM = Path(__file__).parent / "platform"


@pytest.fixture(scope="session")
def distributions(tmp_path_factory):
    """The source distribution, and the wheel built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, PROJECT])
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="session")
def wheel_environment(distributions, tmp_path_factory):
    """An environment with the wheel, its extras and componentize-py."""
    environment = Environment(tmp_path_factory.mktemp("wheel") / "venv")
    environment.install(f"{distributions[1]}[httpx,httpx2,requests,urllib3]", "componentize-py")
    return environment


@pytest.fixture(scope="session")
def sdist_environment(distributions, tmp_path_factory):
    """An environment with the source distribution and componentize-py."""
    environment = Environment(tmp_path_factory.mktemp("sdist") / "venv")
    environment.install(distributions[0], "componentize-py")
    return environment


@pytest.fixture(scope="session")
def guest(wheel_environment, tmp_path_factory):
    """The component of the guest, built with one command from the installed wheel."""
    folder = tmp_path_factory.mktemp("guest")
    shutil.copytree(GUEST, folder, dirs_exist_ok=True)
    shutil.copy(GUEST.with_name("charsets.py"), folder)
    command = "componentize-py -w http-trigger-with-variables componentize app -o app.wasm"
    wheel_environment.run(*command.split(), cwd=folder)
    return folder / "app.wasm"


@pytest.fixture(scope="session")
def blocking_over_spin(tmp_path_factory):
    """The component of the guest that blocks, over fermyon:spin/http."""
    return blocking_guest(tmp_path_factory.mktemp("blocking"), "spin")


@pytest.fixture(scope="session")
def blocking_over_wasi_http(tmp_path_factory):
    """The same over wasi:http."""
    return blocking_guest(tmp_path_factory.mktemp("blocking"), "wasi-http")


def blocking_guest(folder, backend):
    component = folder / "app.wasm"
    done = spin_http_build("app.py", component, "--backend", backend, cwd=BLOCKING_GUEST)
    assert done.returncode == 0, done.stderr
    return component


class PlatformBuild(NamedTuple):
    """The component of the platform tests, and the finished command that has built it."""

    component: Path
    done: subprocess.CompletedProcess


@pytest.fixture(scope="session")
def platform_build(tmp_path_factory):
    """The component of the platform tests, built by `spin-http build`."""
    component = tmp_path_factory.mktemp("platform") / "app.wasm"
    program = tmp_path_factory.mktemp("program")
    shutil.copytree(PLATFORM, program, dirs_exist_ok=True)
    bulky = program / "bulky"
    bulky.mkdir()
    (bulky / "__init__.py").touch()
    (bulky / "data.bin").write_bytes(bytes(9 << 20))
    done = spin_http_build("app.py", component, cwd=program)
    assert done.returncode == 0, done.stderr
    return PlatformBuild(component, done)


@pytest.fixture(scope="session")
def upstream():
    """A server on loopback; its authority."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()
