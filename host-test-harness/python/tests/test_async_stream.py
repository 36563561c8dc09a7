"""Streams of asyncio."""

import asyncio
import gc

import pytest
from spin_harness import AsyncApp, HarnessError, InvalidRequestError, Mocks, any_request, stalled

ALLOWED = ["https://api.test"]
CALL = [{"method": "GET", "uri": "https://api.test/", "headers": [], "body": None}]


def run(component, test, **options):
    """Runs a test with an application, and asserts that it leaves no task and that asyncio has nothing to report."""
    reported = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: reported.append(context)
        )
        async with await AsyncApp.load(component=component, **options) as app:
            await asyncio.wait_for(test(app), 60)
        gc.collect()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert reported == []


def test_each_piece_comes_back_before_the_next_one_is_sent(streams):
    async def test(app):
        async with app.stream("GET", "/cookies") as stream:
            assert await stream.status() == 201
            assert (await stream.headers()).get_all("set-cookie") == ["a=1", "b=2"]
        async with app.stream("POST", "/echo") as stream:
            for piece in [b"one", bytearray(b"two"), memoryview(b"three")]:
                assert await stream.write(piece)
                assert await anext(stream) == piece
            assert await stream.status() == 200
            await stream.end()
            assert [piece async for piece in stream] == []
            assert list(stream.trailers) == []

    run(streams, test)


def test_the_pieces_of_a_body_are_sent_while_the_response_is_read(streams):
    async def test(app):
        arrived = asyncio.Event()

        async def body():
            yield b"first"
            await arrived.wait()
            yield b"second"

        async with app.stream("POST", "/echo", body=body()) as stream:
            assert await anext(stream) == b"first"
            arrived.set()
            assert await anext(stream) == b"second"
            with pytest.raises(StopAsyncIteration):
                await anext(stream)

    run(streams, test)


def test_more_than_fits_into_any_buffer_passes_in_both_directions(streams):
    async def test(app):
        async def body():
            for _ in range(64):
                yield bytes(1 << 18)

        async with app.stream("POST", "/echo", body=body()) as stream:
            assert sum([len(piece) async for piece in stream]) == 64 << 18

    run(streams, test)


@pytest.mark.parametrize(
    ("options", "body"), [({"body": b""}, b""), ({"body": "é"}, "é".encode()), ({"json": 1}, b"1")]
)
def test_a_whole_body_is_sent_and_ended(streams, options, body):
    async def test(app):
        async with app.stream("POST", "/echo", **options) as stream:
            assert b"".join([piece async for piece in stream]) == body

    run(streams, test)


async def raising(about_to=None):
    yield b"one"
    if about_to is not None:
        about_to.set()
    raise ZeroDivisionError("the body")


async def all_of(stream):
    return [piece async for piece in stream]


@pytest.mark.parametrize("wait", [lambda stream: stream.status(), all_of, None])
def test_an_exception_of_a_body_ends_the_request_and_is_raised(wire, wait):
    async def test(app):
        about_to_raise = asyncio.Event()
        with pytest.raises(ZeroDivisionError, match="the body"):
            async with app.stream("POST", "/echo", body=raising(about_to_raise)) as stream:
                await (about_to_raise.wait() if wait is None else wait(stream))

    run(wire, test)


def test_a_body_that_is_cancelled_ends_the_request(wire):
    async def test(app):
        async def body():
            yield b"x"
            other = asyncio.create_task(asyncio.sleep(60))
            await asyncio.sleep(0)
            other.cancel()
            await other

        with pytest.raises(RuntimeError, match="the body of the request raised CancelledError"):
            async with app.stream("POST", "/echo", body=body()) as stream:
                await stream.status()

    run(wire, test)


def test_an_exception_of_a_body_is_raised_once(wire):
    async def test(app):
        async with app.stream("POST", "/echo", body=raising()) as stream:
            with pytest.raises(ZeroDivisionError):
                await stream.status()
            with pytest.raises(HarnessError, match="the stream is closed"):
                await stream.status()

    run(wire, test)


def test_a_body_is_finished_when_the_block_ends(streams):
    async def test(app):
        finished = []

        async def body():
            try:
                yield b"one"
                await asyncio.Event().wait()
            finally:
                finished.append("waiting")

        async def endless():
            try:
                while True:
                    yield bytes(1 << 16)
            finally:
                finished.append("sending")

        async with app.stream("POST", "/echo", body=body()) as stream:
            assert await anext(stream) == b"one"
        async with app.stream("POST", "/echo", body=endless()) as stream:
            await anext(stream)
        async with app.stream("POST", "/ignore", body=endless()) as stream:
            assert b"".join(await all_of(stream)) == b"read nothing"
        assert finished == ["waiting", "sending", "sending"]

    run(streams, test)


