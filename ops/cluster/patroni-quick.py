"""Patroni, with a shorter time to live of the leader's key than its own code allows.

Patroni 4 raises every `ttl` below 20 s to 20 s and `retry_timeout` to 3 s, so that the loss of a whole host would
take half a minute. Its rule that holds them together, loop_wait + 2 * retry_timeout <= ttl, stays. The reasons and
the measured times: docs/decisions/0007-parts-of-the-cluster.md. Usage: patroni-quick.py <configuration.yml>
"""

import sys

from patroni.__main__ import main
from patroni.config import Config

FLOOR_SECONDS = {"ttl": 5, "retry_timeout": 2}
NAME = "_Config__get_and_maybe_adjust_int_value"

adjust = getattr(Config, NAME, None)
if adjust is None:
    sys.exit("patroni-quick: this Patroni is not the one that it was written for (4.1.5); use that one")


def adjust_with_our_floor(self, config, param, min_value):
    return adjust(self, config, param, FLOOR_SECONDS.get(param, min_value))


setattr(Config, NAME, adjust_with_our_floor)

if __name__ == "__main__":
    sys.exit(main())
