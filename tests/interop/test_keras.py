"""
kw-train and kw-predict against real Keras: models of either open in the other,
predict the same, and ten steps of training agree.

Pictures are drawn; where $KW_PHOTOS names a folder of class folders, its
photographs are used as well.
"""

import csv
import math

import h5py
import numpy as np
import pytest

from vgg import (
    CLASSES, SIZE, assert_same_change, assert_same_weights, drawn, keras,
    keras_steps, prepare, read_split, reference, run, step_losses, train,
    vgg19, weights_of, work,
)  # fmt: skip

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


# ---- kw's models in Keras


def predictions(model, folder, names):
    """(class, probability) of pictures, as kw-predict prints them."""
    lines = run("kw-predict", model, *(folder / n for n in names)).stdout
    rows = list(csv.reader(lines.splitlines(), delimiter="\t"))
    assert [row[0] for row in rows] == [str(folder / n) for n in names]
    return [(row[1], float(row[2])) for row in rows]


def assert_same_predictions(printed, probabilities, classes):
    for (name, probability), row in zip(printed, probabilities, strict=True):
        assert abs(row[classes.index(name)] - probability) <= 1e-4
        assert row.max() - probability <= 1e-4


@pytest.fixture(scope="session", params=["drawn", "photographs"])
def trained(request, work, reference):
    """(folder, dataset, kw model after an epoch on it)"""
    folder, dataset = prepare(work, request.param)
    model = work / f"{request.param}-model.h5"
    if not model.exists():
        train(dataset, reference[1], model, "--lr", "1e-3")
    return folder, dataset, model


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_keras_opens_a_kw_model_and_predicts_the_same(trained, library):
    folder, dataset, path = trained
    model = pytest.importorskip(library).models.load_model(path)
    for split in ("val", "test"):
        images, _, names = read_split(dataset, split)
        probabilities = model.predict(images, verbose=0)
        assert np.ptp(probabilities[:, 0]) > 1e-2  # not all the same
        with h5py.File(path) as file:
            classes = list(file.attrs["kw_class_names"])
        printed = predictions(path, folder / split, names)
        assert_same_predictions(printed, probabilities, classes)


def test_keras_computes_the_validation_loss_of_kw_train(trained):
    _, dataset, path = trained
    model = keras.models.load_model(path)
    images, labels, _ = read_split(dataset, "val")
    model.compile(
        loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    loss, accuracy = model.evaluate(images, labels, verbose=0)
    log = path.with_suffix(".log") / "metrics.csv"
    with open(log, newline="") as file:
        row = next(csv.DictReader(file))
    assert float(row["val_loss"]) == pytest.approx(loss, rel=1e-4)
    assert float(row["val_accuracy"]) == pytest.approx(accuracy, abs=1e-6)


def test_keras_sees_what_was_frozen_and_regularised(trained):
    model = keras.models.load_model(trained[2])
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    assert frozen == ["block1_conv1", "block1_conv2", "block1_pool",
                      "block2_conv1"]  # fmt: skip
    kernel = model.get_layer("dense_2").get_weights()[0]
    assert float(model.losses[0]) == pytest.approx(
        0.01 * np.sum(kernel.astype(np.float64) ** 2), rel=1e-5
    )
    assert model.get_layer("dropout").rate == 0.5


# ---- Keras's files in kw


def save_nested(model, path):
    """
    VGG19 as a model within the model, its first layers frozen: Keras then
    stores those last.
    """
    body = keras.Sequential(
        [keras.Input((*SIZE, 3)), *model.layers[:-4]], name="vgg19"
    )
    whole = keras.Sequential(
        [keras.Input((*SIZE, 3)), body, *model.layers[-4:]]
    )
    for layer in body.layers[:4]:
        layer.trainable = False
    save(whole, path)
    for layer in body.layers[:4]:
        layer.trainable = True


def save(model, path):
    if path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path)


def save_with_tf_keras(model, path):
    """Keras 2's own writer; weights alone where the name says so."""
    tf_keras = pytest.importorskip("tf_keras")
    copy = tf_keras.Sequential([tf_keras.Input((*SIZE, 3))])
    for layer in model.layers:
        config = layer.get_config()
        if isinstance(layer, keras.layers.Conv2D):
            made = tf_keras.layers.Conv2D(
                config["filters"], 3, padding="same", activation="relu",
                name=layer.name,
            )  # fmt: skip
        elif isinstance(layer, keras.layers.Dense):
            made = tf_keras.layers.Dense(
                config["units"], activation=config["activation"],
                name=layer.name,
            )  # fmt: skip
        else:
            made = getattr(tf_keras.layers, type(layer).__name__)()
        copy.add(made)
    for to, layer in zip(copy.layers, model.layers, strict=True):
        to.set_weights(layer.get_weights())
    if "whole" in path.name:
        copy.save(path)
    else:
        copy.save_weights(path)


def save_as_keras_1(model, path):
    """What the ImageNet files of Keras look like: names of 2016, no versions."""
    layers = ["input_2"] + [layer.name for layer in model.layers]
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([n.encode() for n in layers])
        for name in layers:
            file.create_group(name).attrs["weight_names"] = []
        for name, (kernel, bias) in weights_of(model).items():
            names = [f"{name}_W_1:0", f"{name}_b_1:0"]
            file[name].attrs["weight_names"] = np.array(
                [n.encode() for n in names]
            )
            file[name][names[0]] = kernel
            file[name][names[1]] = bias


