"""The pytest plugin: the fixtures `spin_app` and `spin_mocks`."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import quote

import pytest

from ._options import RecordMode

if TYPE_CHECKING:
    from . import App, Mocks

_RECORD_MODES = get_args(RecordMode)
_SAFE = " !#$&'()+,-.;=@[]^_`{}~"
_NAME_BYTES = 200
"""How long the name of a recording may be. Most file systems take 255 bytes."""
_APPS = pytest.StashKey[list["App"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options of the plugin."""
    group = parser.getgroup("spin", "components for Spin")
    group.addoption(
        "--spin-build",
        action="store_true",
        help="run the build commands of the manifest first, once for each manifest and run",
    )
    group.addoption(
        "--spin-record",
        type=_record_mode,
        nargs="?",
        const="all",
        metavar="MODE",
        help="record the outbound calls of each test to a HAR file, in the folder `recordings` beside its file; the mode "
        "is all (the default), once, new-episodes or none; before a path, write it: --spin-record=all",
    )
    parser.addini(
        "spin_manifest",
        "the Spin manifest of the fixture `spin_app`, or its folder, relative to the rootdir",
        type="string",
    )


def _record_mode(text: str) -> str:
    if text in _RECORD_MODES:
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is not a mode, which is one of {', '.join(_RECORD_MODES)}; before a path, write the mode too: "
        "--spin-record=all"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line(
        "markers",
        "spin(**options): options of spin_harness.App.load for the fixture `spin_app`, such as manifest, variables or "
        "virtual_time; its paths are relative to the rootdir",
    )


@pytest.fixture
def spin_mocks() -> Iterator[Mocks]:
    """Mocks of the test, which answer the outbound calls of `spin_app`. They are verified when the test ends."""
    from . import Mocks

    mocks = Mocks()
    yield mocks
    mocks.verify()


@pytest.fixture
def spin_load(request: pytest.FixtureRequest) -> Iterator[Callable[..., App]]:
    """A function like `spin_harness.App.load`, whose applications are in the report of a failed test."""
    from . import App

    apps: list[App] = []
    request.node.stash[_APPS] = apps

    def load(**options: Any) -> App:
        app = App.load(**options)
        apps.append(app)
        return app

    yield load
    for app in apps:
        app.close()


@pytest.fixture
def spin_app(
    request: pytest.FixtureRequest, spin_load: Callable[..., App], spin_mocks: Mocks
) -> App:
    """The application of the manifest, with `spin_mocks` in place of its upstreams.

    The manifest is that of the marker `spin`, of the ini option `spin_manifest`, or the nearest `spin.toml` in a folder
    above the test. The paths of the marker and of the ini option are relative to the rootdir of pytest.
    """
    options: dict[str, Any] = {"mocks": spin_mocks}
    for marker in reversed(list(request.node.iter_markers("spin"))):
        options |= _at_root(request.config.rootpath, marker.kwargs)
    if "component" not in options:
        manifest = options.get("manifest") or _manifest(request)
        options["manifest"] = manifest / "spin.toml" if manifest.is_dir() else manifest
    mode = request.config.getoption("--spin-record")
    if mode is not None:
        options.setdefault("record", (_recording(request), mode))
    if "manifest" in options and request.config.getoption("--spin-build"):
        from ._build_once import load_built

        with _own_commands_first():
            return load_built(
                _run_folder(request),
                options["manifest"],
                lambda build: spin_load(**{**options, "build": build}),
            )
    return spin_load(**options)


@contextmanager
def _own_commands_first() -> Iterator[None]:
    """Build commands find those of this Python's environment, such as `spin-http`, also if it is not activated."""
    path = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{path}"
    try:
        yield
    finally:
        os.environ["PATH"] = path


def _run_folder(request: pytest.FixtureRequest) -> Path:
    """A folder that all processes of the run share, and no other run has."""
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    base = factory.getbasetemp()
    # A worker of pytest-xdist has a folder of its own in that of the run.
    return base.parent if hasattr(request.config, "workerinput") else base


def _at_root(root: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, with the root before each relative path. `App.load` refuses a value that is not a path."""

    def resolved(path: Any) -> Any:
        return root / path if isinstance(path, (str, os.PathLike)) else path

    done = dict(options)
    for name in ("manifest", "component", "replay", "record"):
        if name in done:
            done[name] = resolved(done[name])
    match done.get("record"):
        case (file, mode):
            done["record"] = (resolved(file), mode)
    files = done.get("component_files")
    if isinstance(files, Mapping):
        done["component_files"] = {id: resolved(file) for id, file in files.items()}
    return done


def _manifest(request: pytest.FixtureRequest) -> Path:
    configured = request.config.getini("spin_manifest")
    if configured:
        return Path(request.config.rootpath, configured)
    for folder in request.path.parents:
        if (folder / "spin.toml").is_file():
            return folder / "spin.toml"
    raise pytest.UsageError(
        f"no spin.toml in a folder above {request.path}; set the ini option spin_manifest, or mark the test with "
        "@pytest.mark.spin(manifest=…)"
    )


def _recording(request: pytest.FixtureRequest) -> Path:
    folder = request.path.parent / "recordings"
    folder.mkdir(exist_ok=True)
    return folder / f"{_file_name(request.path.stem, request.node.nodeid)}.har"


def _file_name(stem: str, node_id: str) -> str:
    """A file name that no other test in the folder has: file, class, function and parameters of the node id.

    Characters that a file system may refuse are percent-encoded.
    """
    _, _, inside = node_id.partition("::")
    names, bracket, parameters = inside.partition("[")
    # Dots separate the parts, and only the parameters may have others: they come last.
    parts = [_encoded(stem).replace(".", "%2E"), *map(_encoded, names.split("::"))]
    name = ".".join(parts) + bracket + _encoded(parameters)
    if len(name.encode()) <= _NAME_BYTES:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return name.encode()[: _NAME_BYTES - 20].decode(errors="ignore") + f"%{digest}"


def _encoded(text: str) -> str:
    return "".join(
        letter if letter.isalnum() else quote(letter, safe=_SAFE, errors="surrogatepass")
        for letter in text
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Adds the failed calls and the output of the components to the report of a failed test."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if report.failed:
        for app in item.stash.get(_APPS, []):
            _add_sections(report, app)
    return report  # type: ignore[return-value]


def _add_sections(report: pytest.TestReport, app: App) -> None:
    done = app.report()
    failed = [
        f"{call.component}: {call.method} {call.url}: {call.error or call.outcome}"
        for call in done.calls
        if call.outcome != "response"
    ]
    if failed:
        report.sections.append(("Failed outbound calls", "\n".join(failed)))
    for name, text in [("stdout", done.stdout), ("stderr", done.stderr)]:
        if text:
            report.sections.append((f"Component {name}", text))
