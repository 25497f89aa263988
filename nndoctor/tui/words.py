"""Everything the app says itself, in English and in Chinese; what packs say comes from the rulebook."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from nndoctor.tui.guide import HELP

Language = Literal["en", "zh"]


class Words:
    """The catalogue in one language: `words("key", place=value)`."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._column = 1 if language == "zh" else 0

    def __call__(self, key: str, **values: object) -> str:
        """The phrase with its places filled in. Raises KeyError for a phrase that does not exist."""
        phrase = PHRASES[key][self._column]
        return phrase.format(**values) if values else phrase

    def __contains__(self, key: object) -> bool:
        return key in PHRASES


_KEYS: Mapping[str, tuple[str, str]] = {
    "key.help": ("help", "帮助"),
    "key.quit": ("quit", "退出"),
    "key.back": ("back", "返回"),
    "key.choose": ("choose", "选择"),
    "key.go_on": ("go on", "继续"),
    "key.open": ("read", "阅读"),
    "key.examine": ("examine", "开始检查"),
    "key.to_list": ("to the list", "回到列表"),
    "key.arguments": ("add arguments", "加参数"),
    "key.type": ("type a target", "手动输入"),
    "key.filter": ("filter", "筛选"),
    "key.no_filter": ("no filter", "取消筛选"),
    "key.tick": ("tick", "勾选"),
    "key.tick_number": ("tick the complaint of that number", "勾选该编号的症状"),
    "key.unsure": ("I don't know", "不知道"),
    "key.take_back": ("take back", "撤回"),
    "key.answer": ("answer with that number", "用该编号回答"),
    "key.end_run": ("end this run", "结束本次运行"),
    "key.continue": ("go on", "继续"),
    "key.diagnosis": ("diagnosis", "诊断"),
    "key.report": ("report", "报告"),
    "key.copy": ("copy", "复制"),
    "key.copy_fix": ("copy the fix", "复制修复代码"),
    "key.edit": ("edit", "编辑"),
    "key.rule_page": ("the whole rule", "规则全文"),
    "key.to_detail": ("to the detail", "到详情"),
    "key.page_down": ("read on", "向下翻页"),
    "key.page_up": ("read back", "向上翻页"),
    "key.write": ("write", "写入"),
    "key.path": ("change the path", "修改路径"),
    "key.pick": ("pick the format of that number", "选择该编号的格式"),
    "key.up": ("up", "向上"),
    "key.down": ("down", "向下"),
    "key.first": ("first", "到开头"),
    "key.last": ("last", "到末尾"),
    "key.close": ("close", "关闭"),
    "key.leave": ("end it and quit", "结束并退出"),
    "key.stay": ("stay", "留下"),
    "key.theme": ("Theme", "主题"),
}

_PLACES: Mapping[str, tuple[str, str]] = {
    "place.intake": ("Script", "脚本"),
    "place.symptoms": ("Complaint", "症状"),
    "place.interview": ("Questions", "问诊"),
    "place.examination": ("Examination", "检查"),
    "place.diagnosis": ("Diagnosis", "诊断"),
    "place.export": ("Report", "报告"),
    "list.filter": ("only rows with …", "只显示包含……的行"),
    "intake.question": ("Which training shall be examined?", "要检查哪个训练？"),
    "intake.about": (
        "Your script is run as it is, in a copy of its directory, and watched. You get what is wrong, the evidence, "
        "and the fix.",
        "脚本会在目录的副本中原样运行并被观察，由此找出问题、证据和修复方法。",
    ),
    "intake.placeholder": (
        "train.py --epochs 3   or   train.ipynb   or   -m package.module",
        "train.py --epochs 3   或   train.ipynb   或   -m package.module",
    ),
    "intake.scripts": ("Python scripts and notebooks in {directory}", "{directory} 中的 Python 脚本与笔记本"),
    "intake.no_scripts": ("none here; type a path above (i)", "此处没有；按 i 在上方输入路径"),
    "intake.trains": ("looks like a training", "像是训练脚本"),
    "intake.cases": ("Saved cases", "已保存的病例"),
    "intake.probes_done": ("{count} probes done", "已完成 {count} 项探查"),
    "intake.demos": ("Demo patients", "演示病例"),
    "intake.demo": ("a sick training to try this on", "用来试用的问题训练"),
    "intake.nothing": ("type a script, or choose one below", "请输入脚本，或在下方选择"),
    "intake.open_quote": ("a quote is left open", "引号没有闭合"),
    "intake.no_module": ("-m wants the name of a module", "-m 后面要有模块名"),
    "intake.folder": ("{what} is a folder; name the script in it that trains", "{what} 是文件夹；请指定其中的训练脚本"),
    "intake.no_notebook": ("{what} is no notebook of nbformat 4", "{what} 不是 nbformat 4 格式的笔记本"),
    "intake.no_python": ("{what} is a notebook in another language than Python", "{what} 不是 Python 笔记本"),
    "intake.no_code": ("{what} has no cell with code", "{what} 中没有代码单元格"),
    "intake.awaits": (
        "{what} awaits at the top level of a cell, which only Jupyter can run; use asyncio.run(...) there",
        "{what} 在单元格顶层使用了 await，只有 Jupyter 能运行；请改用 asyncio.run(...)",
    ),
    "intake.no_such_file": ("there is no file {what}", "文件 {what} 不存在"),
    "intake.no_case": ("this case can't be reopened: {why}", "无法重新打开该病例：{why}"),
    "symptoms.question": ("What do you see? Tick all that apply.", "您看到了什么现象？可多选。"),
    "symptoms.check_up": ("A check-up: nothing in particular", "体检：没有特别的症状"),
    "symptoms.check_up_words": (
        "Everything that costs no extra time is measured, and whatever shows is told.",
        "所有不另花时间的项目都会测量，发现什么就报告什么。",
    ),
    "symptoms.reading": ("Reading the rulebook …", "正在读取规则库……"),
    "interview.step": ("Question {step} of about {steps}", "第 {step} 个问题，共约 {steps} 个"),
    "interview.step_done": ("Questions", "问诊"),
    "interview.done": ("All is asked. u takes the last answer back.", "已经问完。按 u 可撤回上一个回答。"),
    "interview.go_on": ("Go on to the examination", "继续检查"),
    "interview.unsure": ("I don't know", "不知道"),
    "interview.finds_out": ("{probe} finds out: {cost}", "由“{probe}”来查明：{cost}"),
    "interview.said": ("What you said so far", "到目前为止的回答"),
    "cost.free": ("no extra time", "不另花时间"),
    "cost.seconds": ("some seconds", "几秒钟"),
    "cost.minutes": ("some minutes", "几分钟"),
}

