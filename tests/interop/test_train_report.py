"""
What kw-train says of a training against scikit-learn, TensorBoard's own reader
and Keras: the test report, the logs, and the order of colours.
"""

import csv
import json

import h5py
import numpy as np
import pytest
from sklearn import metrics

from vgg import (
    CLASSES, SIZE, drawn, keras, read_split, reference, run, train, work,
    vgg19,
)  # fmt: skip

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def reported(work, drawn, reference):
    """(Keras's model of what was trained, the report, the log folder)"""
    model, summary = work / "reported.h5", work / "reported.json"
    log = work / "reported-log"
    run(
        "kw-train", "-q", "-f", "--weights", reference[1], "--head", "24,16",
        "--lr", 1e-3, "--epochs", 3, "--patience", 0, "--freeze", 17,
        "--precision", "f32", "--summary", summary, "--log-dir", log, "-o", model, drawn,
    )  # fmt: skip
    report = json.loads(summary.read_text())
    return keras.models.load_model(model), report, log, model


@pytest.fixture(scope="module")
def judged(reported, drawn):
    """(labels, probabilities) of the test images, by Keras"""
    images, labels, _ = read_split(drawn, "test")
    return labels, reported[0].predict(images, verbose=0)


def test_the_test_report_is_that_of_scikit_learn(reported, judged):
    report = reported[1]
    labels, p = judged
    guess = p.argmax(1)
    np.testing.assert_array_equal(
        report["confusion"], metrics.confusion_matrix(labels, guess)
    )
    assert report["accuracy"] == pytest.approx(
        metrics.accuracy_score(labels, guess)
    )
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        labels, guess, zero_division=0
    )
    for k, row in enumerate(report["classes"]):
        assert row["name"] == CLASSES[k]
        assert row["precision"] == pytest.approx(precision[k])
        assert row["recall"] == pytest.approx(recall[k])
        assert row["f1"] == pytest.approx(f1[k])
        assert row["support"] == support[k]
    assert report["macro"]["f1"] == pytest.approx(f1.mean())


def test_the_loss_and_the_calibration_of_the_report(reported, judged):
    model, report = reported[0], reported[1]
    labels, p = judged
    loss = metrics.log_loss(labels, p.astype(np.float64))
    assert report["loss"] == pytest.approx(
        loss + float(sum(model.losses)), rel=1e-4
    )
    top, right = p.max(1).astype(np.float64), p.argmax(1) == labels
    bins = np.minimum((np.ceil(top * 15) - 1).astype(int), 14)
    error = sum(
        abs(right[bins == b].mean() - top[bins == b].mean())
        * (bins == b).mean()
        for b in np.unique(bins)
    )
    assert report["calibration"]["error"] == pytest.approx(error, abs=1e-3)
    assert report["calibration"]["confidence"] == pytest.approx(
        top.mean(), abs=1e-4
    )


def test_the_report_is_in_the_model(reported):
    with h5py.File(reported[3]) as file:
        stored = json.loads(file.attrs["kw_metrics"])
    assert stored["test"] == reported[1]


def scalars(folder):
    """{tag: [(step, value), ...]} by TensorBoard's own reader."""
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    tags = events.Tags()
    return {
        tag: [(e.step, e.value) for e in events.Scalars(tag)]
        for tag in tags["scalars"]
    }, {tag: events.Images(tag) for tag in tags["images"]}


