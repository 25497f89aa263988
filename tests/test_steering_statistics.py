"""Running statistics of batch normalisation that follow the training, and nothing else."""

from __future__ import annotations

import pytest

from tests.test_steering import LOOP, Treat, treat

__all__ = ["treat"]  # the fixture


SOUND = LOOP.replace("nn.Tanh(),", "nn.BatchNorm1d(8),")
STALE = LOOP.replace("nn.Tanh(),", "nn.BatchNorm1d(8, momentum=0.001),")
COLLECTED = "say(*model[1].running_mean.tolist(), *model[1].running_var.tolist(), model[1].momentum)\n"


class TestStatisticsRenewed:
    def test_another_momentum_becomes_torch_s_own(self, treat: Treat) -> None:
        ((*sound, _),) = treat(SOUND + COLLECTED).said
        told = treat(STALE + COLLECTED, "statistics_renewed")
        ((*renewed, momentum),) = told.said
        assert renewed == pytest.approx(sound)
        assert momentum == 0.001  # the script's own is as it was
        assert told.losses == treat(STALE).losses
        assert told.applied == 6

    def test_what_passes_without_gradients_is_not_collected(self, treat: Treat) -> None:
        passes = "with torch.no_grad(): model(100 + x)\n"
        as_it_is, sound = (treat(text + COLLECTED).said for text in (SOUND + passes, SOUND))
        told = treat(SOUND + passes + COLLECTED, "statistics_renewed")
        assert as_it_is != sound
        assert told.said == sound
        assert told.applied == 1

    @pytest.mark.parametrize("norm", ["nn.BatchNorm1d(8, momentum=None),", "nn.BatchNorm1d(8).eval(),", "nn.Tanh(),"])
    def test_a_plain_mean_and_layers_that_collect_nothing_stay(self, treat: Treat, norm: str) -> None:
        script = LOOP.replace("nn.Tanh(),", norm)
        told = treat(script, "statistics_renewed")
        assert told.losses == treat(script).losses
        assert told.why.startswith("there was no batch normalisation with another momentum")
