"""Which iteration is watched how: closely, as a matter of course, or slept through but for its loss."""

from __future__ import annotations

from nndoctor.worker.cost import CLOSE_ITERATIONS, Purse

DESCRIBED_AN_ITERATION = 4
"""Of the calls between two backward passes (a whole validation, perhaps) so many are described in full."""
MOST_BEGINNINGS = 8
"""So many times a new optimizer is worth close looks, whatever they cost: a student, a fold, the second stage."""


class Attention:
    """Decides once an iteration, before its forward, by what the purse can afford."""

    def __init__(self, *, light: bool) -> None:
        """`light`: a rerun, of which only the loss curve is wanted."""
        self.purse = Purse()
        self.close = not light
        self.asleep = False
        self.dozing = False
        """Whether this iteration is slept through for certain: there is nothing to decide."""
        self._light = light
        self._decided = self._wakes = -1
        self._described = 0
        self._beginnings = 0
        self._fresh_until = CLOSE_ITERATIONS

    def is_new(self, iteration: int) -> bool:
        """Whether that iteration was not turned to yet, and is none that is slept through anyway."""
        return not (self._decided == iteration or iteration < self._wakes or self._light)

    def turn_to(self, iteration: int) -> bool:
        """Decides on a new iteration; True if those before it were slept through and this one is not."""
        self._decided, self._described = iteration, 0
        slept = self.asleep
        fresh = iteration < self._fresh_until
        self._wakes = iteration if slept or fresh else self.purse.wakes_at(iteration)
        self.asleep = self.dozing = self._wakes > iteration
        self.close = not self.asleep and (self.purse.close_look_at(iteration) or fresh)
        return slept

    def slept(self, iteration: int) -> None:
        """An iteration was slept through; this is the next."""
        self.dozing = iteration < self._wakes

    def startle(self, iteration: int) -> None:
        """Something new begins, an optimizer say: the next iterations are not slept through, and looked at closely."""
        self._wakes = -1
        self.dozing = False
        self._beginnings += 1
        if self._beginnings <= MOST_BEGINNINGS:
            self._fresh_until = iteration + CLOSE_ITERATIONS

    def describes(self) -> bool:
        """Whether this call is to be described in full."""
        self._described += self.close
        return self.close and self._described <= DESCRIBED_AN_ITERATION
