"""kw-augment's colours against Keras, Pillow and colorsys, by recorded numbers."""

import colorsys

import numpy as np
import pytest
from keras.src.legacy.preprocessing.image import (
    ImageDataGenerator,
    apply_brightness_shift,
)
from PIL import Image, ImageEnhance, ImageOps

import augmented

SIZE = 40
COPIES = 12
# The column of `transforms`, the option, and what it may draw.
CHANGES = {
    "channel_shift": ("--channel-shift=90", -90, 90),
    "brightness": ("--brightness=0.3,2.5", 0.3, 2.5),
    "contrast": ("--contrast=0.2,3", 0.2, 3),
    "saturation": ("--saturation=0.2,3", 0.2, 3),
    "hue": ("--hue=180", -180, 180),
    "posterize": ("--posterize=2,7", 2, 7),
    "solarize": ("--solarize=20,230", 20, 230),
    "autocontrast": ("--autocontrast=0.5", 0, 1),
    "equalize": ("--equalize=0.5", 0, 1),
}
WHOLE_NUMBERS = {"posterize", "solarize", "autocontrast", "equalize"}


def draw_noise(rng):
    """Each channel has a range of its own, for autocontrast to stretch."""
    low, high = np.sort(rng.integers(0, 256, (2, 3)), axis=0)
    return rng.integers(low, high + 1, (SIZE, SIZE, 3))


def draw_gradient(rng):
    """Each channel rises or falls in a direction of its own."""
    y, x = np.mgrid[:SIZE, :SIZE][..., None] / (SIZE - 1)
    corners = rng.integers(0, 256, (2, 2, 3))
    top = corners[0, 0] * (1 - x) + corners[0, 1] * x
    bottom = corners[1, 0] * (1 - x) + corners[1, 1] * x
    return np.round(top * (1 - y) + bottom * y)


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    root = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(2)
    for draw in (draw_noise, draw_gradient):
        folder = root / "train" / draw.__name__
        folder.mkdir(parents=True)
        for i in range(6):
            pixels = draw(rng).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")
    return root


@pytest.fixture(scope="session", params=["colour", "gray"])
def dataset(request, photos, tmp_path_factory):
    path = tmp_path_factory.mktemp("dataset") / "in.h5"
    gray = ["--gray"] if request.param == "gray" else []
    return augmented.prepare(photos, path, str(SIZE), *gray)


def augment(dataset, tmp_path, *options):
    made = augmented.augment(
        dataset, tmp_path, "-n", str(COPIES), "--policy=none", *options
    )
    assert len(made) == 12 * COPIES
    return made


def with_pillow(change, image, *arguments):
    """A function of Pillow, which has no third axis for gray."""
    photo = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    return np.asarray(change(photo, *arguments)).reshape(image.shape)


def with_enhancer(enhancer, image, factor):
    return with_pillow(lambda photo: enhancer(photo).enhance(factor), image)


def channel_shift(image, shift):
    shifted = ImageDataGenerator().apply_transform(
        image.astype(np.float32), {"channel_shift_intensity": shift}
    )
    return np.floor(shifted.astype(np.float64) + 0.5)


def brightness(image, factor):
    return apply_brightness_shift(image.astype(np.float32), factor, scale=False)


def contrast(image, factor):
    return with_enhancer(ImageEnhance.Contrast, image, factor)


def saturation(image, factor):
    return with_enhancer(ImageEnhance.Color, image, factor)


def hue(image, degrees):
    """Not rounded."""
    if image.shape[2] == 1:
        return image.astype(np.float64)
    turned = []
    for pixel in image.reshape(-1, 3) / 255:
        h, s, v = colorsys.rgb_to_hsv(*pixel)
        turned.append(colorsys.hsv_to_rgb((h + degrees / 360) % 1, s, v))
    return 255 * np.reshape(turned, image.shape)


def posterize(image, bits):
    return with_pillow(ImageOps.posterize, image, int(bits))


def solarize(image, threshold):
    return with_pillow(ImageOps.solarize, image, threshold)


def autocontrast(image, wanted):
    return with_pillow(ImageOps.autocontrast, image) if wanted else image


def equalize(image, wanted):
    return with_pillow(ImageOps.equalize, image) if wanted else image


REFERENCES = {
    function.__name__: function
    for function in (
        channel_shift,
        brightness,
        contrast,
        saturation,
        hue,
        posterize,
        solarize,
        autocontrast,
        equalize,
    )
}


@pytest.mark.parametrize("change", CHANGES)
def test_copies_are_those_of_keras_and_pillow(dataset, tmp_path, change):
    """To the byte; hue to the nearest level, and either way near a half."""
    tolerance = 0.5 + 1e-3 if change == "hue" else 0
    n_changed = 0
    for original, copy, t in augment(dataset, tmp_path, CHANGES[change][0]):
        expected = REFERENCES[change](original, t[change])
        difference = np.abs(copy - expected.astype(np.float64))
        assert difference.max() <= tolerance, (change, t[change])
        n_changed += not np.array_equal(copy, original)
    # what is gray has neither
    idle = original.shape[2] == 1 and change in ("hue", "saturation")
    assert n_changed == 0 if idle else n_changed > COPIES


@pytest.mark.parametrize("change", CHANGES)
def test_only_what_is_asked_for_is_drawn(dataset, tmp_path, change):
    """Within its range, all over it, and all else as it was."""
    option, low, high = CHANGES[change]
    drawn = []
    for _, _, t in augment(dataset, tmp_path, option):
        drawn.append(t[change])
        others = [name for name in t if name not in (change, "key")]
        assert all(t[name] == augmented.IDENTITY.get(name, 0) for name in others)
    assert np.float32(low) <= min(drawn) and max(drawn) <= np.float32(high)
    margin = (high - low) / 6
    assert min(drawn) < low + margin and max(drawn) > high - margin
    if change in WHOLE_NUMBERS:
        assert all(value == int(value) for value in drawn)


def test_changes_follow_each_other_in_order(dataset, tmp_path):
    """All of them, in the order of the columns."""
    options = [option for option, _, _ in CHANGES.values()]
    for original, copy, t in augment(dataset, tmp_path, *options):
        expected = original
        for change, reference in REFERENCES.items():
            expected = np.floor(reference(expected, t[change]) + 0.5)
            expected = expected.astype(np.uint8)
        # a hue may be rounded otherwise, and then be magnified
        assert (copy != expected).mean() < 1e-2
