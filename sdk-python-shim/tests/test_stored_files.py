"""Which files of packages are stored in a component, and how they are opened. `data_checks` has more, in a component."""

import builtins
import io
import os
import shutil
import sys

import pytest

from spin_http._platform import archive as archive_module
from spin_http._platform import stored_files
from spin_http._platform.archive import Archive, LeftOut

STORED = {
    "shelf/__init__.py": b"",
    "shelf/page.html": b"page\r\n",
    "shelf/2020-12/core.json": b"{}",
    "shelf/2020-12/deep/template.py": b"not a module",
    "shelf/deep/empty": b"",
    "shelf-1.0.dist-info/METADATA": b"Name: shelf\nVersion: 1.0\n",
}
NOT_STORED = {
    "shelf/_native.so": b"1",
    "shelf/stubs.pyi": b"1",
    "shelf/py.typed": b"",
    "shelf/tests/data.json": b"1",
    "shelf/__pycache__/a.pyc": b"1",
    "shelf-1.0.dist-info/RECORD": b"shelf/__init__.py,sha256=1,2\n",
    "other-1.0.dist-info/RECORD": b"other.py,,\n",
    "other-1.0.dist-info/METADATA": b"Name: other\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a package, which is all of `sys.path`."""
    for name, content in {**STORED, **NOT_STORED}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def archive_of_package():
    archive = Archive()
    archive._collected.add("shelf")
    archive._add_top_level("shelf", set())
    archive._add_metadata(set())
    return archive


def test_modules_data_and_metadata_are_stored(folder):
    archive = archive_of_package()
    assert {name: archive.read(str(folder / name)) for name in STORED} == STORED
    stored = [name for name in NOT_STORED if archive.size(str(folder / name)) is not None]
    assert stored == []
    assert archive.left_out == []


def test_data_above_the_limit_is_left_out_as_a_whole_and_listed(folder, monkeypatch):
    monkeypatch.setattr(archive_module, "DATA_LIMIT_BYTES", 19)
    archive = archive_of_package()
    files = ["2020-12/core.json", "2020-12/deep/template.py", "deep/empty", "page.html"]
    assert archive.left_out == [LeftOut("shelf", 20, files)]
    assert archive.size(str(folder / "shelf/page.html")) is None
    assert archive.size(str(folder / "shelf/__init__.py")) == 0
    monkeypatch.setattr(archive_module, "DATA_LIMIT_BYTES", 20)
    assert archive_of_package().left_out == []


@pytest.fixture
def deleted(folder, monkeypatch):
    """The folder of the package, whose files exist only in an archive that was installed."""
    archive = archive_of_package()
    functions = [(builtins, "open"), (io, "open")]
    functions += [(os, name) for name in ("stat", "lstat", "listdir", "scandir")]
    for owner, name in functions:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    shutil.rmtree(folder / "shelf")
    stored_files.install(archive)
    return folder / "shelf"


def test_stored_files_are_read_by_path(deleted):
    assert (deleted / "page.html").read_text() == "page\n"
    assert (deleted / "page.html").read_bytes() == b"page\r\n"
    with open(os.fsencode(deleted / "page.html"), newline="") as file:
        assert file.read() == "page\r\n"
    assert sorted(os.listdir(deleted)) == ["2020-12", "__init__.py", "deep", "page.html"]
    assert {path.name for path in deleted.rglob("*.json")} == {"core.json"}
    assert os.path.getsize(deleted / "page.html") == 6
    with os.scandir(deleted) as entries:
        kinds = {entry.name: (entry.is_dir(), entry.is_file()) for entry in entries}
    assert (kinds["deep"], kinds["page.html"]) == ((True, False), (False, True))


def test_files_that_exist_come_first(deleted):
    deleted.mkdir()
    (deleted / "page.html").write_text("mounted")
    assert (deleted / "page.html").read_text() == "mounted"
    assert (deleted / "2020-12/core.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda folder: open(folder / "absent"), FileNotFoundError),
        (lambda folder: os.stat(folder / "absent"), FileNotFoundError),
        (lambda folder: os.scandir(folder / "page.html"), OSError),
        (lambda folder: open(folder / "page.html", "w"), OSError),
        (lambda folder: open(folder / "page.html", "ab"), OSError),
        (lambda folder: open(folder / "page.html", "r+"), OSError),
        (lambda folder: open(folder), OSError),
        (lambda _: open(-1), (OSError, ValueError)),
        (lambda _: open(7.5), TypeError),
        (lambda folder: open(folder / "page.html", "x" * 3), ValueError),
        (lambda folder: open(f"{folder}\0"), ValueError),
    ],
)
def test_what_cannot_be_opened_is_the_error_of_the_standard_library(deleted, function, kind):
    with pytest.raises(kind):
        function(deleted)
