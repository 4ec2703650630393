"""Datasets for the comparisons of kw-augment, and what it makes of them."""

import os
import shutil
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

BIN = os.environ["KW_BIN"]
PHOTOS = os.environ.get("KW_PHOTOS", "")
CVAL = 77
# The fills, and what scipy calls them.
FILLS = {
    "nearest": "nearest",
    "reflect": "reflect",
    "wrap": "grid-wrap",
    "constant": "constant",
}
# Columns of `transforms` that are not 0 in a record that nothing happened to.
IDENTITY = {
    "zoom_x": 1,
    "zoom_y": 1,
    "crop_width": 1,
    "crop_height": 1,
    "brightness": 1,
    "contrast": 1,
    "saturation": 1,
    "posterize": 8,
    "solarize": 256,
    "sharpness": 1,
}


def prepare(photos, path, size, *options):
    """A dataset of a folder of splits, whose photos stay apart."""
    command = [f"{BIN}/kw-prep", "-q", "--near-duplicates=off", "-s", size]
    subprocess.run([*command, *options, "-o", path, photos], check=True)
    return path


def draw_noise(folder, splits=("train",), n=3):
    """Two classes of noise: the hardest images to interpolate."""
    rng = np.random.default_rng(1)
    for split in splits:
        for name in "ab":
            (folder / split / name).mkdir(parents=True)
            for i in range(n):
                pixels = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / split / name / f"{i}.png")
    return folder


def pick_photographs(folder, n=3):
    """The first photographs of each class of $KW_PHOTOS."""
    if not PHOTOS or not Path(PHOTOS).is_dir():
        pytest.skip("KW_PHOTOS names no photographs")
    for source in sorted(Path(PHOTOS).iterdir()):
        (folder / "train" / source.name).mkdir(parents=True)
        for photo in sorted(source.iterdir())[:n]:
            shutil.copy(photo, folder / "train" / source.name)
    return folder


def make_dataset(kind, tmp_path):
    """Of a kind like "noise 24x61" or "photographs 80x120 gray"."""
    what, size, *gray = kind.split()
    draw = {"noise": draw_noise, "photographs": pick_photographs}[what]
    options = ["--gray"] if gray else []
    return prepare(draw(tmp_path / "in"), tmp_path / "in.h5", size, *options)


def run_augment(*arguments):
    subprocess.run([f"{BIN}/kw-augment", "-q", "-f", *arguments], check=True)


def column_names(split):
    names = split["transforms"].attrs["columns"]
    return [n.decode() if isinstance(n, bytes) else n for n in names]


def read_copies(path):
    """A list of (original, copy, {column: value}), one for each copy."""
    with h5py.File(path) as file:
        train = file["train"]
        copies = train["copies"][:]
        ids = train["record_ids"][:]
        images = train["images"][:]
        transforms = train["transforms"][:].astype(np.float64)
        names = column_names(train)
    originals = {i: image for i, c, image in zip(ids, copies, images) if c == 0}
    made = np.flatnonzero(copies)
    assert len(originals) and len(made) % len(originals) == 0 < len(made)
    return [
        (originals[ids[i]], images[i], dict(zip(names, transforms[i])))
        for i in made
    ]


def augment(dataset, tmp_path, *options):
    path = tmp_path / "out.h5"
    run_augment("-o", path, *options, dataset)
    return read_copies(path)


def replay(dataset, tmp_path, transforms):
    """
    What kw-augment makes with numbers that it has not drawn: a list of
    dictionaries, one for each copy, as read_copies() has them.
    """
    with h5py.File(dataset) as file:
        n = len(file["train/images"])
    assert len(transforms) % n == 0
    path, again = tmp_path / "given.h5", tmp_path / "again.h5"
    copies = str(len(transforms) // n)
    run_augment("-o", path, "--policy=none", "-n", copies, dataset)
    with h5py.File(path, "r+") as file:
        train = file["train"]
        names = column_names(train)
        rows = train["transforms"][:]
        made = np.flatnonzero(train["copies"][:])
        for i, given in zip(made, transforms, strict=True):
            whole = dict.fromkeys(names, 0) | IDENTITY | given
            rows[i] = [whole[name] for name in names]
        train["transforms"][:] = rows
    run_augment("-o", again, "--replay", path, dataset)
    return read_copies(again)


def matrix(t, h, w):
    """
    The map from (x, y, 1) of the copy, before it is flipped, to (x, y, 1) of
    the original: that of include/kw/transform.h.
    """
    r, s = np.deg2rad(t["rotation"]), np.deg2rad(t["shear"])
    R = [[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]]
    S = [[1, 0, t["shift_x"]], [0, 1, t["shift_y"]], [0, 0, 1]]
    H = [[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]]
    Z = np.diag([t["zoom_x"], t["zoom_y"], 1])
    K = [[1, t["shear_x"], 0], [t["shear_y"], 1, 0], [0, 0, 1]]
    T = np.eye(3)
    T[:2, 2] = (w - 1) / 2, (h - 1) / 2
    cw, ch = t["crop_width"], t["crop_height"]
    # the corners of pixels are half a pixel away from their centres
    W = [
        [cw, 0, 0.5 * cw + t["crop_x"] * w - 0.5],
        [0, ch, 0.5 * ch + t["crop_y"] * h - 0.5],
        [0, 0, 1],
    ]
    return np.linalg.multi_dot([W, T, R, S, H, Z, K, np.linalg.inv(T)])


def positions(t, h, w):
    """Where in the original each pixel of the copy comes from: x, y."""
    y, x = np.mgrid[:h, :w]
    if t["flip_horizontal"]:
        x = w - 1 - x
    if t["flip_vertical"]:
        y = h - 1 - y
    return np.tensordot(matrix(t, h, w), np.stack([x, y, np.ones_like(x)]), 1)[:2]


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
                mode=FILLS[fill],
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
    either side of it by the rounding errors of others.
    """
    x, y = positions(t, h, w)
    clear = np.ones((h, w), dtype=bool)
    for position, edge in ((x, 0), (x, w - 1), (y, 0), (y, h - 1)):
        clear &= np.abs(position - edge) > 1e-6
    return clear


def compare(copy, expected, t, fill):
    """
    All values are those expected, to within 0.03 levels and then rounded;
    returns the share that is not the nearest level, and the largest difference.
    """
    difference = np.abs(copy.astype(np.float64) - expected)
    if fill == "constant":
        difference = difference[clear_of_edges(t, *copy.shape[:2])]
    largest = difference.max(initial=0)
    assert largest <= 0.5 + 0.03, t
    return (difference > 0.5 + 1e-4).mean() if difference.size else 0, largest
