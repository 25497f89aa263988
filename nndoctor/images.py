"""The first images of a batch as a model received them: a record of the journal, and the picture that shows it.

Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass

from nndoctor.case import Image, Picture


@dataclass(frozen=True, slots=True)
class ImagesSeen:
    """Some samples of the first batch of images that a model trained on, made smaller by leaving out dots.

    The least of their values is drawn as 0, `black`, the largest as 255, `white`. Minimum to deviation are of the whole
    batch. `labels` are the whole numbers that the loader drew with these very samples, () where that isn't sure.
    """

    model: int
    path: str
    shape: tuple[int, ...]
    dtype: str
    minimum: float
    maximum: float
    mean: float
    std: float
    black: float
    white: float
    images: tuple[Image, ...]
    labels: tuple[int, ...] = ()


def picture_of(seen: ImagesSeen, *, rescaled: bool) -> Picture:
    """The images under a title; below it what the batch is and should be. `rescaled`: the model itself sees to that."""
    shape = "×".join(map(str, seen.shape))
    size = {"shape": shape, "dtype": seen.dtype, "black": f"{seen.black:.4g}", "white": f"{seen.white:.4g}"}
    told = {name: f"{getattr(seen, name):.4g}" for name in ("minimum", "maximum", "mean", "std")}
    notes = {language: _NOTE[language] + _WISH[language, rescaled] for language in _NOTE}
    if seen.labels:
        notes = {language: note + _LABELS[language] for language, note in notes.items()}
    return Picture(
        "images",
        _TITLE,
        (),
        tuple(map(str, seen.labels)),
        images=seen.images,
        note={language: note.format(**size, **told) for language, note in notes.items()},
    )


_TITLE = {"en": "The first images of a batch, as the network gets them", "zh": "网络实际收到的一批图像（前几张）"}
_NOTE = {
    "en": "{shape}, {dtype}, from {minimum} to {maximum}, mean {mean}, standard deviation {std}; "
    "black is {black}, white is {white}.",
    "zh": "{shape}，{dtype}，取值 {minimum} 到 {maximum}，均值 {mean}，标准差 {std}；黑色为 {black}，白色为 {white}。",
}
_WISH = {
    ("en", False): " Networks learn best from a mean near 0 and a standard deviation near 1.",
    ("zh", False): "均值接近 0、标准差接近 1 时网络最容易学习。",
    ("en", True): " The model itself rescales them first.",
    ("zh", True): "模型自己会先对它们做缩放。",
}
_LABELS = {"en": " With each image its label.", "zh": "每张图像都附有它的标签。"}
