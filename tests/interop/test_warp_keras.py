"""
kw-augment against the generator that it takes the place of: Keras's own
functions, given what kw-augment drew, and kw-augment, given what Keras drew.
"""

import numpy as np
import pytest
from keras.src.legacy.preprocessing.image import ImageDataGenerator

from augmented import CVAL, augment, compare, make_dataset, replay

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*scipy.ndimage:DeprecationWarning"
)
# Its wrap is not the one that its manual draws.
FILLS = ["nearest", "reflect", "constant"]
CODES = {"nearest": 0, "reflect": 1, "constant": 3}
POLICIES = {
    "rotation": ["--rotation=180"],
    "width-shift": ["--width-shift=0.9"],
    "height-shift": ["--height-shift=20"],
    "shear": ["--shear=60"],
    "zoom": ["--zoom=0.3,2.5"],
    "seed": ["--policy=seed"],
    "all": [
        "--rotation=180",
        "--width-shift=0.5",
        "--height-shift=0.5",
        "--shear=40",
        "--zoom=0.6",
        "--horizontal-flip",
        "--vertical-flip",
    ],
}
COLOURS = ["--channel-shift=90", "--brightness=0.4,1.6"]


@pytest.fixture(
    scope="module",
    params=["noise 40x40", "noise 33x33 gray", "photographs 96x96"],
)
def square(request, tmp_path_factory):
    return make_dataset(request.param, tmp_path_factory.mktemp("square"))


def keras_geometry(t):
    """
    Keras moves columns by tx and rows by ty, as we do by shift_x and shift_y;
    that it draws tx from height_shift_range is another matter.
    """
    return {
        "theta": t["rotation"],
        "tx": t["shift_x"],
        "ty": t["shift_y"],
        "shear": t["shear"],
        "zx": t["zoom_x"],
        "zy": t["zoom_y"],
        "flip_horizontal": t["flip_horizontal"] != 0,
        "flip_vertical": t["flip_vertical"] != 0,
    }


def rounded(image):
    return np.floor(image.astype(np.float64) + 0.5).astype(np.float32)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("policy", POLICIES)
def test_copies_equal_keras(square, tmp_path, policy, fill):
    """Square images: it turns others about another point."""
    generator = ImageDataGenerator(fill_mode=fill, cval=CVAL)
    made = augment(
        square,
        tmp_path,
        *["-n", "3", "--policy=none", *POLICIES[policy]],
        *["--fill", fill, "--fill-value", str(CVAL)],
    )
    results = [
        compare(
            copy,
            generator.apply_transform(
                original.astype(np.float32), keras_geometry(t)
            ),
            t,
            fill,
        )
        for original, copy, t in made
    ]
    rounded_otherwise, largest = np.transpose(results)
    share = rounded_otherwise.mean()
    print(f"largest {largest.max():.4f}, not nearest {share:.5f}")
    assert share < 0.01


@pytest.mark.parametrize("fill", FILLS)
def test_colours_follow_geometry_as_in_keras(square, tmp_path, fill):
    """
    Keras does all in floating point, and cuts the fractions off before it
    changes the brightness; kw-augment rounds after each step.  Where Keras does
    all at once they differ by up to a level, times the brightness, and one more.
    Where it is made to round after each step too, they are equal, but for the
    few values that a warp leaves near a half.
    """
    generator = ImageDataGenerator(fill_mode=fill, cval=CVAL)
    made = augment(
        square,
        tmp_path,
        *["-n", "4", "--policy=none", *POLICIES["all"], *COLOURS],
        *["--fill", fill, "--fill-value", str(CVAL)],
    )
    unequal = []
    for original, copy, t in made:
        pixels = original.astype(np.float32)
        shift = {"channel_shift_intensity": t["channel_shift"]}
        light = {"brightness": t["brightness"]}
        at_once = generator.apply_transform(
            pixels, {**keras_geometry(t), **shift, **light}
        )
        difference = np.abs(copy - at_once.astype(np.float64))
        assert difference.max() <= t["brightness"] + 1
        for step in (keras_geometry(t), shift, light):
            pixels = rounded(generator.apply_transform(pixels, step))
        unequal.append((copy != pixels).mean())
    print(f"unequal {np.mean(unequal):.5f}")
    assert np.mean(unequal) < 0.01


# ---- what Keras draws


def draw(generator, shape, n):
    """
    Transforms of Keras's, rounded to what a dataset holds; its flips are
    products of numbers and truth values, and None is no change.
    """
    return [
        {
            key: float(np.float32(value))
            for key, value in generator.get_random_transform(shape, seed).items()
            if value is not None
        }
        for seed in range(n)
    ]


