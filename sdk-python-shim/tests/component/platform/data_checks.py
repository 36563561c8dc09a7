"""The data of packages: of libraries, and of the packages of the program."""

import configparser
import errno
import glob
import importlib.metadata
import importlib.resources
import json
import os
import pkgutil
import shutil
from pathlib import Path

import bulky  # the test makes it, with more data than is stored
import certifi
import jinja2
from dateutil.zoneinfo import get_zonefile_instance

import shelf

FOLDER = Path(shelf.__file__).parent
PAGE = "<h1>caf\u00e9</h1>\n"
NAMES = ["2020-12", "__init__.py", "page.html", "templates"]


def importlib_resources_finds_files_and_folders():
    files = importlib.resources.files("shelf")
    assert files.joinpath("page.html").read_text(encoding="utf-8") == PAGE
    assert json.loads((files / "2020-12" / "core.json").read_bytes()) == {"id": "core"}
    assert sorted(entry.name for entry in files.iterdir()) == NAMES
    assert (files / "templates").is_dir()
    assert importlib.resources.read_text("shelf", "page.html") == PAGE
    assert importlib.resources.is_resource("shelf", "page.html")
    with importlib.resources.as_file(files / "page.html") as path:
        assert Path(path).read_text() == PAGE


def pkgutil_reads_the_data_of_a_package():
    assert pkgutil.get_data("shelf", "page.html") == "<h1>caf\u00e9</h1>\r\n".encode()
    assert b"core" in pkgutil.get_data("shelf", "2020-12/core.json")


def a_path_relative_to_a_module_is_opened():
    path = os.path.join(os.path.dirname(shelf.__file__), "page.html")
    with open(path) as file:
        assert (file.read(), file.name) == (PAGE, path)
    with open(path.encode(), "rb") as file:
        assert file.read(4) == b"<h1>"
        assert file.seek(-2, os.SEEK_END)
        assert file.read() == b"\r\n"
    with open(FOLDER / ".." / "shelf" / "page.html", newline="", encoding="latin-1") as file:
        assert file.read() == "<h1>caf\u00c3\u00a9</h1>\r\n"
    parser = configparser.ConfigParser()
    assert parser.read([path + ".absent"]) == []


def pathlib_and_os_find_the_data():
    page = FOLDER / "page.html"
    assert page.exists()
    assert page.is_file()
    assert not page.is_dir()
    assert page.stat().st_size == os.path.getsize(page) == 16
    assert page.read_bytes().startswith(b"<h1>")
    assert FOLDER.is_dir()
    assert page.resolve().read_text() == PAGE
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(os.listdir(FOLDER)) == NAMES
    assert [path.name for path in FOLDER.rglob("*.json")] == ["core.json"]
    assert glob.glob(f"{FOLDER}/*/*.html") == [f"{FOLDER}/templates/hello.html"]
    assert {name for _, _, names in os.walk(FOLDER) for name in names} >= {"core.json"}
    with os.scandir(FOLDER) as entries:
        assert {entry.name: entry.is_dir() for entry in entries}["templates"] is True


def _raises(kind, function):
    try:
        result = function()
    except kind as error:
        return error
    raise AssertionError(result)


def what_is_not_there_is_an_error_with_its_path():
    absent = str(FOLDER / "absent.html")
    for function in [lambda: open(absent), lambda: os.stat(absent), lambda: os.listdir(absent)]:
        error = _raises(FileNotFoundError, function)
        assert (error.errno, error.filename) == (errno.ENOENT, absent)
    assert not Path(absent).exists()
    _raises(OSError, lambda: open(FOLDER / "page.html", "w"))
    _raises(OSError, lambda: open(FOLDER / "page.html", "r+"))
    _raises(OSError, lambda: open(FOLDER))
    _raises(OSError, lambda: shutil.copy(FOLDER / "page.html", FOLDER / "copy.html"))
    _raises(FileNotFoundError, lambda: pkgutil.get_data("shelf", "absent.html"))


def certifi_has_its_certificates():
    assert "BEGIN CERTIFICATE" in Path(certifi.where()).read_text()
    assert "BEGIN CERTIFICATE" in certifi.contents()


def jinja2_loads_the_templates_of_a_package():
    loader = jinja2.PackageLoader("shelf")
    assert (
        jinja2.Environment(loader=loader).get_template("hello.html").render(name="a") == "Hello a"
    )
    assert loader.list_templates() == ["hello.html"]
    loader = jinja2.FileSystemLoader(FOLDER / "templates")
    assert (
        jinja2.Environment(loader=loader).get_template("hello.html").render(name="b") == "Hello b"
    )
    _raises(jinja2.TemplateNotFound, lambda: loader.get_source(jinja2.Environment(), "absent"))


def dateutil_has_its_archive_of_time_zones():
    assert get_zonefile_instance().get("Europe/Berlin") is not None


def data_above_the_limit_is_not_there():
    assert bulky.__file__
    _raises(FileNotFoundError, lambda: pkgutil.get_data("bulky", "data.bin"))


def a_distribution_has_its_version():
    assert importlib.metadata.version("certifi")
