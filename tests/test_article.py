"""The advice of the article: every link leads somewhere, and every correction stands in its rule, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nndoctor.rulebook.load import builtin, load
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.rule import Text

ARTICLE = Path(__file__).parents[1] / "docs" / "article.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in ARTICLE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| The article")
]
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
CORRECTIONS = [
    ("gradients/not-zeroed", "once per optimizer step", "每次 optimizer.step() 对应调用一次"),
    ("gradients/not-zeroed", "not once per epoch", "而不是每个 epoch 一次"),
    ("memory/eval-without-no-grad", "out.detach().cpu().numpy()", "要先 detach 再搬到 CPU"),
    ("memory/graph-retained", "it frees nothing that something still points at", "就不会被释放"),
    ("gradients/exploding", "grows with the scale of the loss", "随损失的量纲和参数数量而增大"),
    ("gradients/vanishing", "The global gradient norm does not show it", "看全局梯度范数发现不了"),
    ("mode/eval-missing", "torch.no_grad() does not do this", "torch.no_grad() 不能代替它"),
    ("memory/eval-without-no-grad", "which it does not replace", "no_grad 不能代替它"),
    ("gradients/vanishing", "Dropout does not help", "dropout 没有帮助"),
    ("gradients/exploding", "Dropout does not cure it", "dropout 治不了梯度爆炸"),
    ("loss/multilabel-into-cross-entropy", "accepted without a word", "不会给出任何提示"),
]


@pytest.fixture(scope="module")
def shipped() -> Rulebook:
    return load([builtin()])


def test_there_is_a_row_for_each_piece_of_advice() -> None:
    assert len(ROWS) == 27
    assert {len(row) for row in ROWS} == {5}
    assert len({row[0] for row in ROWS}) == 27


def test_every_link_leads_to_a_file() -> None:
    links = LINK.findall(ARTICLE.read_text(encoding="utf-8"))
    assert len(links) > 100
    assert [target for _, target in links if not (ARTICLE.parent / target).is_file()] == []


def test_rules_and_probes_are_linked_by_their_names(shipped: Rulebook) -> None:
    for _, rules, probes, _, _ in ROWS:
        named = LINK.findall(rules)
        assert [name for name, target in named if target != f"../knowledge/rules/{name}.yaml"] == []
        assert {name for name, _ in named} <= shipped.rules.keys()
        assert {name for name, _ in LINK.findall(probes)} <= shipped.probes.keys()


def test_a_row_without_a_rule_or_a_program_says_so() -> None:
    for advice, rules, probes, program, say in ROWS:
        assert (rules == "no rule yet") != bool(LINK.findall(rules)), advice
        assert LINK.findall(probes), advice
        assert (program == "no program yet") != ([name for name, _ in LINK.findall(program)] == ["sick", "twin"]), (
            advice
        )
        assert say.startswith(("Right", "Half right", "Wrong", "**")) or len(say) > 40, advice


@pytest.mark.parametrize(("rule", "en", "zh"), CORRECTIONS)
def test_the_correction_stands_in_the_rule(shipped: Rulebook, rule: str, en: str, zh: str) -> None:
    texts = [shipped.rules[rule].why, shipped.rules[rule].remedy.do, shipped.rules[rule].harmless or Text(en="-")]
    assert any(en in text.en for text in texts)
    assert any(zh in text.zh for text in texts)
    assert rule in ARTICLE.read_text(encoding="utf-8")
