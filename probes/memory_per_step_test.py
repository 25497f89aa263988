from __future__ import annotations

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import MemorySample, StepTotals, Trace
from probes import memory_per_step
from tests.traces import StillBench, graph, line, looked, trained, values

MB = 1_000_000


def samples(levels: list[int], *, cuda: bool = False) -> list[MemorySample]:
    return [
        MemorySample(11 * i, 0 if cuda else level * MB, level * MB if cuda else 0) for i, level in enumerate(levels, 1)
    ]


def measured(trace: Trace) -> dict[str, object]:
    return dict(values(memory_per_step.run(StillBench(trace))))


def test_steady_growth_is_far_above_its_noise() -> None:
    facts = measured(Trace(memory=samples(list(range(300, 400, 5))), passes=[trained()]))
    assert facts["bytes_per_iteration"] == pytest.approx(5 * MB / 11)
    assert facts["growth_over_level"] == pytest.approx(95 / 347.5)
    assert float(str(facts["growth_over_noise"])) > 100
    assert facts["late_growth_share"] == pytest.approx(0.5)


def test_a_step_of_the_allocator_is_no_slope() -> None:
    facts = measured(Trace(memory=samples([300] * 3 + [340] * 17), passes=[trained()]))
    assert facts["bytes_per_iteration"] == 0.0
    assert facts["late_growth_share"] == 0.0


def test_cuda_memory_counts_where_there_is_any() -> None:
    facts = measured(Trace(memory=samples(list(range(100, 200, 10)), cuda=True), passes=[trained()]))
    assert facts["bytes_per_iteration"] == pytest.approx(10 * MB / 11)


def test_graphs_alive_are_counted_in_graphs_of_one_step() -> None:
    held = [MemorySample(i, MB, 0, 2, 30 * i, 100, "total", line(12)) for i in (11, 22)]
    facts = memory_per_step.run(StillBench(Trace(memory=held, graphs=[graph(0), graph(1)], passes=[trained()])))
    assert facts.values["graphs_held"].value == 22.0
    assert facts.values["graphs_held"].where == (line(12),)
    assert facts.values["graphs_held_at_first"].value == 11.0


def test_one_large_graph_of_another_kind_that_stays_is_no_graph_of_each_step() -> None:
    held = [MemorySample(i, MB, 0, 2, 3000, 100, "chain", line(12)) for i in (11, 22)]
    facts = measured(Trace(memory=held, graphs=[graph(0), graph(1)], passes=[trained()]))
    assert facts["graphs_held"] == 0.0


def test_an_ensemble_keeps_one_graph_for_each_member() -> None:
    held = [MemorySample(11, MB, 0, 10, 300, 100)]
    facts = measured(Trace(memory=held, graphs=[graph(0)], passes=[trained(model=i) for i in range(10)]))
    assert facts["graphs_held"] == 1.0


def test_the_losses_of_the_micro_batches_of_one_step_may_be_kept() -> None:
    held = [MemorySample(11, MB, 0, 8, 240, 100)]
    totals = {0: StepTotals(0, 10, 0, 0, 0, 80, schedule_before_step=False, tokens="")}
    facts = measured(Trace(memory=held, graphs=[graph(0)], passes=[trained()], totals=totals))
    assert facts["graphs_held"] == 1.0


def test_a_state_never_detached_makes_each_graph_longer() -> None:
    growing = [graph(i, 30 * (i + 1)) for i in range(30)]
    facts = measured(Trace(graphs=growing, passes=[trained()]))
    assert float(str(facts["graph_growth"])) > 4
    assert float(str(facts["graphs_added_per_step"])) > 0.5


def test_a_graph_that_grows_once_is_not_added_to_at_every_step() -> None:
    unfrozen = [graph(i * 11, 10 if i < 6 else 60) for i in range(20)]
    facts = measured(Trace(graphs=unfrozen, passes=[trained()]))
    assert float(str(facts["graph_growth"])) > 4
    assert facts["graphs_added_per_step"] == 0.0


def test_the_two_losses_of_a_gan_have_graphs_of_their_own_size() -> None:
    graphs = [graph(i, 30 if i < 6 else 90, curve=int(i >= 6)) for i in range(12)]
    assert measured(Trace(graphs=graphs, passes=[trained()]))["graph_growth"] == 1.0


def test_an_evaluation_that_keeps_its_graphs() -> None:
    wasteful = looked(grad_enabled=True, output_requires_grad=True, resident_bytes=(300 * MB, 450 * MB))
    held = [MemorySample(50, MB, 0, 16, 240, 100, "outputs", line(21), evaluating=True)]
    facts = measured(Trace(memory=held, graphs=[graph(0)], passes=[trained(), wasteful]))
    assert facts["evaluation_builds_graphs"] is True
    assert facts["evaluation_graphs_held"] == 8.0
    assert facts["evaluation_growth_over_level"] == pytest.approx(0.5)


def test_a_line_that_training_uses_too_is_no_line_of_the_evaluation() -> None:
    wasteful = looked(grad_enabled=True, output_requires_grad=True, place=line(21))
    apart = Trace(graphs=[graph(0)], passes=[trained(place=line(9)), wasteful])
    assert measured(apart)["evaluated_on_own_line"] is True
    shared = Trace(graphs=[graph(0)], passes=[trained(place=line(21)), wasteful])
    assert measured(shared)["evaluated_on_own_line"] is False


def test_calls_of_an_unfinished_episode_are_no_evaluation() -> None:
    acting = [MemorySample(50, MB, 0, 16, 240, 100, evaluating=True)]
    facts = measured(Trace(memory=acting, graphs=[graph(0)], passes=[trained(loader=None)]))
    assert facts["evaluation_builds_graphs"] is False
    assert facts["evaluation_graphs_held"] == 0.0


def test_nothing_seen_is_not_measurable() -> None:
    with pytest.raises(CannotMeasure):
        measured(Trace())
