"""A program that reads at its top level what differs between instances."""

import os
import random
import secrets
import time
import uuid
from datetime import date, datetime, timezone
from os import environ
from time import monotonic

from spin_http import http_component

STARTED = time.time()
TICKS = monotonic()
NOW = datetime.now(timezone.utc)
TODAY = date.today()
ID = uuid.uuid4()
KEY = secrets.token_hex()
CHOICE = secrets.choice([1, 2])
DICE = random.randint(1, 6)
SHUFFLED = random.shuffle([1, 2])
UNSEEDED = random.Random().random()
BYTES = os.urandom(4)
HOME = os.getenv("HOME")
TOKEN = environ.get("TOKEN", "none")
HAS_TOKEN = "TOKEN" in environ
COPY = dict(environ)


def read_in_a_function():
    return time.time_ns()


IN_A_FUNCTION = read_in_a_function()
random.seed(7)

# These are the same in every instance because the program says so.
SEEDED = random.Random(7).random()
EPOCH = datetime.fromtimestamp(0, timezone.utc)
LOCAL = time.localtime(0)
os.environ["OWN"] = "1"
OWN = os.environ["OWN"]


@http_component
def handle(request):
    return time.time()
