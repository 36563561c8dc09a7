"""The fixtures, as a user's tests have them."""

import textwrap

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
    recording = pytester.path / "recordings/test_app-test_it.har"
    assert "https://api.test/" in recording.read_text()


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
