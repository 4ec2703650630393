"""
Weights in and out of PyTorch: what kw-train exports predicts the same there,
and weights with torchvision's names predict the same here.
"""

import csv

import numpy as np
import pytest

from vgg import (
    CLASSES, drawn, read_split, reference, run, train, work,
)  # fmt: skip

torch = pytest.importorskip("torch")
safetensors = pytest.importorskip("safetensors.torch")

# Convolutions of torchvision's vgg19().features, whose state these files hold.
CONFIGURATION = [64, 64, "M", 128, 128, "M"] + [256] * 4 + ["M"]
CONFIGURATION += ([512] * 4 + ["M"]) * 2


class VGG19(torch.nn.Module):
    """torchvision's vgg19(), with another classifier and no adaptive pool."""

    def __init__(self, size, head, classes):
        super().__init__()
        layers, channels = [], 3
        for filters in CONFIGURATION:
            if filters == "M":
                layers.append(torch.nn.MaxPool2d(2))
                continue
            layers.append(torch.nn.Conv2d(channels, filters, 3, padding=1))
            layers.append(torch.nn.ReLU())
            channels = filters
        self.features = torch.nn.Sequential(*layers)
        units = [512 * (size[0] // 32) * (size[1] // 32), *head, classes]
        linear = [torch.nn.Linear(a, b) for a, b in zip(units, units[1:])]
        self.classifier = torch.nn.Sequential(
            linear[0], torch.nn.ReLU(), torch.nn.Dropout(),
            linear[1], torch.nn.ReLU(), torch.nn.Dropout(),
            linear[2],
        )  # fmt: skip

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


def probabilities(model, images):
    with torch.no_grad():
        x = torch.from_numpy(images).permute(0, 3, 1, 2)
        return torch.softmax(model.eval()(x), 1).numpy()


def predicted(model, dataset, names):
    """Of the pictures of the test split, the probability of each class."""
    folder = dataset.with_suffix("") / "test"
    lines = run(
        "kw-predict", "--top", 2, model, *(folder / n for n in names)
    ).stdout
    rows = {}
    for row in csv.reader(lines.splitlines(), delimiter="\t"):
        cells = row[1:]
        rows.setdefault(row[0], {}).update(
            {a: float(b) for a, b in zip(cells[::2], cells[1::2])}
        )
    return np.array(
        [[rows[str(folder / n)][c] for c in CLASSES] for n in names]
    )


def test_pytorch_predicts_the_same_from_an_export(drawn, reference, work):
    model, weights = work / "exported.h5", work / "exported.safetensors"
    train(drawn, reference[1], model, "--lr", "1e-3", "--export", weights)
    network = VGG19((32, 48), (24, 16), 2)
    network.load_state_dict(safetensors.load_file(weights))
    images, _, names = read_split(drawn, "test")
    theirs = probabilities(network, images)
    assert np.ptp(theirs[:, 0]) > 1e-2
    np.testing.assert_allclose(
        predicted(model, drawn, names), theirs, atol=1e-4
    )


@pytest.mark.parametrize("type", [torch.float32, torch.bfloat16])
def test_weights_with_the_names_of_torchvision(drawn, work, type):
    """Loaded, not trained: predictions are those of PyTorch."""
    torch.manual_seed(5)
    network = VGG19((32, 48), (24, 16), 2)
    for layer in network.modules():
        if isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear)):
            torch.nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
    network.to(type).float()
    weights, model = work / "torch.safetensors", work / "from-torch.h5"
    safetensors.save_file(
        {k: v.to(type) for k, v in network.state_dict().items()}, weights
    )
    network.to(type).float()
    train(drawn, weights, model, "--lr", 0, "--freeze", 22, "--batch", 19)
    images, _, names = read_split(drawn, "test")
    theirs = probabilities(network.to(type).to(torch.float32), images)
    np.testing.assert_allclose(
        predicted(model, drawn, names), theirs, atol=1e-4
    )
