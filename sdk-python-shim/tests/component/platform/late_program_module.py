"""Imported in a function of `deferred_checks`. It needs the environment, so it cannot be imported while the component is built."""

import os

VALUE = os.environ["FROM_THE_HOST"]
