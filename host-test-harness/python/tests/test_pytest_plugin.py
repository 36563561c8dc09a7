"""The fixtures, as a user's tests have them."""

import sys
import textwrap
from pathlib import Path

import pytest

MANIFEST = """
spin_manifest_version = 2
application.name = "app"
variables.host.default = "api.test"
trigger.http = [{{ route = "/...", component = "app" }}]
[component.app]
source = {source}
allowed_outbound_hosts = ["https://{{{{ host }}}}"]
[component.app.build]
command = "{command}"
"""

CALL = """
import base64

def call(app, host="api.test"):
    outcomes = app.post("/", json=[{"method": "GET", "uri": f"https://{host}/"}]).json()
    return outcomes[0]
"""


@pytest.fixture
def project(pytester, wire):
    def write(tests, source=None, command=None):
        source = f'"{wire}"' if source is None else f'"{source}"'
        command = "echo built >> builds.txt && " + (command or f"cp '{wire}' built.wasm")
        pytester.makefile(".toml", spin=MANIFEST.format(source=source, command=command))
        pytester.makepyfile(test_app=CALL + textwrap.dedent(tests))
        return pytester

    return write


def test_the_mocks_answer_the_application(project):
    tests = """
    from spin_harness import any_request, text

    def test_it(spin_app, spin_mocks):
        spin_mocks.expect(any_request(), text("mocked"))
        assert base64.b64decode(call(spin_app)["response"]["body"]) == b"mocked"
    """
    project(tests).runpytest_subprocess("-q", timeout=120).assert_outcomes(passed=1)


def test_an_unmet_mock_and_an_unexpected_call_fail_the_test(project):
    tests = """
    from spin_harness import get, text

    def test_unmet(spin_mocks):
        spin_mocks.expect(get("https://api.test/never"), text(""))

    def test_unexpected(spin_app, spin_mocks):
        call(spin_app)
    """
    result = project(tests).runpytest_subprocess("-q", timeout=120)
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(["*was called 0 times, want at least 1*"])
    result.stdout.fnmatch_lines(["*no mock matches GET https://api.test/*"])


def test_a_failed_test_shows_the_calls_and_the_output(project):
    tests = """
    def test_denied(spin_app):
        assert call(spin_app, "denied.test") is None

    def test_trap(spin_app):
        spin_app.get("/panic")
    """
    result = project(tests).runpytest_subprocess("-q", timeout=120)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*Failed outbound calls*", "app: GET https://denied.test/*"])
    result.stdout.fnmatch_lines(["*Component stderr*", "*the probe was told to panic*"])


def test_the_marker_has_options_and_the_ini_option_the_manifest(project):
    tests = """
    import pytest
    from spin_harness import any_request, stalled, status

    @pytest.mark.spin(variables={"host": "other.test"}, virtual_time=True)
    def test_marked(spin_app, spin_mocks):
        spin_mocks.expect(any_request(), stalled())
        assert "error" in call(spin_app, "other.test")
    """
    pytester = project(tests)
    folder = pytester.mkdir("elsewhere")
    (pytester.path / "spin.toml").rename(folder / "spin.toml")
    result = pytester.runpytest_subprocess("-q", timeout=120)
    result.stdout.fnmatch_lines(["*no spin.toml in a folder above*"])
    pytester.makeini("[pytest]\nspin_manifest = elsewhere")
    pytester.runpytest_subprocess("-q", timeout=120).assert_outcomes(passed=1)


def test_the_manifest_is_built_if_asked_and_calls_are_recorded(project):
    tests = """
    from spin_harness import any_request, text

    def test_it(spin_app, spin_mocks):
        spin_mocks.expect(any_request(), text("mocked"))
        assert "response" in call(spin_app)
    """
    pytester = project(tests, source="built.wasm")
    pytester.runpytest_subprocess("-q", timeout=120).assert_outcomes(errors=1)
    options = ["-q", "--spin-build", "--spin-record"]
    pytester.runpytest_subprocess(*options, timeout=120).assert_outcomes(passed=1)
    recording = pytester.path / "recordings/test_app.test_it.har"
    assert "https://api.test/" in recording.read_text()


