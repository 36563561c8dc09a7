"""The command `spin-http build`: what it says when a component cannot be built, its exit codes, and the files that it leaves."""

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from command import (
    BUILD_LIMIT_SECONDS,
    SPIN_HTTP,
    request,
    spin_http_build,
    without_active_environment,
)

HANDLER = """
from spin_http import Request, Response, http_component

@http_component
def handle(request: Request) -> Response:
    return Response(200, {}, "1")
"""


def fails(folder, source, *parts, name="app.py", files=()):
    """Builds a program that cannot be built. Each part must be in the message, in this order."""
    program = folder / name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(textwrap.dedent(source))
    for path, text in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    component = folder / "out/app.wasm"
    component.parent.mkdir()
    component.write_text("an earlier component")
    before = {path for path in folder.rglob("*") if path.is_file()}
    done = spin_http_build(name, "out/app.wasm", cwd=folder)
    message = done.stderr
    assert (done.returncode, done.stdout) == (1, ""), message
    assert message.startswith(f"building {name} ...\nerror: "), message
    position = 0
    for part in parts:
        position = message.find(part, position)
        assert position >= 0, f"{part!r} is not there, or not in order:\n{message}"
    for absent in ["wasm backtrace", "Stack backtrace", "guest.py", "spin_http_entry", "\x1b"]:
        assert absent not in message, message
    assert {path for path in folder.rglob("*") if path.is_file()} == before, "no file is left"
    assert component.read_text() == "an earlier component"


def test_async_needs_the_other_backend(tmp_path):
    source = """
        from spin_http import Request, Response, http_component

        @http_component
        async def handle(request: Request) -> Response:
            return Response(200)
    """
    fails(
        tmp_path,
        source,
        "the handler `handle` is async, and the call of fermyon:spin/http blocks; "
        "define it with def, or build the component with `spin-http build --backend wasi-http`",
    )


def test_a_call_of_the_host_at_the_top_level_names_the_line(tmp_path):
    source = """
        from spin_http import Request, http_send

        def load():
            return http_send(Request("GET", "https://a.test/"))

        SETTINGS = load()
    """
    fails(
        tmp_path,
        source,
        "Traceback (most recent call last):\n",
        'File "app.py", line 7, in <module>\n    SETTINGS = load()',
        'File "app.py", line 5, in load\n',
        "GET https://a.test/: the component is still being built; "
        "call http_send in a handler, not at the top level",
    )


def test_a_missing_module_says_what_to_install(tmp_path):
    source = """
        print("before")
        import yaml
    """
    fails(
        tmp_path,
        source,
        'File "app.py", line 3, in <module>\n    import yaml\n',
        "ModuleNotFoundError: No module named 'yaml'",
        "hint: run `pip install PyYAML` in ",
        "The program has printed:\nbefore\n",
    )


def test_a_program_without_a_handler_says_to_decorate_it(tmp_path):
    fails(
        tmp_path,
        "def handle_request(request):\n    return None\n",
        "error: app.py has no handler; decorate the function that handles requests:",
        "    @http_component\n    def handle_request(request",
    )


def test_a_syntax_error_in_a_package_names_file_and_line(tmp_path):
    fails(
        tmp_path,
        "from . import other\n",
        'File "src/shop/app.py", line 1, in <module>',
        'File "src/shop/other.py", line 2\n    def broken(:\n',
        "SyntaxError: invalid syntax",
        name="src/shop/app.py",
        files=[("src/shop/__init__.py", ""), ("src/shop/other.py", "x = 1\ndef broken(:\n")],
    )


def test_what_the_snapshot_would_freeze_is_refused_with_each_line(tmp_path):
    source = (Path(__file__).parent / "platform" / "frozen.py").read_text()
    lines = source.splitlines()

    def line(text):
        return next(number for number, line in enumerate(lines, 1) if line.startswith(text))

    clock = "the component would keep the time of the build"
    same = "every instance of the component would have the same value"
    environment = "there is no environment while the component is built"
    want = [
        ("STARTED", "time.time()", clock),
        ("TICKS", "time.monotonic()", clock),
        ("NOW", "datetime.now()", clock),
        ("TODAY", "date.today()", clock),
        ("ID", "uuid.uuid4()", same),
        ("KEY", "secrets.token_hex()", same),
        ("CHOICE", "random.SystemRandom.choice()", same),
        ("DICE", "random.randint()", same),
        ("SHUFFLED", "random.shuffle()", same),
        ("UNSEEDED", "random.random()", same),
        ("BYTES", "os.urandom()", same),
        ("HOME", "os.environ", environment),
        ("TOKEN", "os.environ", environment),
        ("HAS_TOKEN", "os.environ", environment),
        ("COPY", "os.environ", environment),
        ("    return time.time_ns()", "time.time_ns()", clock),
        ("random.seed", "random.seed()", "the host seeds it anew; use random.Random(seed)"),
    ]
    expected = [f"app.py:{line(start)}: {what}: {reason}" for start, what, reason in want]
    fails(tmp_path, source, "error: " + "\n".join(expected) + "\nThe top level runs once")


