"""What each intervention changes, in words, for reports: the same set as in `nndoctor.intervention`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from nndoctor.case import Change
from nndoctor.report import code
from nndoctor.report.words import Language, separator

_SAID: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "no_change": ("nothing", "不作改动"),
        "other_seed": ("nothing but another seed", "仅更换随机种子"),
        "operations_checked": ("nothing; every result looked at", "不作改动，只检查每个运算结果"),
        "step_replayed": ("nothing; one step done again", "不作改动，只重做其中一步"),
        "learning_rate_times": ("every learning rate × {factor:g}", "所有学习率 × {factor:g}"),
        "inputs_standardised": (
            "inputs brought to mean 0 and spread 1",
            "将输入标准化为均值 0、标准差 1",
        ),
        "targets_standardised": (
            "targets brought to mean 0 and spread 1",
            "将目标标准化为均值 0、标准差 1",
        ),
        "evaluated_like_training": (
            "inputs of evaluations brought to those of training",
            "使评估输入与训练输入一致",
        ),
        "axes_in_order": ("axes put into the order that the layers want", "把各轴调整为网络层要求的顺序"),
        "weights_reinitialised": ("weights started anew", "权重重新初始化"),
        "zeroed_before_backward": ("gradients cleared once per step", "每步清零一次梯度"),
        "stepped_after_backward": ("the optimizer steps after each backward pass", "每次反向传播后执行优化器更新"),
        "parameters_added": ("the missing parameters added to the optimizer", "把遗漏的参数加入优化器"),
        "logits_given": ("raw scores given to the loss", "把原始得分交给损失函数"),
        "probabilities_given": ("probabilities given to the loss", "把概率交给损失函数"),
        "target_reshaped": ("targets in the shape of the predictions", "将目标变为与预测相同的形状"),
        "loader_shuffled": ("training samples drawn in random order", "随机顺序读取训练样本"),
        "kept_in_train_mode": ("training in training mode", "训练时保持训练模式"),
        "evaluated_in_eval_mode": ("evaluation in evaluation mode", "评估时使用评估模式"),
        "evaluated_without_graph": ("evaluation without a graph", "评估时不构建计算图"),
        "gradients_clipped": ("gradients clipped", "梯度裁剪"),
        "clipping_replaced": (
            "the script's clipping replaced by one to norm {norm:.3g} before each step",
            "去掉脚本自己的裁剪，改为在每次更新前把范数裁剪到 {norm:.3g}",
        ),
        "scheduler_stepped": (
            "one step of the scheduler to {every:g} of the optimizer",
            "优化器每更新 {every:g} 次，调度器前进一次",
        ),
        "activations_replaced": ("activation functions replaced", "替换激活函数"),
        "nonfinite_replaced": ("values that are not finite replaced by means", "用均值替换非有限值"),
        "loader_continued": ("every batch drawn in its turn", "依次读取每个批次"),
        "same_batch_every_step": ("the first batch at every step", "每步都用第一个批次"),
        "batch_size_times": ("batch size × {factor:g}", "批大小 × {factor:g}"),
        "inputs_zeroed": ("inputs set to zero", "输入置零"),
        "inputs_noise": ("noise on the inputs", "输入加噪声"),
        "labels_shuffled": ("labels permuted", "打乱标签"),
        "float64": ("double precision", "双精度"),
        "autocast_off": ("no autocast, no float16", "关闭 autocast，不用 float16"),
        "dropout_off": ("no dropout", "关闭 dropout"),
        "weight_decay_off": ("no weight decay", "关闭权重衰减"),
        "momentum_off": ("no momentum", "关闭动量"),
        "learning_rate_range": ("learning rates swept from {low:g} to {high:g}", "学习率从 {low:g} 扫到 {high:g}"),
        "target_fitted": ("targets in the type and shape that the loss takes", "将目标变为损失函数所需的类型和形状"),
        "loss_fitted": ("the loss that suits the targets", "改用与目标相符的损失函数"),
        "layers_registered": ("layers in plain lists registered", "注册放在普通列表中的层"),
        "anomaly_detection_off": ("anomaly detection left off", "关闭异常检测"),
        "loss_negated": ("the loss with the other sign", "损失取相反符号"),
        "one_order_for_all": ("inputs and labels in one order", "输入与标签使用同一顺序"),
        "classes_balanced": ("each class counts the same", "各类别同等计入损失"),
        "layers_separated": ("a layer of its own in each place of the list", "列表中每个位置各用一个独立的层"),
        "normalised_by_sample": ("each sample normalised by its own statistics", "用每个样本自身的统计量归一化"),
        "statistics_renewed": (
            "running statistics of batch norm taken of training batches, with momentum 0.1",
            "批归一化的滑动统计量只取自训练批次，momentum 为 0.1",
        ),
        "output_unbounded": ("outputs without the last function's bounds", "去掉最后一个函数对输出的限制"),
        "padding_ignored": ("padding left out of the loss", "损失中不计填充部分"),
        "workers_reseeded": (
            "each worker's generators seeded anew",
            "为每个工作进程重新设定随机数生成器的种子",
        ),
        "loading_eased": (
            "samples made once and kept, or else by {workers:g} worker processes",
            "每次相同的样本只生成一次并缓存，其余由 {workers:g} 个工作进程生成",
        ),
        "loss_averaged": (
            "the loss divided by the {passes:g} backward passes of a step",
            "将损失除以每次更新的反向传播次数（{passes:g}）",
        ),
        "labels_from_zero": (
            "labels counted from 0, not from {first:g}",
            "标签从 0 开始计数，而不是从 {first:g} 开始",
        ),
        "mean_taken": ("the mean in place of the sum", "以均值代替总和"),
        "operands_cast": (
            "everything brought to the type and device of the weights it meets",
            "把遇到权重的张量转换到权重的类型和设备",
        ),
        "activations_inserted": ("a ReLU between the layers", "在层与层之间加入 ReLU"),
        "gradients_derived": ("gradients derived by autograd", "由自动求导推导梯度"),
        "maths_guarded": (
            "arguments kept away from where a function has no finite answer",
            "让自变量避开函数没有有限值的点",
        ),
        "loss_scaled": ("the loss scaled before the backward pass", "反向传播前放大损失"),
        "evaluated_without_dropout": ("no dropout in evaluation", "评估时不使用 dropout"),
        "stopped_after": (
            "ended where the validation was best, after {iteration:.0f} backward passes",
            "在验证最好时（{iteration:.0f} 次反向传播之后）停止训练",
        ),
        "regularisation_off": ("regularisation left out ({of})", "去掉正则化（{of}）"),
        "passes_repeated": ("passes over the training data × {times:g}", "训练数据遍历次数 × {times:g}"),
        "predictions_fitted": (
            "each prediction held against its own label, raw scores as probabilities",
            "每个预测只与自己的标签比较，原始分数按概率判断",
        ),
        "unfrozen": ("frozen parameters trained", "训练被冻结的参数"),
    }
)


_EDITED = ("the fix made in the code", "按修复方案改动代码")


def all_said(changes: Sequence[Change], edits: Sequence[str], lang: Language) -> str:
    """What a run of a trial changed: by interventions, and by those rules' edits of the source."""
    edited = [_EDITED[lang == "zh"]] if edits else []
    return separator(lang).join([*(said(change, lang) for change in changes), *edited])


def said(change: Change, lang: Language) -> str:
    """The change as a phrase; its name where a later version wrote it."""
    name = str(change.get("intervention", ""))
    if name not in _SAID:
        return code.line(name)
    english, chinese = _SAID[name]
    return (chinese if lang == "zh" else english).format(**{k: v for k, v in change.items() if k != "intervention"})
