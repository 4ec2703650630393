"""kw-augment's copies against scipy and Keras, made from the recorded numbers."""

import os
import subprocess

import h5py
import numpy as np
import pytest
from keras.src.legacy.preprocessing.image import ImageDataGenerator
from PIL import Image
from scipy import ndimage

BIN = os.environ["KW_BIN"]
MODES = {
    "nearest": "nearest",
    "reflect": "reflect",
    "wrap": "grid-wrap",
    "constant": "constant",
}
NOTHING = {
    "--rotation": 0,
    "--width-shift": 0,
    "--height-shift": 0,
    "--shear": 0,
    "--zoom": 0,
}
# One option at a time, then the defaults, then all of them widely.
POLICIES = {
    "nothing": [],
    "rotation": ["--rotation=180"],
    "width-shift": ["--width-shift=0.9"],
    "height-shift": ["--height-shift=70"],
    "shear": ["--shear=60"],
    "zoom": ["--zoom=0.9"],
    "horizontal-flip": ["--horizontal-flip"],
    "vertical-flip": ["--vertical-flip"],
    "seed": None,
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
SIZES = ["40x40", "33x33", "24x61", "50x31"]
CVAL = 77


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """Two classes of noise: the hardest images to interpolate."""
    root = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(1)
    for name in ("a", "b"):
        (root / name).mkdir()
        for i in range(5):
            pixels = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{i}.png")
    return root


@pytest.fixture(scope="session", params=SIZES)
def dataset(request, photos, tmp_path_factory):
    path = tmp_path_factory.mktemp("dataset") / "in.h5"
    subprocess.run(
        [f"{BIN}/kw-prep", "-q", "--size", request.param, "-o", path, photos],
        check=True,
    )
    return path


def augment(dataset, tmp_path, policy, fill):
    """Yield (original, copy, {column: value}) for each copy of a dataset."""
    options = ["-n", "6", "--fill", fill, "--fill-value", str(CVAL)]
    if POLICIES[policy] is not None:
        options += [f"{key}={value}" for key, value in NOTHING.items()]
        options += ["--no-horizontal-flip", *POLICIES[policy]]
    path = tmp_path / "out.h5"
    subprocess.run(
        [f"{BIN}/kw-augment", "-q", "-o", path, *options, dataset], check=True
    )
    with h5py.File(path) as file:
        train = file["train"]
        copies = train["copies"][:]
        ids = train["record_ids"][:]
        images = train["images"][:]
        transforms = train["transforms"][:].astype(np.float64)
        names = [
            n.decode() if isinstance(n, bytes) else n
            for n in train["transforms"].attrs["columns"]
        ]
    originals = {i: image for i, c, image in zip(ids, copies, images) if c == 0}
    made = np.flatnonzero(copies)
    assert len(made) == 6 * len(originals)
    for i in made:
        yield originals[ids[i]], images[i], dict(zip(names, transforms[i]))


def matrix(t, h, w):
    """The map from (x, y, 1) of the copy to (x, y, 1) of the original."""
    r, s = np.deg2rad(t["rotation"]), np.deg2rad(t["shear"])
    R = [[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]]
    S = [[1, 0, t["shift_x"]], [0, 1, t["shift_y"]], [0, 0, 1]]
    H = [[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]]
    Z = np.diag([t["zoom_x"], t["zoom_y"], 1])
    T = np.eye(3)
    T[:2, 2] = (w - 1) / 2, (h - 1) / 2
    return np.linalg.multi_dot([T, R, S, H, Z, np.linalg.inv(T)])


def with_scipy(image, t, fill):
    h, w, _ = image.shape
    M = matrix(t, h, w)[[1, 0, 2]][:, [1, 0, 2]]  # scipy's order: y, x
    out = np.stack(
        [
            ndimage.affine_transform(
                image[..., k].astype(np.float64),
                M[:2, :2],
                M[:2, 2],
                order=1,
                mode=MODES[fill],
                cval=CVAL,
            )
            for k in range(image.shape[2])
        ],
        axis=-1,
    )
    if t["flip_horizontal"]:
        out = out[:, ::-1]
    if t["flip_vertical"]:
        out = out[::-1]
    return out


def clear_of_edges(t, h, w):
    """
    Where a constant is certain: positions on the very edge of the image fall to
    either side of it by the rounding errors of scipy.
    """
    y, x = np.mgrid[:h, :w]
    if t["flip_horizontal"]:
        x = w - 1 - x
    if t["flip_vertical"]:
        y = h - 1 - y
    x, y, _ = np.tensordot(matrix(t, h, w), np.stack([x, y, np.ones_like(x)]), 1)
    clear = np.ones((h, w), dtype=bool)
    for position, edge in ((x, 0), (x, w - 1), (y, 0), (y, h - 1)):
        clear &= np.abs(position - edge) > 1e-6
    return clear


def compare(copy, expected, t, fill):
    """
    All values are those expected, to within 0.03 levels and then rounded;
    returns the share that is not the nearest level.
    """
    difference = np.abs(copy.astype(np.float64) - expected)
    if fill == "constant":
        difference = difference[clear_of_edges(t, *copy.shape[:2])]
    assert difference.max(initial=0) <= 0.5 + 0.03
    return (difference > 0.5 + 1e-4).mean() if difference.size else 0


@pytest.mark.parametrize("fill", MODES)
@pytest.mark.parametrize("policy", POLICIES)
def test_copies_equal_scipy(dataset, tmp_path, policy, fill):
    rounded_otherwise = [
        compare(copy, with_scipy(original, t, fill), t, fill)
        for original, copy, t in augment(dataset, tmp_path, policy, fill)
    ]
    assert np.mean(rounded_otherwise) < 0.01


@pytest.mark.filterwarnings("ignore:.*scipy.ndimage:DeprecationWarning")
@pytest.mark.parametrize("dataset", ["40x40", "33x33"], indirect=True)
@pytest.mark.parametrize("fill", ["nearest", "reflect", "constant"])
@pytest.mark.parametrize("policy", POLICIES)
def test_copies_equal_keras(dataset, tmp_path, policy, fill):
    """
    Keras's own function, given what kw-augment drew.  Square images: it turns
    others about another point.  Its wrap is not the one that its manual draws.
    """
    generator = ImageDataGenerator(fill_mode=fill, cval=CVAL)
    for original, copy, t in augment(dataset, tmp_path, policy, fill):
        expected = generator.apply_transform(
            original.astype(np.float32),
            {
                "theta": t["rotation"],
                "tx": t["shift_x"],
                "ty": t["shift_y"],
                "shear": t["shear"],
                "zx": t["zoom_x"],
                "zy": t["zoom_y"],
                "flip_horizontal": t["flip_horizontal"] != 0,
                "flip_vertical": t["flip_vertical"] != 0,
            },
        )
        compare(copy, expected, t, fill)
