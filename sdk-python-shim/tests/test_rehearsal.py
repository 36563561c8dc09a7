"""The rehearsal of requests while a component is built."""

import gc
import importlib
import sys

import pytest

from spin_http import _rehearsal, use_transport
from spin_http._platform import snapshot
from spin_http._transport import current


@pytest.fixture(autouse=True)
def unfreeze():
    yield
    gc.unfreeze()


@pytest.mark.parametrize("is_wasi_http", [False, True])
def test_every_request_of_a_rehearsal_succeeds_without_a_host(
    wire, monkeypatch, capsys, is_wasi_http
):
    monkeypatch.setattr(sys, "platform", "wasi")
    monkeypatch.setattr(_rehearsal, "is_wasi_http", lambda: is_wasi_http)
    statuses = []
    respond = _rehearsal.respond

    def observed(*arguments):
        response = respond(*arguments)
        statuses.append(response.status)
        return response

    monkeypatch.setattr(_rehearsal, "respond", observed)
    _rehearsal.rehearse()
    assert statuses == [200] * 2 * _rehearsal.ROUNDS
    assert capsys.readouterr().err == ""


def test_a_rehearsal_changes_neither_the_import_nor_the_transport_nor_the_state(
    wire, monkeypatch, host_answering
):
    monkeypatch.setattr(sys, "platform", "wasi")
    http = importlib.import_module("spin_http._host.spin").http
    send_request = http.send_request
    monkeypatch.setattr(snapshot, "_state", "building")
    with use_transport(host_answering()) as transport:
        _rehearsal.rehearse()
        assert current() is transport
    assert transport.requests == []
    assert http.send_request is send_request
    assert snapshot.is_building()


def test_the_objects_of_the_build_are_frozen(wire, monkeypatch):
    monkeypatch.setattr(sys, "platform", "wasi")
    _rehearsal.rehearse()
    assert gc.get_freeze_count() > 0
