"""Sends requests to an application whose upstream is mocked, and prints how long each took.

`cargo xtask bench drivers` runs it.
"""

import os
import time

from spin_harness import App, Mocks, get, text

mocks = Mocks()
mocks.expect(get("http://api.test/"), text("hello"))
app = App.load(
    component=os.environ["COMPONENT"],
    allowed_outbound_hosts=["http://api.test"],
    environment={"UPSTREAM": "http://api.test/"},
    mocks=mocks,
)
times = []
for nth in range(int(os.environ["REQUESTS"])):
    started = time.perf_counter_ns()
    response = app.get("/calls/1")
    times.append(time.perf_counter_ns() - started)
    assert response.text == "5"
    if nth == 0:
        print("responded", flush=True)
print(*times)
mocks.verify()
app.close()