def test_a_variable_of_the_environment_is_refused_with_a_hint(tmp_path):
    fails(
        tmp_path,
        "import os\n\nKEY = os.environ['API_KEY']\n",
        'File "app.py", line 3, in <module>',
        "KeyError: 'API_KEY'",
        "hint: there is no environment while the component is built; read it in a handler",
    )


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("absent.py", "there is no file absent.py"),
        ("app", "there is no file app; did you mean app.py?"),
        ("README.md", "README.md is not a file of Python"),
        ("my-app.py", "`my-app` is not an identifier; rename it"),
        ("json.py", "json.py has the name of the module `json`; rename it"),
    ],
)
def test_a_file_that_cannot_be_a_program_is_refused_at_once(tmp_path, name, says):
    for file in ["app.py", "README.md", "my-app.py", "json.py"]:
        tmp_path.joinpath(file).write_text("")
    done = spin_http_build(name, "app.wasm", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "required: COMMAND"),
        (["make"], 2, "invalid choice: 'make'"),
        (["build", "app.py"], 2, "required: -o/--out"),
        (["build", "-o", "app.wasm"], 2, "required: ENTRY"),
        (["build", "app.py", "-o", "app.wasm", "--wath"], 2, "unrecognized arguments: --wath"),
        (["build", "--help"], 0, "  spin-http build app.py -o app.wasm\n"),
        (["--help"], 0, "Build a component"),
    ],
)
def test_usage_has_its_exit_code_and_an_example(arguments, code, says):
    done = subprocess.run(
        [SPIN_HTTP, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == code
    assert says in (done.stderr if code else done.stdout)


def wait_for(condition, child):
    """Waits until the condition holds, or the limit of a build has passed."""
    limit = time.monotonic() + BUILD_LIMIT_SECONDS
    while not condition():
        assert child.poll() is None, "the command has ended"
        assert time.monotonic() < limit, "nothing happened within the limit of a build"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def two_modules(tmp_path_factory):
    """The component of a program of two modules, in an odd folder, which `--watch` has built after the second was written.

    It has the variables that it seems not to use, until it runs.
    """
    assert sys.prefix != sys.base_prefix, "the tests run in a virtual environment"
    folder = tmp_path_factory.mktemp("an odd fold\u00e9r")
    program, component = folder / "src \u65e5", folder / "new folder/app.wasm"
    program.mkdir()
    (program / "app.py").write_text("import web\n")
    (program / "gone.txt").symlink_to("nowhere")
    (program / "loop").symlink_to(program)
    log = folder / "stderr"
    with log.open("w") as stderr:
        child = subprocess.Popen(
            [SPIN_HTTP, "build", "src \u65e5/app.py", "-o", "new folder/app.wasm", "--watch"],
            cwd=folder,
            env=without_active_environment(),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            # A shell's background job ignores SIGINT, and so does what it starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        try:
            wait_for(lambda: "No module named 'web'" in log.read_text(), child)
            assert not component.exists()
            (program / "web.py").write_text(
                "import importlib\n"
                'variables = importlib.import_module("spin_http." + "variables")\n'
                + HANDLER.replace('"1"', 'variables.get("one")')
            )
            wait_for(component.exists, child)
            assert child.stdout.readline().startswith("new folder/app.wasm: ")
            child.send_signal(signal.SIGINT)
            assert child.wait(60) == 0
        finally:
            child.kill()
            child.communicate()
    return component


def test_a_watched_program_is_built_again_and_leaves_no_other_file(two_modules):
    folder = two_modules.parents[1]
    names = {str(path.relative_to(folder)) for path in folder.glob("*/*")}
    program = {f"src \u65e5/{name}" for name in ("app.py", "web.py", "gone.txt", "loop")}
    assert names == {"new folder/app.wasm", *program}
    assert sorted(path.name for path in folder.iterdir()) == ["new folder", "src \u65e5", "stderr"]


def test_a_program_of_two_modules_is_built_without_an_active_environment(two_modules):
    answer = request(two_modules, "/", "--variable", "one=1")
    assert answer.response["body"] == "1", answer.log


def test_a_traceback_has_the_files_relative_to_the_folder_of_the_build(two_modules):
    answer = request(two_modules, "/")
    assert answer.status == 500
    line = '  File "src \u65e5/web.py", line 8, in handle\n    return Response(200, {}, variables.get("one"))'
    assert line in answer.log
    assert answer.log.count("VariableError") == 1


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("app.py", "the output app.py is a file of the program"),
        ("./web.py", "the output ./web.py is a file of the program"),
        ("link.py", "the output link.py is a file of the program"),
        ("folder", "the output 'folder' is not the path of a file"),
        ("", "the output '' is not the path of a file"),
    ],
)
def test_an_output_that_would_overwrite_the_program_is_refused(tmp_path, output, says):
    (tmp_path / "app.py").write_text("import web\n")
    (tmp_path / "web.py").write_text(HANDLER)
    (tmp_path / "link.py").symlink_to("web.py")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    done = spin_http_build("app.py", output, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "web.py").read_text() == HANDLER


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            {
                "app.py": "from a import x\n",
                "a.py": "from b import y\nx = 1\n",
                "b.py": "from a import x\n",
            },
            ["circular import", 'File "b.py", line 1'],
        ),
        ({"app.py": b"x = '\xe9'\n"}, ["SyntaxError", "app.py"]),
        ({"app.py": b"x = 1\0\n"}, ["SyntaxError: source code string cannot contain null bytes"]),
    ],
)
def test_a_source_that_cannot_be_imported_is_an_error_with_its_file(tmp_path, files, says):
    for name, source in files.items():
        data = source.encode() if isinstance(source, str) else source
        (tmp_path / name).write_bytes(data)
    done = spin_http_build("app.py", "app.wasm", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert all(text in done.stderr for text in says), done.stderr
    assert "Stack backtrace" not in done.stderr


def test_a_variable_at_the_top_level_names_the_line(tmp_path):
    fails(
        tmp_path,
        "from spin_http import variables\n\nTOKEN = variables.get('token')\n",
        'File "app.py", line 3, in <module>',
        "variable `token`: the component is still being built; "
        "call variables.get in a handler, not at the top level",
    )