def test_tensorboard_reads_what_was_logged(reported):
    log = reported[2]
    with open(log / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(log / "metrics.jsonl") as file:
        objects = [json.loads(line) for line in file]
    assert len(rows) == len(objects) == 3
    in_train, _ = scalars(log / "train")
    in_val, _ = scalars(log / "validation")
    for column, found, tag in [
        ("loss", in_train, "epoch_loss"),
        ("accuracy", in_train, "epoch_accuracy"),
        ("learning_rate", in_train, "epoch_learning_rate"),
        ("images_per_second", in_train, "images_per_second"),
        ("val_loss", in_val, "epoch_loss"),
        ("val_accuracy", in_val, "epoch_accuracy"),
    ]:
        for i, (row, (_, value)) in enumerate(zip(rows, found[tag], strict=True)):
            tolerance = 1e-2 if column == "images_per_second" else 1e-6
            assert value == pytest.approx(float(row[column]), rel=tolerance)
            assert objects[i][column] == pytest.approx(
                float(row[column]), rel=tolerance
            )
    _, pictures = scalars(log / "test")
    [picture] = pictures["confusion_matrix"]
    assert picture.encoded_image_string.startswith(b"\x89PNG")
    assert picture.width > 50 and picture.height > 50


def test_caffe_data_and_the_order_of_colours(work, drawn):
    """
    Keras's ImageNet weights eat blue, green, red, less means: VGG19 of Keras
    on preprocess_input() is kw on data that are standardised "caffe".
    """
    dataset, model = work / "caffe.h5", work / "caffe-model.h5"
    run(
        "kw-prep", "-q", "--size", f"{SIZE[0]}x{SIZE[1]}", "--standardize",
        "caffe", "-o", dataset, drawn.with_suffix(""),
    )  # fmt: skip
    start = vgg19()
    path = work / "bgr.h5"
    kernel, bias = start.get_layer("block1_conv1").get_weights()
    # Eats numbers around 100, not around 1.
    start.get_layer("block1_conv1").set_weights([kernel / 100, bias])
    start.save(path)
    done = train(
        dataset, path, model, "--lr", 0, "--freeze", 22, "--batch", 19
    )
    assert "blue" in done.stderr
    folder = drawn.with_suffix("") / "test"
    with h5py.File(dataset) as file:
        pixels = file["test/images"][:].astype(np.float32)
        names = [n.decode() for n in file["test/sources"][:]]
    theirs = start.predict(
        keras.applications.vgg19.preprocess_input(pixels.copy()), verbose=0
    )
    assert np.ptp(theirs[:, 0]) > 1e-2
    lines = run("kw-predict", model, *(folder / n for n in names)).stdout
    for row, p in zip(
        csv.reader(lines.splitlines(), delimiter="\t"), theirs, strict=True
    ):
        assert float(row[2]) == pytest.approx(
            p[CLASSES.index(row[1])], abs=1e-4
        )
    path.unlink()


def bf16_algorithms():
    """Those that this CPU has."""
    with open("/proc/cpuinfo") as file:
        flags = file.read()
    if "avx512_bf16" in flags:
        return ["winograd", "direct"]
    return ["direct"] if "amx_bf16" in flags else []


@pytest.mark.skipif(not bf16_algorithms(), reason="this CPU has no bf16")
def test_bf16_learns_as_f32_does(work, drawn, reference):
    """
    Two hundred steps: the loss curves lie within 2 %.  At the seed's rate and
    with its dropout they would not, nor would those of two float32 algorithms:
    training this network then makes 7 % of a rounding error.
    """
    losses, path = {}, work / "precision.h5"
    bf16 = [("bf16", algorithm) for algorithm in bf16_algorithms()]
    for precision, algorithm in [("f32", "direct"), *bf16]:
        log = work / f"{precision}-{algorithm}-log"
        run(
            "kw-train", "-q", "-f", "--weights", reference[1], "--head",
            "24,16", "--dropout", 0, "--l2", 0, "--lr", 1e-5, "--epochs", 20,
            "--patience", 0, "--monitor", "val_loss", "--precision", precision,
            "--algorithm", algorithm, "--log-dir", log, "-o", path, drawn,
        )  # fmt: skip
        with open(log / "metrics.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        losses[precision, algorithm] = np.array([float(r["loss"]) for r in rows])
    f32 = losses["f32", "direct"]
    assert len(f32) == 20
    # What they have learned is much more than what they may differ by.
    assert f32[-1] < 0.85 * f32[0]
    for way in bf16:
        np.testing.assert_allclose(losses[way], f32, rtol=2e-2, err_msg=way)

    # Learned in bf16, kept in float32: Keras predicts the same from it.
    images, _, names = read_split(drawn, "test")
    model = keras.models.load_model(path)
    p = model.predict(images, verbose=0)
    folder = drawn.with_suffix("") / "test"
    lines = run("kw-predict", path, *(folder / n for n in names)).stdout
    printed = csv.reader(lines.splitlines(), delimiter="\t")
    for row, theirs in zip(printed, p, strict=True):
        assert float(row[2]) == pytest.approx(
            theirs[CLASSES.index(row[1])], abs=1e-4
        )
    images, labels, _ = read_split(drawn, "val")
    p = model.predict(images, verbose=0).astype(np.float64)
    best = min(float(r["val_loss"]) for r in rows)
    assert best == pytest.approx(
        metrics.log_loss(labels, p / p.sum(1, keepdims=True)), rel=1e-2
    )
