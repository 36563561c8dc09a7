"""Asynchronous programs."""

import asyncio
import time

import httpx

from spin_http import ExchangeTimeoutError, HttpError, Request, http_send, http_send_async


async def case_calls_are_in_flight_at_the_same_time(upstream):
    """The upstream responds to none of the three before all have arrived."""
    url = f"{upstream}/together/http-send"
    responses = await asyncio.gather(*(http_send_async(Request("GET", url)) for _ in range(3)))
    return [response.text for response in responses]


async def case_httpx_calls_are_in_flight_at_the_same_time(upstream):
    async with httpx.AsyncClient() as client:
        calls = (client.get(f"{upstream}/together/httpx") for _ in range(3))
        return [response.text for response in await asyncio.gather(*calls)]


async def case_a_task_group(upstream):
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(http_send_async(Request("GET", f"{upstream}/together/group")))
            for _ in range(3)
        ]
    return [task.result().text for task in tasks]


async def case_timers_run_meanwhile(upstream):
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.02)
            ticks += 1

    task = asyncio.create_task(tick())
    await http_send_async(Request("GET", f"{upstream}/dripping"))
    task.cancel()
    return ticks >= 3


async def case_asyncio_timeout(upstream):
    start = time.monotonic()
    try:
        async with asyncio.timeout(0.2):
            await http_send_async(Request("GET", f"{upstream}/never"))
    except TimeoutError as error:
        return [type(error).__name__, time.monotonic() - start < 10]


async def case_asyncio_timeout_within_the_body(upstream):
    try:
        async with asyncio.timeout(0.2), httpx.AsyncClient() as client:
            await client.get(f"{upstream}/stalled")
    except TimeoutError as error:
        return type(error).__name__


async def case_wait_for(upstream):
    try:
        await asyncio.wait_for(http_send_async(Request("GET", f"{upstream}/never")), 0.1)
    except TimeoutError as error:
        return type(error).__name__


async def case_timeout_of_the_call(upstream):
    try:
        await http_send_async(Request("GET", f"{upstream}/never"), timeout=0.1)
    except ExchangeTimeoutError as error:
        return error.cause


async def case_timeouts_without_an_end(upstream):
    request = Request("GET", f"{upstream}/lines")
    return [
        (await http_send_async(request, timeout=timeout)).status
        for timeout in (float("inf"), 1e300, 1e10)
    ]


async def case_timeout_of_httpx(upstream):
    async with httpx.AsyncClient(timeout=0.1) as client:
        try:
            await client.get(f"{upstream}/never")
        except httpx.ReadTimeout as error:
            return type(error).__name__


async def case_cancelled_calls_are_dropped(upstream):
    for _ in range(20):
        task = asyncio.create_task(http_send_async(Request("GET", f"{upstream}/never")))
        await asyncio.sleep(0.005)
        task.cancel()
        assert (await asyncio.gather(task, return_exceptions=True))[
            0
        ].__class__ is asyncio.CancelledError
    return (await http_send_async(Request("GET", f"{upstream}/lines"))).text


async def case_errors(upstream):
    async def kind(url):
        try:
            await http_send_async(Request("GET", url))
        except HttpError as error:
            return [error.kind, error.cause]

    urls = ["http://127.0.0.1:1/", "http://denied.test/", f"{upstream}/hostile/cut"]
    return await asyncio.gather(*map(kind, urls))


async def case_streaming_both_ways(upstream):
    """Each piece is sent when the one before has come back."""
    came_back = asyncio.Event()
    received = b""

    async def pieces():
        for number in range(5):
            yield f"piece {number};".encode()
            await came_back.wait()
            came_back.clear()

    request = Request("POST", f"{upstream}/stream-echo", {}, pieces())
    response = await http_send_async(request, stream=True)
    async for part in response.aiter_bytes():
        received += part
        if received.endswith(b";"):
            came_back.set()
    return received.decode()


async def case_timeout_of_a_body_that_is_always_there(upstream):
    """The guest reads more slowly than the upstream sends, so it never waits for a piece."""
    start = time.monotonic()
    response = await http_send_async(Request("GET", f"{upstream}/endless"), stream=True)
    try:
        async with asyncio.timeout(0.2):
            async for _ in response.aiter_bytes():
                time.sleep(0.005)
    except TimeoutError as error:
        return [type(error).__name__, time.monotonic() - start < 10]


async def case_timeout_of_an_endless_upload(upstream):
    async def pieces():
        end = time.monotonic() + 30
        while time.monotonic() < end:
            yield bytes(64 * 1024)

    start = time.monotonic()
    try:
        async with asyncio.timeout(0.2):
            await http_send_async(Request("POST", f"{upstream}/chunked-count", {}, pieces()))
    except TimeoutError as error:
        return [type(error).__name__, time.monotonic() - start < 10]


