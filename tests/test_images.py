"""The first images of a batch: what is kept of them, and how they are drawn where there are no pictures."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nndoctor.case import Image, Picture
from nndoctor.images import ImagesSeen, picture_of
from nndoctor.report.images import inked, shrunk, typed
from nndoctor.worker.images import images_of
from nndoctor.worker.tensors import tensor_seen


def kept(tensor: torch.Tensor, *drawn: torch.Tensor) -> list[ImagesSeen]:
    return list(images_of(3, tensor_seen("0", tensor), tensor, [(str(place), one) for place, one in enumerate(drawn)]))


def ramps(*shape: int) -> torch.Tensor:
    """Each sample brighter to its right; of colours the last are the brightest."""
    ramp = torch.arange(shape[3]) * 2.0 + torch.arange(shape[1])[:, None, None]
    return (ramp.expand(shape) - 5).clone()


def test_the_first_few_grey_images_are_kept_in_eight_bits_with_their_scale() -> None:
    [seen] = kept(ramps(20, 1, 10, 12))
    assert (seen.model, seen.shape, len(seen.images)) == (3, (20, 1, 10, 12), 8)
    assert (seen.black, seen.white, seen.minimum, seen.maximum) == (-5.0, 17.0, -5.0, 17.0)
    rows = seen.images[0].rows()
    assert (len(rows), len(rows[0])) == (10, 12)
    assert [rows[0][0], rows[0][-1]] == [b"\x00", b"\xff"]


def test_colours_are_known_by_either_order_of_the_axes() -> None:
    first, last = kept(ramps(2, 3, 10, 12)), kept(ramps(2, 3, 10, 12).permute(0, 2, 3, 1).contiguous())
    assert first[0].images == last[0].images
    assert len(first[0].images[0].rows()[0][0]) == 3


def test_large_images_lose_dots_and_keep_their_form() -> None:
    [seen] = kept((ramps(2, 3, 300, 150)).to(torch.uint8))
    assert (seen.images[0].height, seen.images[0].width) == (60, 30)


@pytest.mark.parametrize(
    "other",
    [
        torch.rand(8, 784),
        torch.rand(8, 16, 12, 12),
        torch.rand(8, 1, 4, 4),
        torch.ones(8, 1, 12, 12, dtype=torch.long),
        torch.ones(8, 1, 12, 12, dtype=torch.bool),
        torch.full((8, 1, 12, 12), float("-inf")),
        torch.empty(0, 1, 12, 12),
    ],
    ids=lambda tensor: f"{tuple(tensor.shape)} {tensor.dtype}",
)
def test_tables_texts_masks_and_features_are_no_images(other: torch.Tensor) -> None:
    assert kept(other) == []


def test_labels_stand_with_the_very_samples_that_were_drawn_with_them() -> None:
    images, labels = torch.rand(9, 1, 12, 12), torch.arange(9)
    assert kept(images.clone(), images, labels)[0].labels == tuple(range(8))
    assert kept(images.flip(0), images, labels)[0].labels == ()
    assert kept(images.clone(), images, labels, labels)[0].labels == ()
    assert kept(images.clone(), images, labels.float())[0].labels == ()


def test_the_picture_says_what_the_batch_is_and_should_be() -> None:
    [seen] = kept(ramps(20, 1, 10, 12))
    raw, scaled = (picture_of(seen, rescaled=rescaled).note for rescaled in (False, True))
    assert raw["en"].startswith("20×1×10×12, float32, from -5 to 17, mean 6, standard deviation 6.9")
    assert "near 0" in raw["en"]
    assert "itself rescales" in scaled["en"]
    assert "label" not in raw["en"]
    assert "label" in picture_of(replace(seen, labels=(1,)), rescaled=False).note["en"]


@pytest.mark.parametrize(
    "damage", [{"pixels": "?"}, {"pixels": "AAAA"}, {"width": 10**9}, {"width": 11}, {"channels": 2}, {"height": -10}]
)
def test_a_damaged_image_is_none(damage: dict[str, str | int]) -> None:
    whole = Image.packed((10, 12, 1), bytes(120))
    assert len(whole.rows()) == 10
    assert replace(whole, **damage).rows() == []  # type: ignore[arg-type]
    assert shrunk(replace(whole, **damage), 5) == []  # type: ignore[arg-type]


def test_shrinking_takes_means_and_ink_grows_with_brightness() -> None:
    image = Image.packed((4, 4, 1), bytes([0, 0, 200, 200] * 4))
    assert shrunk(image, 2) == [[b"\x00", b"\xc8"]] * 2
    assert inked(shrunk(image, 9)) == ["  ##"] * 2
    assert inked(shrunk(Image.packed((3, 1, 3), bytes([255] * 9)), 9)) == ["@", "@"]


def test_three_images_stand_side_by_side_with_their_words() -> None:
    images = tuple(Image.packed((4, 4, 1), bytes([255 - 60 * number] * 16)) for number in range(4))
    assert typed(Picture("images", {}, (), ("7", "1", "2", "9"), images=images), 30) == [
        "@@@@  ####  ++++",
        "@@@@  ####  ++++",
        "7     1     2",
    ]
