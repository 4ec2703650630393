"""
The recipes of kw-train against real Keras: fifty steps of the seed recipe with
the same dropout, and each option that has a counterpart there.
"""

import h5py
import numpy as np
import pytest

from vgg import (
    CLASSES, assert_same_change, drawn, keras, prepare, read_split, reference,
    run, step_losses, vgg19, weights_of, work,
)  # fmt: skip

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BATCH = 4


def fit(work, dataset, start, *options):
    """
    kw-train without shuffling: the losses of its steps, and the weights after
    the last of them, which the resume file holds.
    """
    model = work / "recipe.h5"
    done = run(
        "kw-train", "-v", "-f", "--no-shuffle", "--weights", start,
        "--precision", "f32", "--algorithm", "direct", "--patience", 0,
        "-o", model, *options, dataset,
    )  # fmt: skip
    last = work / "recipe.resume.h5"
    weights = weights_of(keras.models.load_model(last))
    last.unlink()
    return step_losses(done.stderr), weights


def batches(labels, epochs, batch=BATCH):
    """Slices of the batches of kw-train, in file order."""
    for _ in range(epochs):
        for first in range(0, len(labels), batch):
            yield slice(first, first + batch)


def one_hot(labels):
    return np.eye(len(CLASSES), dtype=np.float32)[labels]


def freeze(model, n):
    """The first n layers as kw-train counts them, the input as one."""
    for layer in model.layers:
        layer.trainable = True
    for layer in model.layers[: max(n - 1, 0)]:
        layer.trainable = False


def assert_same_training(
    ours, theirs, before, frozen=(), within=0.05, exact=None
):
    """
    (losses, weights) of both: losses within 1e-3, of the first two steps
    within 1e-5; weights within 1e-4, and the change of a layer within a share.
    Each step adds to what ReLUs make of rounding, so many steps have a larger
    share: 0.23 was seen after fifty.

    `exact` are the weights where Keras computes in float64: what rounding
    alone makes of theirs, ours may differ by, twice where that is over 1e-4.
    """
    assert len(ours[0]) == len(theirs[0])
    np.testing.assert_allclose(ours[0][:2], theirs[0][:2], rtol=1e-5)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-3)
    assert ours[1].keys() == theirs[1].keys()
    for name, values in theirs[1].items():
        for i, (a, b, old) in enumerate(
            zip(ours[1][name], values, before[name], strict=True)
        ):
            if name in frozen:
                np.testing.assert_array_equal(a, old, err_msg=name)
                continue
            rounding = 0
            if exact is not None:
                rounding = np.abs(b - exact[name][i]).max()
            atol = max(1e-4, 2 * rounding)
            assert_same_change(a, b, old, name, within, atol)


# ---- the seed recipe


def philox(key, counter):
    """Philox4x32-10 (Salmon et al. 2011): counter (..., 4) uint32 -> words."""
    x = [counter[..., i].astype(np.uint64) for i in range(4)]
    k = [np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32)]
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * x[0], np.uint64(0xCD9E8D57) * x[2]
        x = [(b >> half) ^ x[1] ^ k[0], b & low, (a >> half) ^ x[3] ^ k[1],
             a & low]  # fmt: skip
        k = [(k[0] + np.uint64(0x9E3779B9)) & low,
             (k[1] + np.uint64(0xBB67AE85)) & low]  # fmt: skip
    return np.stack(x, axis=-1).astype(np.uint32)


def test_philox_is_the_published_one():
    zero = philox(0, np.zeros(4, np.uint32))
    assert [hex(w) for w in zero] == [
        "0x6627e8d5", "0xe169c58d", "0xbc57ac4c", "0x9b00dbd8",
    ]  # fmt: skip


