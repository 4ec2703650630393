"""
VGG19 in Keras, small datasets, and runs of the tools: for the comparisons of
kw-train and kw-predict.  Importing this skips the module where Keras is not;
fixtures are imported by name, like the rest.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras")

BIN = Path(os.environ["KW_BIN"])
SIZE = 32, 48  # not square, so that a swap of sides would show
CLASSES = ["drab", "vivid"]
COUNTS = {"train": 19, "val": 3, "test": 4}  # a class
CONVOLUTIONS = [
    f"block{block}_conv{i + 1}"
    for block, n in enumerate([2, 2, 4, 4, 4], 1)
    for i in range(n)
]


# ---- data


@pytest.fixture(scope="session")
def work():
    """A folder for the session: models are large, and not worth keeping."""
    with tempfile.TemporaryDirectory(prefix="kw-interop-") as folder:
        yield Path(folder)


def draw(path, kind, rng):
    """Waves and noise; the classes differ in how strong the colours are."""
    y, x = np.mgrid[:60, :80] / 10
    wave = np.sin(x * rng.uniform(0.5, 3) + y * rng.uniform(0.5, 3))
    gray = 128 + 50 * wave[..., None] + rng.normal(0, 12, (60, 80, 3))
    colour = (20 + 70 * kind) * rng.normal(0, 1, 3)
    pixels = np.clip(gray + colour, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path)


def split_drawings(root, skewed):
    """Of the second class a third as many to train on where it is skewed."""
    rng = np.random.default_rng(7)
    for split, n in COUNTS.items():
        for kind, name in enumerate(CLASSES):
            folder = root / split / name
            folder.mkdir(parents=True)
            few = skewed and kind and split == "train"
            for i in range(n // 3 if few else n):
                draw(folder / f"{i}.png", kind, rng)


def split_photographs(root, source):
    folders = sorted(p for p in Path(source).iterdir() if p.is_dir())[:2]
    for folder in folders:
        files = iter(sorted(folder.iterdir()))
        for split, n in COUNTS.items():
            target = root / split / folder.name
            target.mkdir(parents=True)
            for _ in range(n):
                shutil.copy(next(files), target)


def run(tool, *arguments, ok=0):
    """Run one of the tools; returns the finished process, its output as text."""
    done = subprocess.run(
        [BIN / tool, *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == ok, done.stderr
    return done


def prepare(work, name):
    """
    (folder of the pictures, dataset) of one kind of pictures: drawn, skewed
    (drawn, with fewer of one class), photographs.
    """
    folder, dataset = work / name, work / f"{name}.h5"
    if not dataset.exists():
        standardize = "rescale"
        if name != "photographs":
            split_drawings(folder, name == "skewed")
        elif "KW_PHOTOS" in os.environ:
            split_photographs(folder, os.environ["KW_PHOTOS"])
            standardize = "normalize"
        else:
            pytest.skip("KW_PHOTOS names no photographs")
        run(
            "kw-prep", "-q", "--size", f"{SIZE[0]}x{SIZE[1]}",
            "--standardize", standardize, "-o", dataset, folder,
        )  # fmt: skip
    return folder, dataset


@pytest.fixture(scope="session")
def drawn(work):
    return prepare(work, "drawn")[1]


def read_split(dataset, split):
    """
    Input of the network (n, h, w, c), labels (n) and names (n); names are
    relative to the folder of the split.
    """
    with h5py.File(dataset) as file:
        group = file[split]
        images = group["images"][:].astype(np.float32)
        images = images * file.attrs["scale"] + file.attrs["offset"]
        names = [n.decode() for n in group["sources"][:]]
        return images, group["labels"][:], names


# ---- networks


def vgg19(head=(24, 16), l2=0.01, initializer="he_uniform", seed=3):
    """The network of kw-train, made by Keras; no dropout."""
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((*SIZE, 3))]
    for name, filters in zip(
        CONVOLUTIONS, [64] * 2 + [128] * 2 + [256] * 4 + [512] * 8
    ):
        if name.endswith("conv1") and name != "block1_conv1":
            layers.append(keras.layers.MaxPooling2D())
        layers.append(
            keras.layers.Conv2D(
                filters, 3, padding="same", activation="relu", name=name,
                kernel_initializer=initializer,
                bias_initializer=keras.initializers.RandomUniform(-0.1, 0.1),
            )  # fmt: skip
        )
    layers += [keras.layers.MaxPooling2D(), keras.layers.Flatten()]
    for i, units in enumerate(head):
        last = i == len(head) - 1
        layers.append(
            keras.layers.Dense(
                units, activation="relu", name=f"dense_{i + 1}",
                kernel_regularizer=keras.regularizers.L2(l2) if last else None,
            )  # fmt: skip
        )
    layers.append(
        keras.layers.Dense(2, activation="softmax", name="predictions")
    )
    return keras.Sequential(layers)


def weights_of(model):
    """{layer name: [kernel, bias]}, nested models included."""
    found = {}
    for layer in model.layers:
        if hasattr(layer, "layers"):
            found.update(weights_of(layer))
        elif layer.get_weights():
            found[layer.name] = layer.get_weights()
    return found


def assert_same_weights(model, expected):
    """Both hold the same values in the same layers, bit for bit."""
    actual = weights_of(model)
    assert actual.keys() == expected.keys()
    for name, values in expected.items():
        for a, b in zip(actual[name], values):
            np.testing.assert_array_equal(a, b, err_msg=name)


@pytest.fixture(scope="session")
def reference(work):
    """A network and the whole model that Keras saved of it."""
    model = vgg19()
    path = work / "reference.h5"
    model.save(path)
    return model, path


def train(dataset, weights, model, *options):
    """kw-train with one epoch and the head of vgg19(), as precise as Keras."""
    return run(
        "kw-train", "--precision", "f32", "--algorithm", "direct",
        "--weights", weights, "--epochs", 1, "--head", "24,16",
        "-f", "-o", model, *options, dataset,
    )  # fmt: skip


def step_losses(stderr):
    """Of the lines "step 3/10 loss 10.93102"."""
    return [float(x) for x in re.findall(r"step \d+/\d+ loss (\S+)", stderr)]


def keras_steps(model, images, labels, batch):
    """The loss that Keras reports for each batch, in file order."""
    losses = []
    for i in range(0, len(labels), batch):
        rows = slice(i, i + batch)
        model.reset_metrics()
        losses.append(float(model.train_on_batch(images[rows], labels[rows])))
    return losses


def assert_same_change(ours, theirs, before, name, within=0.05, atol=1e-4):
    """
    Weights within 1e-4, and their changes alike.  Where rounding turns a ReLU
    or the choice of a maximum the other way, a few gradients differ for real,
    by far less than a wrong rate, momentum or penalty would make them.
    """
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol, err_msg=name)
    change = np.linalg.norm(theirs - before)
    assert change > 0, f"{name} did not learn"
    assert np.linalg.norm(ours - theirs) < within * change, name