_EXAMINATION: Mapping[str, tuple[str, str]] = {
    "examination.loss": ("loss", "损失"),
    "examination.no_loss": ("No loss yet.", "还没有损失值。"),
    "examination.not_finite": ("not finite", "非有限值"),
    "examination.probes": ("probes", "探查"),
    "examination.probes_done": ("probes · {count} done", "探查 · 已完成 {count} 项"),
    "examination.output": ("output of your script", "您的脚本的输出"),
    "examination.warming": ("starting Python and importing torch …", "正在启动 Python 并导入 torch……"),
    "examination.preparing": ("preparing …", "正在准备……"),
    "examination.measuring": ("measuring: {probe}", "正在测量：{probe}"),
    "examination.watching": ("watching {subject}", "正在观察 {subject}"),
    "examination.iteration": ("step {iteration}", "第 {iteration} 步"),
    "examination.iteration_of": ("step {iteration} of {of}", "第 {iteration}/{of} 步"),
    "examination.left": ("about {time} left", "约剩 {time}"),
    "examination.at_most": ("at most {time} left", "最多还需 {time}"),
    "examination.ending": ("Ending this run; what was seen is kept.", "正在结束本次运行；已看到的都会保留。"),
    "examination.done": (
        "✓ examined in {time}, findings: {count}. Press d for the diagnosis.",
        "✓ 检查完成，用时 {time}：{count} 项发现。按 d 查看诊断。",
    ),
    "examination.stopped": (
        "⚠ stopped after {time}, findings so far: {count}. d: diagnosis, c: go on.",
        "⚠ 已停止，用时 {time}：目前 {count} 项发现。d：诊断，c：继续。",
    ),
    "examination.over": (
        "The examination is over. Press enter to see the diagnosis.",
        "检查已结束。按 enter 查看诊断。",
    ),
    "detail.trial": ("trial of the cure", "试治"),
    "detail.symptoms_left": ("symptoms left: {count} of {of}", "剩余症状：{count} / {of}"),
    "examination.trying": ("trying the cure of: {cause}", "正在试治：{cause}"),
    "purpose.Edited": ("running it with the fix", "应用修复后再运行"),
    "purpose.NoChange": ("running it once more", "再运行一次"),
    "purpose.OtherSeed": ("running it with another seed", "换一个随机种子再运行"),
    "purpose.OperationsChecked": ("looking where the first NaN is made", "查找首个 NaN 产生的位置"),
    "purpose.StepReplayed": ("doing one of its steps again", "重做其中一步"),
    "purpose.LearningRateTimes": ("running it with another learning rate", "换一个学习率再运行"),
    "outcome.measured": ("measured", "已测量"),
    "outcome.not_measurable": ("not measurable", "无法测量"),
    "outcome.crashed": ("crashed", "崩溃"),
    "outcome.died": ("died", "进程死亡"),
    "outcome.timed_out": ("timed out", "超时"),
    "outcome.cancelled": ("cancelled", "已取消"),
    "leaving.question": ("A run is in progress. End it and quit?", "有运行正在进行。结束它并退出？"),
    "leaving.kept": ("What is known so far is saved and can be reopened.", "目前已知的内容会保存，可以重新打开。"),
}