def test_a_cancellation_ends_the_request(wire):
    mocks = Mocks().expect(any_request(), stalled())

    async def request(app):
        async with app.stream("POST", "/", json=CALL) as stream:
            await stream.status()

    async def test(app):
        task = asyncio.create_task(request(app))
        while not mocks.received:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [call.outcome for call in app.report().calls] == ["abandoned"]
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(request(app), 0.01)

    run(wire, test, mocks=mocks, allowed_outbound_hosts=ALLOWED)


def test_a_read_that_is_cancelled_loses_no_piece(streams):
    async def test(app):
        async with app.stream("POST", "/echo") as stream:
            await stream.write(b"one")
            assert await anext(stream) == b"one"
            reading = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            await stream.write(b"two")
            assert await anext(stream) == b"two"

    run(streams, test)


def test_tasks_read_in_turn(streams):
    async def test(app):
        async with app.stream("POST", "/echo") as stream:
            reading = [asyncio.ensure_future(anext(stream)) for _ in range(2)]
            for piece in [b"one", b"two"]:
                await stream.write(piece)
                done, reading = await asyncio.wait(reading, return_when="FIRST_COMPLETED")
                assert [task.result() for task in done] == [piece]

    run(streams, test)


def test_a_task_that_still_waits_when_the_block_ends_gets_an_error(streams):
    async def test(app):
        async with app.stream("POST", "/echo") as stream:
            await stream.status()
            reading = asyncio.ensure_future(anext(stream))
            while stream._reading is None:
                await asyncio.sleep(0)
        with pytest.raises(HarnessError, match="the stream is closed"):
            await reading
        for call in [stream.write(b""), stream.end(), anext(stream)]:
            with pytest.raises(HarnessError, match="the stream is closed"):
                await call
        assert await stream.status() == 200

    run(streams, test)


def test_streams_run_at_the_same_time(streams):
    async def test(app):
        both = [asyncio.Event(), asyncio.Event()]

        async def body(own, other):
            yield b"one"
            own.set()
            await other.wait()
            yield b"two"

        async def request(own, other):
            async with app.stream("POST", "/echo", body=body(own, other)) as stream:
                return b"".join(await all_of(stream))

        echoes = await asyncio.gather(request(*both), request(*reversed(both)))
        assert echoes == [b"onetwo"] * 2

    run(streams, test)


def test_a_component_that_traps_within_its_response_is_an_error(streams):
    async def test(app):
        async with app.stream("GET", "/late?panic", body=b"") as stream:
            assert await stream.status() == 200
            assert await anext(stream) == b"the beginning"
            with pytest.raises(HarnessError) as raised:
                await anext(stream)
            assert "told to panic" in raised.value.guest_stderr

    run(streams, test)


def test_a_closed_application_ends_a_stream_without_a_response(wire):
    async def test(app):
        async with app.stream("POST", "/echo") as stream:
            await stream.write(b"never ended")
            await app.close()
            with pytest.raises(HarnessError, match="the application is closed") as raised:
                await stream.status()
            assert raised.value.kind == "closed"
        async with app.stream("POST", "/echo") as stream:
            with pytest.raises(HarnessError, match="the application is closed"):
                await anext(stream)

    run(wire, test)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"url": "http://["}, InvalidRequestError, None),
        ({"body": 7}, TypeError, "the body is int"),
        ({"body": [b"piece"]}, TypeError, "the body is list"),
        ({"body": raising(), "json": 1}, TypeError, "body or json"),
    ],
)
def test_a_request_that_is_none_is_an_error_before_the_block(wire, options, error, message):
    async def test(app):
        with pytest.raises(error, match=message):
            app.stream("POST", **{"url": "/", **options})

    run(wire, test)


def test_a_piece_of_another_type_is_an_error(wire):
    async def body():
        yield "text"

    async def test(app):
        async with app.stream("POST", "/echo") as stream:
            with pytest.raises(TypeError, match="the piece is 'text'; pass bytes"):
                await stream.write("text")
        with pytest.raises(TypeError, match="the piece is 'text'; pass bytes"):
            async with app.stream("POST", "/echo", body=body()) as stream:
                await stream.status()

    run(wire, test)


def test_a_stream_that_nobody_enters_ends(wire):
    async def test(app):
        app.stream("POST", "/echo")

    run(wire, test)
