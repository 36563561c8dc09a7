"""Generators that wait for the host."""

import pytest

from spin_http._waiting import SOON, Background, Wait, earliest, is_over


def waits(*names, log):
    for name in names:
        log.append(name)
        yield Wait((name,), None)
    log.append("end")


def values(log):
    yield Wait(("main",), 5.0)
    log.append("continued")
    return 7


def run(waiting):
    seen = []
    while True:
        try:
            seen.append(next(waiting))
        except StopIteration as end:
            return seen, end.value


def test_a_wait_is_for_what_comes_first():
    assert Wait(("a",), 3.0).joined(Wait(("b",), 2.0)) == Wait(("a", "b"), 2.0)
    assert Wait(("a",)).joined(Wait((), 2.0)) == Wait(("a",), 2.0)
    assert Wait().joined(Wait()) == Wait()
    assert earliest(None, 2.0, 1.0) == 1.0
    assert earliest(None) is None
    assert is_over(0.0)
    assert not is_over(None)
    assert not is_over(float("inf"))


def test_the_work_goes_on_while_another_waits():
    log = []
    background = Background(waits("upload", log=log))
    seen, value = run(background.beside(values(log)))
    assert value == 7
    assert seen == [Wait(("main", "upload"), 5.0)]
    assert log == ["upload", "end", "continued"]
    # The next one waits alone.
    assert run(background.beside(values(log)))[0] == [Wait(("main",), 5.0)]


def test_work_that_need_not_wait_gives_the_other_its_turn():
    log = []

    def work():
        while True:
            log.append("work")
            yield SOON

    seen, value = run(Background(work()).beside(values(log)))
    assert value == 7
    assert seen == [Wait(("main",), 0.0)]
    assert log == ["work", "work", "continued"]


def test_without_work_the_other_waits_alone():
    assert run(Background(None).beside(values([]))) == ([Wait(("main",), 5.0)], 7)


def test_what_the_work_raises_ends_the_other():
    closed = []

    def main():
        try:
            yield Wait()
        finally:
            closed.append("main")

    def failing():
        yield Wait()
        raise ZeroDivisionError

    waiting = Background(failing()).beside(main())
    next(waiting)
    with pytest.raises(ZeroDivisionError):
        next(waiting)
    assert closed == ["main"]


def test_closing_ends_both():
    closed = []

    def work(name):
        try:
            while True:
                yield Wait()
        finally:
            closed.append(name)

    background = Background(work("upload"))
    waiting = background.beside(work("main"))
    next(waiting)
    waiting.close()
    assert closed == ["main"]
    background.close()
    background.close()
    assert closed == ["main", "upload"]