WRITERS = {
    "keras3-whole.h5": save,
    "keras3.weights.h5": save,
    "keras3-nested.h5": save_nested,
    "keras3-nested.weights.h5": save_nested,
    "keras2-whole.h5": save_with_tf_keras,
    "keras2.h5": save_with_tf_keras,
    "keras1.h5": save_as_keras_1,
}


@pytest.mark.parametrize("name", WRITERS)
def test_kw_train_loads_what_keras_saves(drawn, reference, work, name):
    model, _ = reference
    path, ours = work / name, work / f"from-{name}"
    WRITERS[name](model, path)
    try:
        done = train(
            drawn, path, ours, "--lr", 0, "--freeze", 22, "--batch", 19
        )
        assert "(16 convolutions), " in done.stderr
        assert "missing" not in done.stderr
        assert_same_weights(keras.models.load_model(ours), weights_of(model))
        images, _, names = read_split(drawn, "test")
        folder = drawn.with_suffix("") / "test"
        assert_same_predictions(
            predictions(ours, folder, names),
            model.predict(images, verbose=0),
            CLASSES,
        )
    finally:
        path.unlink()
        ours.unlink(missing_ok=True)


def test_kw_train_loads_weights_without_a_top(drawn, reference, work):
    model, _ = reference
    path, ours = work / "notop.h5", work / "from-notop.h5"
    body = keras.Sequential([keras.Input((*SIZE, 3)), *model.layers[:-4]])
    body.save(path)
    done = train(drawn, path, ours, "--lr", 0, "--freeze", 22, "--batch", 19)
    assert (
        "loaded block1_conv1 ... block5_conv4 (16 convolutions); missing "
        in done.stderr
    )
    ours = weights_of(keras.models.load_model(ours))
    for name, (kernel, bias) in weights_of(body).items():
        np.testing.assert_array_equal(ours[name][0], kernel)
        np.testing.assert_array_equal(ours[name][1], bias)
    # Keras's own start: glorot uniform kernels, biases of zero.
    kernel, bias = ours["dense_1"]
    limit = math.sqrt(6 / sum(kernel.shape))
    assert 0.9 * limit < np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / math.sqrt(3), rel=0.05)
    assert not bias.any()


def test_kw_train_refuses_a_model_that_is_not_vgg19(drawn, work):
    path = work / "other.h5"
    model = keras.Sequential([keras.Input((*SIZE, 3))])
    for _ in range(13):
        model.add(keras.layers.Conv2D(4, 3, padding="same"))
    model.save(path)
    done = run("kw-train", "--weights", path, "-f", "-o", work / "no.h5", drawn,
               ok=1)  # fmt: skip
    assert "has 13 convolutions, VGG19 has 16" in done.stderr
    assert not (work / "no.h5").exists()


# ---- training


@pytest.mark.parametrize("freeze", [0, 5, 17])
def test_ten_steps_of_sgd_agree(drawn, reference, work, freeze):
    _, start = reference
    path = work / "steps.h5"
    done = train(
        drawn, start, path, "-v", "--no-shuffle", "--dropout", 0,
        "--l2", 0.01, "--lr", 1e-4, "--momentum", 0.9, "--batch", 4,
        "--freeze", freeze,
    )  # fmt: skip
    model = keras.models.load_model(start)
    before = weights_of(model)
    frozen = [layer.name for layer in model.layers[: max(freeze - 1, 0)]]
    for name in frozen:
        model.get_layer(name).trainable = False
    model.compile(
        keras.optimizers.SGD(1e-4, momentum=0.9),
        loss="sparse_categorical_crossentropy",
    )
    images, labels, _ = read_split(drawn, "train")
    assert len(labels) % 4 != 0  # the last batch is a partial one
    theirs = keras_steps(model, images, labels, 4)
    ours = step_losses(done.stderr)
    assert len(ours) == 10
    np.testing.assert_allclose(ours[:2], theirs[:2], rtol=1e-5)
    np.testing.assert_allclose(ours, theirs, rtol=1e-3)

    theirs, ours = weights_of(model), weights_of(keras.models.load_model(path))
    assert ours.keys() == theirs.keys()
    for name, values in theirs.items():
        for a, b, old in zip(ours[name], values, before[name], strict=True):
            if name in frozen:
                np.testing.assert_array_equal(a, old, err_msg=name)
            else:
                assert_same_change(a, b, old, name)


def test_the_first_loss_of_the_seed_head(drawn, work):
    """0.01 * 1024 * 1024 * (variance of a glorot kernel, 1/1024) + ln 2"""
    path = work / "glorot.h5"
    vgg19(initializer="glorot_uniform").save(path)
    done = run(
        "kw-train", "-v", "--weights", path, "--head", "1024,1024",
        "--epochs", 1, "-f", "-o", work / "first.h5", drawn,
    )  # fmt: skip
    assert step_losses(done.stderr)[0] == pytest.approx(
        10.24 + math.log(2), abs=0.05
    )