def test_a_build_finds_the_commands_of_the_environment(project, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    executable = Path(sys.executable)
    pytester = project(TWO, command=f"test $(command -v {executable.name}) = {executable}")
    result = pytester.runpytest_subprocess("-q", "--spin-build", timeout=120)
    result.assert_outcomes(passed=2)


TWO = """
def test_one(spin_app):
    assert spin_app.components == ["app"]

def test_two(spin_app):
    assert spin_app.components == ["app"]
"""


@pytest.mark.parametrize("workers", [[], ["--dist=each", "--tx=2*popen"]])
def test_a_run_builds_once(project, workers):
    pytester = project(TWO, source="built.wasm")
    result = pytester.runpytest_subprocess("-q", "--spin-build", *workers, timeout=120)
    result.assert_outcomes(passed=4 if workers else 2)
    assert (pytester.path / "builds.txt").read_text() == "built\n"


@pytest.mark.parametrize("workers", [[], ["--dist=each", "--tx=2*popen"]])
def test_a_failed_build_fails_all_tests(project, workers):
    pytester = project(TWO, command="echo no compiler >&2 && exit 3")
    result = pytester.runpytest_subprocess("-q", "--spin-build", *workers, timeout=120)
    result.assert_outcomes(errors=4 if workers else 2)
    assert (pytester.path / "builds.txt").read_text() == "built\n"
    errors = [line for line in result.outlines if line.startswith("E ")]
    assert len(errors) == (4 if workers else 2)
    assert all("LoadError: component `app`: the build command " in line for line in errors), errors


def test_each_test_has_a_recording_of_its_own(project):
    tests = """
    import pytest
    from spin_harness import any_request, text

    long = "x" * 300

    @pytest.mark.parametrize("way", ["a/b", "a-b", "a%2Fb", "1.5", f"{long}1", f"{long}2"])
    class TestOne:
        def test_it(self, spin_app, spin_mocks, way):
            spin_mocks.expect(any_request(), text("mocked"))
            assert "response" in call(spin_app)

    class TestTwo(TestOne):
        pass
    """
    pytester = project(tests)
    pytester.runpytest_subprocess("-q", "--spin-record", timeout=120).assert_outcomes(passed=12)
    names = {file.name for file in (pytester.path / "recordings").iterdir()}
    assert len(names) == 12
    assert {
        "test_app.TestOne.test_it[a%2Fb].har",
        "test_app.TestOne.test_it[a-b].har",
        "test_app.TestOne.test_it[a%252Fb].har",
        "test_app.TestTwo.test_it[1.5].har",
    } <= names


def test_a_path_is_not_a_mode_of_the_recording(project):
    pytester = project("def test_it(): pass")
    result = pytester.runpytest_subprocess("--spin-record", "test_app.py", timeout=120)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*'test_app.py' is not a mode,*write the mode too: --spin-record=all"]
    )
    result = pytester.runpytest_subprocess("--spin-record=once", "test_app.py", timeout=120)
    result.assert_outcomes(passed=1)


def test_the_paths_of_the_marker_are_relative_to_the_rootdir(project):
    tests = """
    import pytest
    from spin_harness import text

    @pytest.mark.spin(manifest="apps/spin.toml", mocks=None, record=("apps/calls.har", "all"))
    def test_file(spin_app):
        assert spin_app.components == ["app"]

    @pytest.mark.spin(manifest="apps")
    def test_folder(spin_app):
        assert spin_app.components == ["app"]
    """
    pytester = project(tests)
    folder = pytester.mkdir("apps")
    (pytester.path / "spin.toml").rename(folder / "spin.toml")
    pytester.makeini("[pytest]")
    pytester.mkdir("elsewhere")
    command = ["-q", "--rootdir=..", "-c", "../tox.ini", "../test_app.py"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(pytester.path / "elsewhere")
        result = pytester.run("python", "-m", "pytest", *command, timeout=120)
    result.assert_outcomes(passed=2)
    assert (folder / "calls.har").is_file()
