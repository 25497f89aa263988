"""The report's own words in both languages; what packs say comes from the rulebook."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from nndoctor.case import Place

Language = Literal["en", "zh"]

_PHRASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "title": ("Diagnosis of {target}", "{target} 的诊断"),
        "confirmed": ("confirmed", "已确认"),
        "suspected": ("suspected", "疑似"),
        "fatal": ("fatal", "致命"),
        "serious": ("serious", "严重"),
        "costly": ("costly", "代价高"),
        "untidy": ("untidy", "不规范"),
        "common": ("common", "常见"),
        "occasional": ("occasional", "偶见"),
        "rare": ("rare", "罕见"),
        "recorded": ("tried on recorded runs only", "仅在记录的运行上验证过"),
        "measured": ("measured", "已测量"),
        "not_measurable": ("not measurable", "无法测量"),
        "crashed": ("crashed", "崩溃"),
        "timed_out": ("timed out", "超时"),
        "died": ("died", "进程死亡"),
        "cancelled": ("cancelled", "已取消"),
        "yes": ("yes", "是"),
        "no": ("no", "否"),
        "none": ("none", "无"),
        "headline.causes": ("{count} causes confirmed; start with: {first}", "确认了 {count} 个病因；先处理：{first}"),
        "headline.cause": ("One cause confirmed: {first}", "确认了一个病因：{first}"),
        "headline.suspects": ("Nothing confirmed; {count} suspected", "没有确认的病因；疑似 {count} 个"),
        "headline.clear": (
            "No known cause found: {ruled_out} ruled out, {not_examined} could not be examined",
            "未发现已知病因：排除 {ruled_out} 个，{not_examined} 个未能检查",
        ),
        "headline.blind": (
            "Nothing could be examined: not one fact was measured",
            "无法检查：没有测得任何事实",
        ),
        "symptoms": ("Symptoms", "症状"),
        "complained": ("you said so", "您的描述"),
        "recognised": ("measured", "测得"),
        "out_of_sight": ("Not watched", "未能观察"),
        "findings": ("Findings", "诊断结果"),
        "evidence": ("Evidence", "证据"),
        "fact": ("Fact", "事实"),
        "value": ("Measured", "测量值"),
        "expected": ("The rule asks for", "规则条件"),
        "asks": ("rule: {expected}", "规则：{expected}"),
        "layers": ("{count} of {all}: {names}", "{all} 个中的 {count} 个：{names}"),
        "layer_values": ("{count} values from {least} to {most}", "{count} 个值，从 {least} 到 {most}"),
        "where": ("Where", "位置"),
        "in_cell": ("{file} cell {cell}, line {line}", "{file} 第 {cell} 个单元格，第 {line} 行"),
        "why": ("Why it hurts", "为什么有害"),
        "fix": ("The fix", "修复方法"),
        "before": ("before", "修改前"),
        "after": ("after", "修改后"),
        "keras": ("In Keras", "在 Keras 中"),
        "harmless": ("When this is a false alarm", "何时是误报"),
        "sources": ("Sources", "来源"),
        "leads_to": ("leads to", "导致"),
        "caused_by": ("caused by", "起因于"),
        "chain": ("How it came about", "发生过程"),
        "at_step": ("{said}, step {step}", "{said}，第 {step} 步"),
        "with_sign": ("{said} ({seen})", "{said}（{seen}）"),
        "pictures": ("What the run looked like", "运行情况"),
        "ruled_out": ("Ruled out", "已排除"),
        "not_examined": ("Not examined", "未检查"),
        "cause": ("Cause", "病因"),
        "needs": ("Needs", "需要"),
        "reason": ("Because", "原因"),
        "probes": ("What was measured", "测量记录"),
        "probe": ("Probe", "探查"),
        "outcome": ("Outcome", "结果"),
        "seconds": ("Seconds", "秒"),
        "environment": ("Environment", "环境"),
        "target": ("Target", "目标"),
        "arguments": ("Arguments", "参数"),
        "answers": ("Your answers", "您的回答"),
        "unsure": ("I don't know", "不知道"),
        "made": ("Made {made} by nndoctor {version}", "nndoctor {version} 于 {made} 生成"),
        "version": ("nndoctor {version}", "nndoctor {version}"),
        "nothing": ("Nothing to report here.", "此处无内容。"),
        "shortened": (
            "Shortened to fit; the HTML and JSON reports have all of it.",
            "因长度所限已省略；完整内容见 HTML 与 JSON 报告。",
        ),
        "watched": ("Watched", "观察方式"),
        "watched.full": (
            "as it is; no pass over a loader was shortened",
            "按原样运行，没有缩短任何一轮数据加载",
        ),
        "watched.rehearsed": (
            "in a rehearsal: {passes} passes over loaders were ended early, the longest after {taken}, "
            "to bring validation and a second epoch within the time. Causes that need whole epochs stay open; "
            "--full shortens nothing",
            "以预演方式运行：提前结束了 {passes} 轮数据加载，其中最长的一轮取了 {taken}，"
            "以便在限定时间内看到验证和第二个 epoch。需要完整 epoch 才能判断的病因未检查；--full 表示不缩短",
        ),
        "watched.unshortened": (
            "until its time was up; its loops could not be shortened: none goes over a DataLoader that may end early",
            "直到时间用完；它的循环无法缩短，因为没有可以提前结束的 DataLoader 循环",
        ),
        "batches": ("{batches} batches", "{batches} 个批次"),
        "batches_of": ("{batches} of {of} batches", "{of} 个批次中的 {batches} 个"),
        "counts": (
            "Ruled out: {ruled_out}. Not examined: {not_examined}. Probes: {measured} of {probes} measured something.",
            "已排除：{ruled_out}。未检查：{not_examined}。探查：{probes} 个中有 {measured} 个测得结果。",
        ),
        "trial": ("Trial of the cure", "试治"),
        "trial.headline": ("{outcome}: {change}", "{outcome}：{change}"),
        "trial.cured": ("Cured", "已治愈"),
        "trial.improved": ("Improved, not cured", "有好转，未治愈"),
        "trial.unchanged": ("No effect", "无效"),
        "trial.worse": ("Worse", "变差"),
        "trial.undetermined": ("Not decided", "无法判定"),
        "trial.not_run": ("it could not be tried: {why}", "未能试治：{why}"),
        "trial.open": (
            "what was seen of the treated run does not tell whether the symptom is gone",
            "从治疗后的运行中看不出症状是否消失",
        ),
        "trial.comes_and_goes": (
            "the symptom is gone with another random seed alone, too",
            "仅换一个随机种子，症状同样会消失",
        ),
        "trial.unspecific": (
            "the symptom is gone with an unrelated change, too",
            "做一个无关的改动，症状同样会消失",
        ),
        "trial.within_noise": ("the loss is not lower by more than chance", "损失的下降没有超出随机波动"),
        "trial.other_loss": (
            "with the cure the loss measures something else: its numbers can't be set beside those of before",
            "治疗后损失所衡量的已不是同一个量，其数值无法与之前直接比较",
        ),
        "trial.lower": (
            "the loss is lower by {gain} than in any run without it, and more than {margin} is no chance",
            "损失比任何未治疗的运行都低 {gain}，超过 {margin} 即非偶然",
        ),
        "trial.higher": (
            "the loss is higher by {gain} than in the best run without it, and more than {margin} is no chance",
            "损失比未治疗的最好一次运行高 {gain}，超过 {margin} 即非偶然",
        ),
        "trial.part": (
            "all its runs were ended at iteration {iterations}: that was enough to tell",
            "各次运行都在第 {iterations} 次迭代时停止：已足以判断",
        ),
        "trial.part_of_controls": (
            "controls were ended at iteration {iterations}: until there they did as the script does",
            "对照运行在第 {iterations} 次迭代时停止：到那时为止与原样一致",
        ),
        "trial.as_is": ("as it is", "原样"),
        "trial.treated": ("treated", "治疗后"),
        "trial.other_seed": ("control: another seed", "对照：换随机种子"),
        "trial.other_change": ("control: another change", "对照：无关改动"),
        "trial.picture": ("Loss: sick, treated, and both controls", "损失：治疗前、治疗后与两个对照"),
        "trial.run": ("Run", "运行"),
        "trial.change": ("Changed", "改动"),
        "trial.loss": ("Loss at the end", "最终损失"),
        "trial.shows": ("Still shows", "仍存在的症状"),
        "behind": ("came to light only once this was treated:", "治疗以下病因之后才显现："),
        "recovery.cured": ("Cured", "已治愈"),
        "recovery.improved": ("Improved, not cured", "有好转，未治愈"),
        "recovery.unchanged": ("Not cured", "未治愈"),
        "recovery.worse": ("Worse than before", "比之前更差"),
        "recovery.undetermined": (
            "Not decided: what was found can no longer be seen or ruled out",
            "无法判定：之前的病因既看不到，也不能排除",
        ),
        "recovery.healthy": ("Nothing was confirmed before, and nothing is now", "之前没有确认的病因，现在也没有"),
        "recovery.is_cured": ("cured", "已治愈"),
        "recovery.is_left": ("still there", "仍然存在"),
        "recovery.is_unclear": ("not decided", "无法判定"),
        "recovery.is_new": ("new", "新出现"),
        "recovery.gone": ("symptom gone", "症状已消失"),
        "recovery.stays": ("symptom still there", "症状仍在"),
        "fix.kept": ("what was there before is kept as {backup}", "原文件已另存为 {backup}"),
        "fix.ask": ("Make this change?", "进行此修改？"),
        "fix.nobody": (
            "nndoctor: no terminal to ask at, so nothing was changed. --yes makes the change.",
            "nndoctor：没有终端可供询问，因此未作修改。加上 --yes 即可修改。",
        ),
        "own_lines": ("in your {spot}", "在您的 {spot}"),
        "non_finite": ("not finite", "非有限值"),
        "iteration": ("iteration", "迭代"),
    }
)


def language_of(tag: str) -> Language:
    """The language for a locale tag such as zh_CN.UTF-8; English for all that we don't speak."""
    return "zh" if tag.lower().startswith("zh") else "en"


def phrase(key: str, lang: Language, **values: object) -> str:
    """A phrase in that language with its places filled in. Raises KeyError for a phrase that does not exist."""
    english, chinese = _PHRASES[key]
    return (chinese if lang == "zh" else english).format(**values)


def spot(place: Place, lang: Language) -> str:
    """Where a place is: file and line, in a notebook the cell too."""
    if not place.cell:
        return f"{place.file}:{place.line}"
    return phrase("in_cell", lang, file=place.file, cell=place.cell, line=place.line)


def separator(lang: Language) -> str:
    """What stands between titles in an enumeration; some have a comma of their own."""
    return "；" if lang == "zh" else "; "


def colon(lang: Language) -> str:
    """What stands between a name and its value."""
    return "：" if lang == "zh" else ": "