def as_ours(k, fill):
    ours = {
        "rotation": k["theta"],
        "shift_x": k["tx"],
        "shift_y": k["ty"],
        "shear": k["shear"],
        "zoom_x": k["zx"],
        "zoom_y": k["zy"],
        "flip_horizontal": k["flip_horizontal"],
        "flip_vertical": k["flip_vertical"],
        "fill": CODES[fill],
        "fill_value": CVAL,
    }
    return {name: float(np.float32(value)) for name, value in ours.items()}


@pytest.mark.parametrize("fill", FILLS)
def test_what_keras_draws_can_be_replayed(square, tmp_path, fill):
    generator = ImageDataGenerator(
        rotation_range=45,
        width_shift_range=0.3,
        height_shift_range=0.2,
        shear_range=20,
        zoom_range=0.4,
        horizontal_flip=True,
        vertical_flip=True,
        fill_mode=fill,
        cval=CVAL,
    )
    drawn = draw(generator, (40, 40, 3), 12)
    made = replay(square, tmp_path, [as_ours(k, fill) for k in drawn])
    for (original, copy, t), k in zip(made, drawn, strict=True):
        expected = generator.apply_transform(original.astype(np.float32), k)
        compare(copy, expected, t, fill)


@pytest.mark.parametrize("side", ["width", "height"])
def test_keras_swaps_the_shifts_that_it_is_asked_for(square, tmp_path, side):
    """
    What it draws from width_shift_range moves rows, and so is our shift_y, the
    one that --height-shift draws.  Put into our shift_x, it moves columns, as
    the manual of Keras says.
    """
    generator = ImageDataGenerator(**{f"{side}_shift_range": 0.4})
    drawn = draw(generator, (40, 40, 3), 6)
    other, column = {
        "width": ("ty", "shift_y"),
        "height": ("tx", "shift_x"),
    }[side]
    assert {n for k in drawn for n in ("tx", "ty") if k[n] != 0} == {other}
    made = replay(square, tmp_path, [{column: k[other]} for k in drawn])
    for (original, copy, t), k in zip(made, drawn, strict=True):
        expected = generator.apply_transform(original.astype(np.float32), k)
        compare(copy, expected, t, "nearest")
    # as documented: the same numbers on the axis that they were asked for
    asked_for = {"shift_y": "shift_x", "shift_x": "shift_y"}[column]
    made = replay(square, tmp_path, [{asked_for: k[other]} for k in drawn])
    for (original, copy, t), k in zip(made, drawn, strict=True):
        turned = original.swapaxes(0, 1).astype(np.float32)
        expected = generator.apply_transform(turned, k).swapaxes(0, 1)
        compare(copy, expected, t, "nearest")


@pytest.mark.parametrize("kind", ["noise 24x61", "photographs 80x120"])
@pytest.mark.parametrize("fill", ["nearest", "reflect"])
def test_keras_takes_another_centre_when_not_square(tmp_path, kind, fill):
    """
    It takes half the height from columns and half the width from rows.  About
    the point where that leads, ((h-1)/2, (w-1)/2), we do the same: a map
    x -> Ax about a point d away from the centre is that map, after a shift by
    d - Ad.
    """
    dataset = make_dataset(kind, tmp_path)
    h, w = map(int, kind.split()[1].split("x"))
    generator = ImageDataGenerator(
        rotation_range=90,
        width_shift_range=0.2,
        height_shift_range=0.2,
        shear_range=20,
        zoom_range=0.4,
        fill_mode=fill,
    )
    drawn = draw(generator, (h, w, 3), 12)
    d = np.array([h - w, w - h]) / 2
    moved, unmoved = [], []
    for k in drawn:
        r, s = np.deg2rad(k["theta"]), np.deg2rad(k["shear"])
        R = np.array([[np.cos(r), -np.sin(r)], [np.sin(r), np.cos(r)]])
        A = R @ [[1, -np.sin(s)], [0, np.cos(s)]] @ np.diag([k["zx"], k["zy"]])
        # the shift is inside the rotation
        x, y = [k["tx"], k["ty"]] + R.T @ (d - A @ d)
        unmoved.append(as_ours(k, fill))
        moved.append(as_ours(k | {"tx": x, "ty": y}, fill))
    for (original, copy, _), k in zip(
        replay(dataset, tmp_path, moved), drawn, strict=True
    ):
        expected = generator.apply_transform(original.astype(np.float32), k)
        # the shift was rounded to float32: 1e-5 pixels
        assert np.abs(copy - expected).max() <= 0.5 + 0.04
    for (original, copy, _), k in zip(
        replay(dataset, tmp_path, unmoved), drawn, strict=True
    ):
        expected = generator.apply_transform(original.astype(np.float32), k)
        assert np.abs(copy - expected).mean() > 2
