"""When a run ends and how fast it learns on the way: by work done, with a planned end."""

import math

SMOOTH = 0.05
"""Share of the newest step in the smoothed time of a step."""


class Schedule:
    """Progress from 0 to 1 in equal shares of the steps that are left, by count or by the time they will take.

    A slow beginning (pictures read for the first time), a busy machine or a suspended laptop change how many steps fit
    into the minutes, never how much of the schedule one step is worth: the rate always rises over the first `warmup` of
    the steps and always falls to `final` at the end.
    """

    def __init__(self, steps: int, minutes: float, warmup: float, final: float):
        self.steps, self.seconds, self.warmup, self.final = steps, minutes * 60, warmup, final
        self.progress, self.step_seconds = 0.0, 0.0

    def steps_left(self, step: int, elapsed: float) -> float:
        """Steps until the end: what is left of the count, or of the minutes at the speed of late."""
        left = float(self.steps - step)
        if self.seconds and self.step_seconds:
            left = min(left, (self.seconds - elapsed) / self.step_seconds)
        return max(left, 0.0)

    def advance(self, step: int, elapsed: float, took: float) -> None:
        """After a step that took so many seconds; `elapsed` counts all steps, over resumptions."""
        self.step_seconds = took if self.step_seconds == 0 else self.step_seconds + SMOOTH * (took - self.step_seconds)
        if self.done(step, elapsed):
            self.progress = 1.0
        else:
            self.progress += (1 - self.progress) / (self.steps_left(step, elapsed) + 1)

    def done(self, step: int, elapsed: float) -> bool:
        return step >= self.steps or (self.seconds > 0 and elapsed >= self.seconds)

    def rate(self) -> float:
        """Of the learning rate, 0 to 1: linear warm-up, then half a cosine down to `final`."""
        cosine = self.final + (1 - self.final) * (1 + math.cos(math.pi * min(self.progress, 1.0))) / 2
        if self.warmup <= 0:
            return cosine
        return cosine * min(1.0, (self.progress + 1e-3) / self.warmup)
