"""The pytest plugin: the fixtures `spin_app` and `spin_mocks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from . import App, Mocks

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
        choices=["all", "once", "new-episodes", "none"],
        nargs="?",
        const="all",
        help="record the outbound calls of each test to a HAR file, in the folder `recordings` beside its file",
    )
    parser.addini(
        "spin_manifest", "the Spin manifest of the fixture `spin_app`, or its folder", type="string"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line(
        "markers",
        "spin(**options): options of spin_harness.App.load for the fixture `spin_app`, such as manifest, variables or "
        "virtual_time",
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
    above the test.
    """
    options: dict[str, Any] = {"mocks": spin_mocks}
    for marker in reversed(list(request.node.iter_markers("spin"))):
        options |= marker.kwargs
    if "component" not in options:
        manifest = Path(options.get("manifest") or _manifest(request))
        options["manifest"] = manifest / "spin.toml" if manifest.is_dir() else manifest
    mode = request.config.getoption("--spin-record")
    if mode is not None:
        options.setdefault("record", (_recording(request), mode))
    if "manifest" in options and request.config.getoption("--spin-build"):
        from ._build_once import load_built

        return load_built(
            _run_folder(request),
            options["manifest"],
            lambda build: spin_load(**{**options, "build": build}),
        )
    return spin_load(**options)


def _run_folder(request: pytest.FixtureRequest) -> Path:
    """A folder that all processes of the run share, and no other run has."""
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    base = factory.getbasetemp()
    # A worker of pytest-xdist has a folder of its own in that of the run.
    return base.parent if hasattr(request.config, "workerinput") else base


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
    name = "".join(
        letter if letter.isalnum() or letter in "-_" else "-" for letter in request.node.name
    )
    return folder / f"{request.path.stem}-{name}.har"


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
