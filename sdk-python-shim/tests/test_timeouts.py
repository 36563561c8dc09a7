"""The timeouts of a call."""

from spin_http._timeouts import nanoseconds


def test_every_timeout_is_a_number_of_nanoseconds_that_the_host_can_add_to_its_clock():
    longest = 4_000_000_000 * 10**9
    for seconds, want in [
        (-1.0, 0),
        (0, 0),
        (0.25, 250_000_000),
        (3, 3_000_000_000),
        (1e300, longest),
        (10**400, longest),
        (float("inf"), longest),
        (float("-inf"), 0),
    ]:
        assert nanoseconds(seconds) == want, seconds
    assert longest < 1 << 62
