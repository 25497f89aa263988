"""A training that is ended early, with all that comes before the step that is left out."""

from __future__ import annotations

import textwrap

from tests.test_steering import LOOP, Treat, treat

__all__ = ["treat"]  # the fixture


LOOKED = (
    "try:\n"
    + textwrap.indent(LOOP + "    say('looked')\n", "    ")
    + "except BaseException as end:\n    say(type(end).__name__)\n"
)


class TestStoppedAfter:
    def test_what_comes_after_the_last_step_is_still_done(self, treat: Treat) -> None:
        told = treat(LOOKED, {"intervention": "stopped_after", "iteration": 4.0})
        assert told.said == [["looked"]] * 4 + [["EnoughSeen"]]
        assert told.losses == treat(LOOP).losses[:4]
        assert told.applied == 1

    def test_a_training_that_is_over_by_then_is_not_ended(self, treat: Treat) -> None:
        told = treat(LOOKED, {"intervention": "stopped_after", "iteration": 6.0})
        assert told.said == [["looked"]] * 6
        assert told.why == "there was no further backward pass to be left out"