async def case_a_get_has_the_body_of_an_iterator(upstream):
    async def pieces():
        yield b"bo"
        yield b"dy"

    request = Request("GET", f"{upstream}/chunked-echo", {}, pieces())
    return (await http_send_async(request)).text


async def case_a_blocking_read_beside_an_upload(upstream):
    async def pieces():
        yield b"piece"
        await asyncio.Event().wait()

    request = Request("POST", f"{upstream}/stream-echo", {}, pieces())
    response = await http_send_async(request, stream=True)
    try:
        return response.text
    except RuntimeError as error:
        response.close()
        return str(error).partition(";")[0]


async def case_a_blocking_call_that_passes_on_a_response_beside_an_upload(upstream):
    async def pieces():
        yield b"piece"
        await asyncio.Event().wait()

    request = Request("POST", f"{upstream}/stream-echo", {}, pieces())
    response = await http_send_async(request, stream=True)
    try:
        return http_send(Request("POST", f"{upstream}/echo", {}, response.iter_bytes())).status
    except RuntimeError as error:
        response.close()
        return str(error).partition(";")[0]


async def case_a_read_that_is_cancelled_closes_the_body(upstream):
    """At each of its waits, the one for the trailers included."""
    outcomes = set()
    for n_turns in range(8):
        response = await http_send_async(Request("GET", f"{upstream}/trailers"), stream=True)
        incoming = response._incoming
        assert await incoming.aread() == b"body"
        await asyncio.sleep(0.1)  # for the end, which the host has then
        read = asyncio.create_task(incoming.aread())
        for _ in range(n_turns):
            await asyncio.sleep(0)
        read.cancel()
        await asyncio.gather(read, return_exceptions=True)
        try:
            outcomes.add(repr(await incoming.aread()))  # it had ended
        except ValueError as error:
            outcomes.add(str(error))
    return sorted(outcomes)


async def case_httpx_streams(upstream):
    async def pieces():
        for _ in range(3):
            await asyncio.sleep(0.01)
            yield b"piece"

    async with httpx.AsyncClient() as client:
        posted = await client.post(f"{upstream}/chunked-echo", content=pieces())
        async with client.stream("GET", f"{upstream}/large") as response:
            n_bytes = 0
            async for part in response.aiter_bytes():
                n_bytes += len(part)
    return [posted.text, n_bytes]


async def case_an_iterator_that_fails(upstream):
    async def pieces():
        yield b"a"
        raise ZeroDivisionError("in the iterator")

    try:
        await http_send_async(Request("POST", f"{upstream}/chunked-echo", {}, pieces()))
    except ZeroDivisionError as error:
        return str(error)


async def case_an_iterator_that_fails_after_the_head(upstream):
    came_back = asyncio.Event()

    async def pieces():
        yield b"a"
        await came_back.wait()
        raise ZeroDivisionError("in the iterator")

    request = Request("POST", f"{upstream}/stream-echo", {}, pieces())
    response = await http_send_async(request, stream=True)
    errors = []
    for _ in range(2):
        try:
            async for _ in response.aiter_bytes():
                came_back.set()
        except ZeroDivisionError as error:
            errors.append(str(error))
    return errors


async def case_an_iterator_of_httpx_that_fails_after_the_head(upstream):
    came_back = asyncio.Event()

    async def pieces():
        yield b"a"
        await came_back.wait()
        raise ZeroDivisionError("in the iterator")

    async with httpx.AsyncClient() as client:
        url = f"{upstream}/stream-echo"
        async with client.stream("POST", url, content=pieces()) as response:
            try:
                async for _ in response.aiter_bytes():
                    came_back.set()
            except ZeroDivisionError as error:
                return str(error)


async def case_a_read_that_is_cancelled_is_not_the_end(upstream):
    response = await http_send_async(Request("GET", f"{upstream}/stalled"), stream=True)
    pieces = response.aiter_bytes()
    got = [(await anext(pieces)).decode()]
    try:
        async with asyncio.timeout(0.1):
            await anext(pieces)
    except TimeoutError as error:
        got.append(type(error).__name__)
    try:
        await anext(pieces)
    except ValueError as error:
        got.append(str(error))
    return got


async def case_redirects_and_cookies(upstream):
    async with httpx.AsyncClient(follow_redirects=True) as client:
        response = await client.get(f"{upstream}/login")
        return [len(response.history), response.json()["headers"]["cookie"]]


async def case_no_threads(upstream):
    try:
        await asyncio.to_thread(print)
    except NotImplementedError as error:
        return str(error)


async def case_the_loop_waits_in_the_host(upstream):
    loop = asyncio.get_running_loop()
    return [type(loop).__name__, loop.is_running()]


async def case_queues_and_locks(upstream):
    queue, lock = asyncio.Queue(), asyncio.Lock()

    async def produce():
        for number in range(3):
            async with lock:
                await queue.put(number)

    task = asyncio.create_task(produce())
    got = [await queue.get() for _ in range(3)]
    await task
    return got