def dropout_factors(seed, step, rows, units, rate):
    """What kw-train multiplies with: purpose 5 of kw-dataset(5)."""
    counter = np.zeros((rows, units // 4, 4), np.uint32)
    counter[..., 0] = step
    counter[..., 2] = np.arange(rows)[:, None]
    counter[..., 3] = 5 << 16 | np.arange(units // 4)
    words = philox(seed, counter).reshape(rows, units)
    return np.where(words < rate * 2**32, 0, 1 / (1 - rate)).astype(np.float32)


def with_factors(model):
    """The same layers, and factors for the units of dense_1 as an input."""
    factors = keras.Input((model.get_layer("dense_1").units,))
    x = model.inputs[0]
    for layer in model.layers:
        x = layer(x)
        if layer.name == "dense_1":
            x = keras.layers.Multiply()([x, factors])
    return keras.Model([model.inputs[0], factors], x)


def fifty_steps(model, dataset):
    """Of the seed recipe, by Keras: losses, and the weights after the last."""
    freeze(model, 5)
    masked = with_factors(model)
    masked.compile(
        keras.optimizers.SGD(1e-4, momentum=0.9), "categorical_crossentropy"
    )
    images, labels, _ = read_split(dataset, "train")
    losses = []
    for step, rows in enumerate(batches(labels, 5)):
        masked.reset_metrics()
        factors = dropout_factors(42, step, len(labels[rows]), 1024, 0.5)
        losses.append(
            masked.train_on_batch([images[rows], factors], one_hot(labels[rows]))
        )
    assert len(losses) == 50
    return np.array(losses), weights_of(model)


def fifty_exact_steps(values, dataset):
    """The weights after them, computed in float64."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        model = vgg19(head=(1024, 1024))
        model.set_weights(values)
        return fifty_steps(model, dataset)[1]
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


def test_fifty_steps_of_the_seed_recipe_agree(drawn, work):
    """layers[:5] frozen, 1024-dropout-1024(L2), SGD 1e-4 momentum 0.9."""
    start = work / "seed.h5"
    model = vgg19(head=(1024, 1024))
    model.save(start)
    before, values = weights_of(model), model.get_weights()
    ours = {
        algorithm: fit(
            work, drawn, start, "--epochs", 5, "--algorithm", algorithm
        )
        for algorithm in ("direct", "winograd")
    }
    start.unlink()

    theirs = fifty_steps(model, drawn)
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    assert "block2_conv1" in frozen and "block2_conv2" not in frozen
    exact = fifty_exact_steps(values, drawn)
    for training in ours.values():
        assert_same_training(
            training, theirs, before, frozen, within=0.3, exact=exact
        )


# ---- options


def keras_fit(
    model, dataset, optimizer, epochs, smoothing=0, weights=None, batch=BATCH
):
    """The losses of batches in file order, and the weights after the last."""
    model.compile(
        optimizer,
        keras.losses.CategoricalCrossentropy(label_smoothing=smoothing),
    )
    images, labels, _ = read_split(dataset, "train")
    losses = []
    for rows in batches(labels, epochs, batch):
        model.reset_metrics()
        losses.append(
            model.train_on_batch(
                images[rows], one_hot(labels[rows]), class_weight=weights
            )
        )
    return np.array(losses), weights_of(model)


def start_of(reference):
    """A fresh copy of the reference, its file and its weights."""
    model = keras.models.load_model(reference[1])
    return model, reference[1], weights_of(model)


PLAIN = ["--head", "24,16", "--dropout", 0, "--lr", 1e-3, "--freeze", 17]


def test_class_weights_and_label_smoothing(work, reference):
    dataset = prepare(work, "skewed")[1]
    model, path, before = start_of(reference)
    ours = fit(
        work, dataset, path, *PLAIN, "--epochs", 2,
        "--class-weight", "balanced", "--label-smoothing", 0.1,
    )  # fmt: skip
    freeze(model, 17)
    counts = np.bincount(read_split(dataset, "train")[1])
    assert counts[0] > 2 * counts[1]
    weights = {k: counts.sum() / (len(counts) * n) for k, n in enumerate(counts)}
    theirs = keras_fit(
        model, dataset, keras.optimizers.SGD(1e-3, momentum=0.9), 2, 0.1,
        weights,
    )  # fmt: skip
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    assert_same_training(ours, theirs, before, frozen)


def test_clipping_by_the_norm_of_all_gradients(drawn, work, reference):
    model, path, before = start_of(reference)
    ours = fit(work, drawn, path, *PLAIN, "--epochs", 2, "--clip-norm", 0.5)
    freeze(model, 17)
    sgd = keras.optimizers.SGD(1e-3, momentum=0.9, global_clipnorm=0.5)
    theirs = keras_fit(model, drawn, sgd, 2)
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    assert_same_training(ours, theirs, before, frozen)
    # It is the clipping that is compared.
    free = keras_fit(
        start_of(reference)[0], drawn,
        keras.optimizers.SGD(1e-3, momentum=0.9), 1,
    )[0]  # fmt: skip
    assert abs(free[9] / theirs[0][9] - 1) > 1e-2


def test_accumulated_gradients(drawn, work, reference):
    """Batches that divide the images: Keras weighs them all alike."""
    model, path, before = start_of(reference)
    ours = fit(
        work, drawn, path, *PLAIN, "--epochs", 4, "--batch", 19,
        "--accumulate", 2, "--clip-norm", 0.5,
    )  # fmt: skip
    freeze(model, 17)
    sgd = keras.optimizers.SGD(
        1e-3, momentum=0.9, global_clipnorm=0.5, gradient_accumulation_steps=2
    )
    losses, weights = keras_fit(model, drawn, sgd, 4, batch=19)
    assert len(losses) == 8
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    theirs = losses.reshape(-1, 2).mean(axis=1), weights
    assert_same_training(ours, theirs, before, frozen)


def test_cosine_schedule_with_warm_up(drawn, work, reference):
    model, path, before = start_of(reference)
    ours = fit(
        work, drawn, path, *PLAIN, "--epochs", 3, "--schedule", "cosine",
        "--warmup", 1,
    )  # fmt: skip
    freeze(model, 17)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, 20, warmup_target=1e-3, warmup_steps=10
    )
    theirs = keras_fit(
        model, drawn, keras.optimizers.SGD(rate, momentum=0.9), 3
    )
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    assert_same_training(ours, theirs, before, frozen)


def test_the_head_first(drawn, work, reference):
    """Two calls of fit in Keras, compiled anew: momentum begins at zero."""
    model, path, before = start_of(reference)
    ours = fit(
        work, drawn, path, *PLAIN, "--epochs", 2, "--head-epochs", 1,
        "--head-lr", 5e-3,
    )  # fmt: skip
    freeze(model, 22)
    first = keras_fit(model, drawn, keras.optimizers.SGD(5e-3, 0.9), 1)
    freeze(model, 17)
    second = keras_fit(model, drawn, keras.optimizers.SGD(1e-3, 0.9), 1)
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    losses = np.concatenate([first[0], second[0]])
    assert_same_training(ours, (losses, second[1]), before, frozen)


def test_momentum_in_the_resume_file(drawn, work, reference):
    """Velocities are those of Keras's optimizer, in Keras's order."""
    model, path, _ = start_of(reference)
    run(
        "kw-train", "-q", "-f", "--no-shuffle", "--weights", path, *PLAIN,
        "--epochs", 1, "--precision", "f32", "-o", work / "momentum.h5", drawn,
    )  # fmt: skip
    freeze(model, 17)
    sgd = keras.optimizers.SGD(1e-3, momentum=0.9)
    keras_fit(model, drawn, sgd, 1)
    theirs = dict(
        zip((v.path for v in model.trainable_variables), sgd.momentums)
    )
    with h5py.File(work / "momentum.resume.h5") as file:
        stored = {}
        file["kw_training"].visititems(
            lambda name, item: stored.update({name: item[()]})
            if isinstance(item, h5py.Dataset) and item.ndim > 1
            else None
        )
    assert stored
    for name, value in theirs.items():
        layer, kind = name.split("/")[-2:]
        if kind != "kernel":
            continue
        [ours] = [v for k, v in stored.items() if layer in k and "kernel" in k]
        theirs_now = np.asarray(value)
        assert np.linalg.norm(ours - theirs_now) < 1e-2 * np.linalg.norm(
            theirs_now
        ), name
