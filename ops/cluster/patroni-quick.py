"""Patroni, with a shorter time to live of the leader's key than its own code allows.

Patroni 4 raises every `ttl` below 20 s to 20 s, so the loss of a whole host would take longer than that. All its
other rules stay, loop_wait + 2 * retry_timeout <= ttl above all, so 7 s is the least. The reasons and the measured
times: docs/decisions/0007-parts-of-the-cluster.md. Usage: patroni-quick.py <configuration.yml>
"""

import sys

from patroni.__main__ import main
from patroni.config import Config

TTL_SECONDS_MIN = 5
NAME = "_Config__get_and_maybe_adjust_int_value"

adjust = getattr(Config, NAME, None)
if adjust is None:
    sys.exit("patroni-quick: this Patroni is not the one that it was written for (4.1.5); use that one")


def adjust_with_our_floor(self, config, param, min_value):
    return adjust(self, config, param, TTL_SECONDS_MIN if param == "ttl" else min_value)


setattr(Config, NAME, adjust_with_our_floor)

if __name__ == "__main__":
    sys.exit(main())
