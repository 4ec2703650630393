"""What kw-train is measured against, each in a process and on all cores.

python3 train_peers.py PEER TYPE SIZE CLASSES FREEZE: makes VGG19 with the head
of the seed recipe, frozen up to the layer FREEZE, in float32 or mixed with bf16
(TYPE: f32, bf16), takes a step, and prints "ready".  Then reads numbers from
standard input: for N it takes N steps and prints the seconds of each.

Each step gets the same images, which lie ready in memory: nothing is read,
converted or shuffled.
"""

import os
import sys
import time

import numpy as np
import vgg19

SEED = 42


def draw(shape, classes):
    """A batch of images or features, n,h,w,c, and its labels."""
    random = np.random.default_rng(SEED)
    images = random.random((vgg19.BATCH, *shape), np.float32)
    return images, random.integers(classes, size=vgg19.BATCH)


# ---- PyTorch


def torch_layers(names, channels):
    from torch import nn

    layers = []
    for name in names:
        filters = vgg19.BODY[name]
        if filters == 0:
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
        channels = filters
    return layers


def torch_head(features, classes):
    from torch import nn

    return [
        nn.Flatten(),
        nn.Linear(features, vgg19.HEAD),
        nn.ReLU(),
        nn.Dropout(vgg19.DROPOUT),
        nn.Linear(vgg19.HEAD, vgg19.HEAD),
        nn.ReLU(),
        nn.Linear(vgg19.HEAD, classes),
    ]


def torch_optimizer(trained):
    """SGD with momentum; the L2 penalty is one on the last hidden layer."""
    import torch

    penalised = trained[-3].weight
    others = [p for p in trained.parameters() if p is not penalised]
    return torch.optim.SGD(
        [
            {"params": [penalised], "weight_decay": 2 * vgg19.L2},
            {"params": others},
        ],
        lr=vgg19.RATE,
        momentum=vgg19.MOMENTUM,
        fused=True,
    )


def torch_peer(
    kind, size, classes, freeze, *, order="channels_last", cached=False,
    compiled=False,
):  # fmt: skip
    """`cached`: fed with what the frozen layers give, computed before."""
    import torch
    from torch import nn

    torch.manual_seed(SEED)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    below, above = vgg19.split(freeze)
    fed = vgg19.shape(freeze, size)
    end = np.prod(vgg19.shape(list(vgg19.BODY)[-1], size))
    layers = torch_layers(above, fed[2]) + torch_head(int(end), classes)
    order = getattr(torch, order)
    trained = nn.Sequential(*layers).to(memory_format=order)
    frozen = nn.Sequential(*torch_layers([] if cached else below, 3))
    frozen.to(memory_format=order).requires_grad_(False)
    images, labels = draw(fed if cached else (size, size, 3), classes)
    images = torch.from_numpy(images).permute(0, 3, 1, 2)
    images = images.contiguous(memory_format=order)
    labels = torch.from_numpy(labels)
    optimizer = torch_optimizer(trained)
    prefix, rest = frozen, trained
    if compiled:
        prefix, rest = torch.compile(frozen), torch.compile(trained)

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=kind == "bf16"):
            with torch.no_grad():
                features = images if cached else prefix(images)
            logits = rest(features)
        loss = nn.functional.cross_entropy(logits.float(), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


# ---- Keras


def keras_layers(classes):
    from keras import layers, regularizers

    for name, filters in vgg19.BODY.items():
        if filters == 0:
            yield layers.MaxPooling2D(name=name)
        else:
            yield layers.Conv2D(
                filters, 3, padding="same", activation="relu", name=name
            )
    yield layers.Flatten()
    yield layers.Dense(vgg19.HEAD, activation="relu")
    yield layers.Dropout(vgg19.DROPOUT)
    yield layers.Dense(
        vgg19.HEAD,
        activation="relu",
        kernel_regularizer=regularizers.L2(vgg19.L2),
    )
    yield layers.Dense(classes, activation="softmax", dtype="float32")


def keras_peer(kind, size, classes, freeze, *, jit):
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    import keras

    keras.utils.set_random_seed(SEED)
    if kind == "bf16":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    model = keras.Sequential(
        [keras.Input((size, size, 3)), *keras_layers(classes)]
    )
    for name in vgg19.split(freeze)[0]:
        model.get_layer(name).trainable = False
    model.compile(
        keras.optimizers.SGD(vgg19.RATE, momentum=vgg19.MOMENTUM),
        loss="sparse_categorical_crossentropy",
        jit_compile=jit,
    )
    images, labels = draw((size, size, 3), classes)
    return lambda: float(model.train_on_batch(images, labels))


# Name -> how it is made, and its settings.
PEERS = {
    "torch": (torch_peer, {}),
    "torch_contiguous": (torch_peer, {"order": "contiguous_format"}),
    "torch_compiled": (torch_peer, {"compiled": True}),
    "torch_cached": (torch_peer, {"cached": True}),
    "torch_cached_contiguous": (
        torch_peer,
        {"cached": True, "order": "contiguous_format"},
    ),
    "torch_cached_compiled": (torch_peer, {"cached": True, "compiled": True}),
    "keras": (keras_peer, {"jit": False}),
    "keras_compiled": (keras_peer, {"jit": True}),
}


def take(step, n):
    """The seconds of each of n steps."""
    seconds = []
    for _ in range(n):
        begin = time.perf_counter()
        loss = step()
        seconds.append(time.perf_counter() - begin)
        if not np.isfinite(loss):
            sys.exit(f"{sys.argv[1]}: the loss is {loss}")
    return seconds


def main():
    peer, kind, size, classes, freeze = sys.argv[1:]
    make, settings = PEERS[peer]
    step = make(kind, int(size), int(classes), freeze, **settings)
    step()
    print("ready", flush=True)
    for line in sys.stdin:
        print(*take(step, int(line)), flush=True)


if __name__ == "__main__":
    main()
