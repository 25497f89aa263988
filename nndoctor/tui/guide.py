"""The help text of each place, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

HELP: Mapping[str, tuple[str, str]] = {
    "intake": (
        "Choose the script that trains your network. It is run as it is, in a copy of its directory; "
        "no file of yours is changed.\n\n"
        "Type a target with its arguments (i), or choose a script from the list (enter), with its own arguments (a). "
        "A saved case is reopened where it was left.",
        "选择训练网络的脚本。它会原样运行在目录的副本中，不会改动您的任何文件。\n\n"
        "可以手动输入目标和参数（i），也可以从列表中选择脚本（enter），或先加上参数（a）。"
        "已保存的病例会从上次的地方继续。",
    ),
    "symptoms": (
        "Tick what you see, as many as apply: the questions and the costly experiments depend on it. "
        "With no complaint choose the check-up: everything is measured that costs nothing.\n\n"
        "Digits and space tick, enter goes on. With nothing ticked enter takes the highlighted row.",
        "勾选您看到的现象，可多选：后面的提问和耗时的试验都取决于此。"
        "没有明确症状时选择“体检”：不另花时间的项目都会测量。\n\n"
        "数字键和空格用于勾选，enter 继续。若什么都没勾选，enter 即选择高亮的一行。",
    ),
    "interview": (
        "Only you can know these things. A digit answers; 0 says that you don't know, which is always fine: "
        "where a probe can find out, it will.\n\nu takes the last answer back.",
        "这些只有您知道。按数字回答；0 表示不知道，这完全没关系：能用探查查明的，会自动查明。\n\nu 撤回上一个回答。",
    ),
    "examination": (
        "Your script runs now, watched and unchanged. The curve is its loss, the pane below is its own output. "
        "Then the probes read what was seen; some run the script again with one thing changed.\n\n"
        "x ends the current run: what was seen until then is kept, and the visit goes on. "
        "d shows the diagnosis as it stands. esc goes back while the run goes on.",
        "您的脚本正在原样运行并被观察。曲线是它的损失，下方窗格是它自己的输出。"
        "随后各项探查会分析所见；有些会改变一处再运行一次脚本。\n\n"
        "x 结束当前运行：已看到的都会保留，检查继续进行。d 查看目前的诊断。esc 返回，运行不会中断。",
    ),
    "diagnosis": (
        "The root cause comes first; └ marks what follows from it. ✗ is confirmed: the facts show it. "
        "⚠ is suspected: some of its facts show it, others are missing.\n\n"
        "Evidence tells what was measured and what the rule asks for. The fix is shown as a change of code. "
        "Read on with space, go into the detail with enter or → and back with ←. "
        "o shows the whole rule, e opens the line of code in your editor.",
        "根本病因排在最前；└ 表示由它引起的问题。✗ 表示已确认：事实已经证明。⚠ 表示疑似：部分事实支持，另一些缺失。\n\n"
        "“证据”给出测量值和规则条件，“修复方法”以代码改动的形式给出。空格向下翻页，enter 或 → 进入详情，← 返回列表。"
        "o 显示规则全文，e 在编辑器中打开代码行。",
    ),
    "export": (
        "The report holds what you see in the diagnosis, with the evidence and the environment. "
        "Markdown fits an issue, HTML is one file with pictures, JSON is for programs.\n\n"
        "Source lines and paths of yours are part of it: read it before you share it.",
        "报告包含诊断中的全部内容，以及证据和环境信息。Markdown 适合贴到 issue，HTML 是带图的单个文件，"
        "JSON 供程序读取。\n\n"
        "报告中含有您的源代码行和路径：分享之前请先查看。",
    ),
}