_DIAGNOSIS: Mapping[str, tuple[str, str]] = {
    "diagnosis.confirmed": ("{count} confirmed", "{count} 项已确认"),
    "diagnosis.suspected": ("{count} suspected", "{count} 项疑似"),
    "diagnosis.rehearsed": ("rehearsed", "预演"),
    "diagnosis.watched": ("Watched: ", "观察方式："),
    "diagnosis.symptoms": ("symptoms", "症状"),
    "diagnosis.ruled_out": ("ruled out", "已排除"),
    "diagnosis.not_examined": ("not examined", "未检查"),
    "diagnosis.probes": ("probes", "探查"),
    "diagnosis.no_symptom": ("No complaint, and no symptom was recognised.", "没有描述症状，也没有识别出症状。"),
    "diagnosis.complained": ("you said so", "您的描述"),
    "diagnosis.recognised": ("recognised in the run", "在运行中识别"),
    "diagnosis.both": ("you said so, and the run shows it", "您的描述，运行中也看到了"),
    "diagnosis.answers": ("your answers", "您的回答"),
    "diagnosis.ruled_out_title": ("ruled out · {count}", "已排除 · {count}"),
    "diagnosis.ruled_out_text": ("Measured in your run, and not the cause:", "在您的运行中测量过，不是原因："),
    "diagnosis.not_examined_title": ("not examined · {count}", "未检查 · {count}"),
    "diagnosis.lacks": ("lacks {facts}", "缺少 {facts}"),
    "diagnosis.nothing_text": (
        "None of the known causes shows in what was measured. If something is still wrong, name a symptom (esc): "
        "more is then asked and tried.",
        "测到的数据中没有任何已知病因的迹象。如果仍有问题，请按 esc 返回并指出症状，以便进一步询问和试验。",
    ),
    "diagnosis.blind_text": (
        "No probe could measure anything. Below is what became of each.",
        "没有任何探查测得结果。各项情况如下。",
    ),
    "detail.evidence": ("evidence", "证据"),
    "detail.fix": ("the fix", "修复方法"),
    "detail.why": ("why it hurts", "为什么有害"),
    "detail.harmless": ("when this is a false alarm", "何时是误报"),
    "detail.sources": ("sources", "来源"),
    "detail.caused_by": ("caused by: {names}", "起因于：{names}"),
    "detail.leads_to": ("leads to: {names}", "导致：{names}"),
    "detail.more_places": ("… and {count} more places", "……另有 {count} 处"),
    "evidence.rule": ("rule: {expected}", "规则：{expected}"),
    "status.confirmed": ("confirmed", "已确认"),
    "status.suspected": ("suspected", "疑似"),
    "severity.fatal": ("fatal", "致命"),
    "severity.serious": ("serious", "严重"),
    "severity.costly": ("costly", "代价高"),
    "severity.untidy": ("untidy", "不规范"),
    "likelihood.common": ("common", "常见"),
    "likelihood.occasional": ("occasional", "偶见"),
    "likelihood.rare": ("rare", "罕见"),
    "copied.finding": ("the finding", "该发现"),
    "copied.fix": ("the fix", "修复方法"),
    "copied.sent": ("Copied {what}, if your terminal allows it (OSC 52).", "已复制{what}（需要终端支持 OSC 52）。"),
    "edit.none": ("Set EDITOR to open the line in your editor.", "请设置 EDITOR 环境变量，以便在编辑器中打开。"),
    "edit.failed": ("The editor could not be started: {why}", "无法启动编辑器：{why}"),
    "export.question": ("Which report, and where to?", "要哪种报告，写到哪里？"),
    "export.markdown": ("for an issue or a chat", "适合贴到 issue 或聊天中"),
    "export.html": ("one offline file with pictures", "单个离线文件，带图"),
    "export.json": ("for programs; everything that was measured", "供程序读取；包含全部测量"),
    "export.path": ("path", "路径"),
    "export.exists": ("{path} is there already; enter once more replaces it.", "{path} 已存在；再按一次 enter 覆盖。"),
    "export.no_name": ("this names no file", "这不是文件名"),
    "export.writing": ("Writing …", "正在写入……"),
    "export.written": ("Written to {path}", "已写入 {path}"),
    "export.refused": ("Not written: {why}", "未写入：{why}"),
    "rule.title": ("rule", "规则"),
    "help.title": ("help · {place}", "帮助 · {place}"),
    "help.close": ("esc closes", "esc 关闭"),
    "help.keys": ("keys", "按键"),
}

PHRASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {**_KEYS, **_PLACES, **_EXAMINATION, **_DIAGNOSIS, **{f"help.{place}": text for place, text in HELP.items()}}
)
