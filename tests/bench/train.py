"""kw-train and kw-predict against oneDNN's bare operations, PyTorch and Keras.

python3 train.py FOLDER PHOTOS: where tests/bench/run has drawn the photos, and
how many they are.
"""

import importlib.metadata
import pathlib
import re
import statistics
import subprocess
import sys

import measure
import plot
import vgg19
from measure import BIN, CORES, speed, table
from train_programs import SIZE, Limit, Peer, Predictor, Trainer
from vgg19 import BATCH

PHOTOS = pathlib.Path(sys.argv[1]) / f"web-{sys.argv[2]}"
N_PHOTOS = int(sys.argv[2])
PREDICT_BATCH = 8
# Photos that kw-predict gets to see how long its start and end take.
FEW = PREDICT_BATCH
# Photos and epochs of a run of kw-train: the first epoch warms up and, where layers are
# frozen, may compute what the others use again.
TRAINED = 8 * BATCH
EPOCHS = 3

# Name -> what it is in train_peers.py.
PEERS = {
    "PyTorch, channels last": "torch",
    "PyTorch, contiguous": "torch_contiguous",
    "PyTorch, compiled": "torch_compiled",
    "Keras": "keras",
    "Keras, compiled": "keras_compiled",
}
CACHED = {
    "PyTorch, channels last": "torch_cached",
    "PyTorch, contiguous": "torch_cached_contiguous",
    "PyTorch, compiled": "torch_cached_compiled",
}
KW = "kw-train"
KW_F32 = "kw-train --precision f32"
LIMIT = "limit"
LIMIT_F32 = "limit, f32"


def has_bf16():
    """Natively: what has to emulate it is slower with it."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    flags = re.search(r"^flags\s*: (.*)$", text, re.MULTILINE)
    has = set(flags[1].split()) if flags else set()
    return not has.isdisjoint({"avx512_bf16", "amx_bf16"})


TYPES = ("f32", "bf16") if has_bf16() else ("f32",)
# Peers that could not start.
left_out = []


# ---- what they work on


def take(n, scratch):
    """A tree with n of the photos."""
    tree = scratch / f"{n}-photos"
    for folder in PHOTOS.iterdir():
        (tree / folder.name).mkdir(parents=True)
        for photo in sorted(folder.iterdir())[: n // 2]:
            (tree / folder.name / photo.name).symlink_to(photo.resolve())
    return tree


def prepare(photos):
    """A dataset of all photos, to be trained with."""
    out = photos.with_suffix(".h5")
    command = [BIN / "kw-prep", "-q", f"--size={SIZE}", "--split=100/0/0"]
    subprocess.run([*command, "-o", out, photos], check=True)
    return out


# ---- rounds


def start(peers, freeze):
    """Those that can start: name -> Peer."""
    started = {}
    for name, peer in peers.items():
        for kind in TYPES:
            program = Peer(peer, kind, freeze)
            if program.start():
                started[f"{name}, {kind}"] = program
            else:
                left_out.append(f"{name}, {kind}")
    return started


class Comparison:
    """Of a recipe: seconds a step in each round, and peak memory in MB."""

    def __init__(self, data, epochs, freeze, first, peers):
        """`first`: the first layer that has to be computed in each step."""
        scratch = data.parent
        trained = next(iter(vgg19.split(freeze)[1]), "dense_1")
        ours = [data, epochs, scratch, f"--freeze={freeze}"]
        self.limit = Limit(f"-b{BATCH}", f"-f{first}", f"-t{trained}")
        self.peers = start(peers, freeze)
        programs = {KW: Trainer(*ours)}
        if "bf16" in TYPES:
            programs[KW_F32] = Trainer(*ours, "--precision=f32")
        programs |= self.peers | {LIMIT: self.limit}
        steps = {name: program.step for name, program in programs.items()}
        self.seconds = measure.rounds(steps)
        self.memory = {
            name: program.end()
            for name, program in programs.items()
            if name != LIMIT
        }
        self.seconds[LIMIT] = self.limit.seconds()
        if "bf16" in TYPES:
            self.seconds[LIMIT_F32] = self.limit.seconds("f32")

    def speed(self, name, ours=KW):
        """How many times as fast are we?"""
        return speed(self.seconds[ours], self.seconds[name])

    def best_peer(self, kind=""):
        names = [name for name in self.peers if name.endswith(kind)]
        return min(names, key=lambda n: statistics.median(self.seconds[n]))

    def images(self, name):
        """A second."""
        return BATCH / statistics.median(self.seconds[name])

    def table(self, title):
        head = [title, "images a second", "ms a step"]
        head += ["speed of kw-train / its", "peak memory, MB"]
        rows = []
        for name, seconds in self.seconds.items():
            ms = f"{1e3 * statistics.median(seconds):.1f}"
            mb = f"{self.memory[name]:.0f}" if name in self.memory else ""
            ratio = f"{self.speed(name):.2f}"
            rows.append([name, f"{self.images(name):.2f}", ms, ratio, mb])
        return table(head, rows)

    def panel(self, title):
        """For the plot."""
        bars = {n: self.images(n) for n in [KW, *self.peers]}
        return title, bars, self.images(LIMIT)


# ---- kw-predict


class Prediction:
    """Seconds a photo of kw-predict in each round; names end in a type."""

    def __init__(self, model, whole, few):
        """`whole` and `few`: (a tree of photos, the dataset of them)."""
        kinds = {
            "a folder of photos": [[tree] for tree, _ in (whole, few)],
            "a dataset": [["--split=train", data] for _, data in (whole, few)],
        }
        limit = Limit(f"-b{PREDICT_BATCH}")
        programs = {LIMIT: limit.step}
        for kind in TYPES:
            option = f"--precision={kind}"
            for name, (all_of_it, part) in kinds.items():
                for what, suffix in ((all_of_it, ""), (part, ", few")):
                    program = Predictor(model, option, *what)
                    programs[f"{name}, {kind}{suffix}"] = program.step
        seconds = measure.rounds(programs)
        self.seconds = {}
        self.start = {}
        for kind in TYPES:
            for name in (f"{name}, {kind}" for name in kinds):
                few_seconds = seconds[f"{name}, few"]
                both = zip(seconds[name], few_seconds, strict=True)
                self.seconds[name] = [
                    (a - b) / (N_PHOTOS - FEW) for a, b in both
                ]
                self.start[name] = statistics.median(few_seconds)
            self.seconds[f"{LIMIT}, {kind}"] = [
                s / PREDICT_BATCH for s in limit.seconds(kind)
            ]

    def names(self):
        return list(self.start)

    def limit(self, name):
        """That of its type."""
        return f"{LIMIT}, {name.split(', ')[-1]}"

    def speed(self, name):
        """Against the limit."""
        return speed(self.seconds[name], self.seconds[self.limit(name)])

    def table(self):
        head = ["kw-predict", "photos a second", "speed / the limit's"]
        head += [f"s for {FEW} photos, start and end included"]
        rows = []
        for name, seconds in self.seconds.items():
            rate = f"{1 / statistics.median(seconds):.2f}"
            start = f"{self.start[name]:.2f}" if name in self.start else ""
            rows.append([name, rate, f"{self.speed(name):.2f}", start])
        return table(head, rows)


# ---- tables


def goals(seed, frozen, prediction):
    """What is wanted, and what is reached."""
    peer = seed.best_peer()
    rows = [
        ["seed recipe: kw-train / limit", "0.85", seed.speed(LIMIT)],
        [f"seed recipe: kw-train / {peer}", "1.15", seed.speed(peer)],
    ]
    if "bf16" in TYPES:
        peer = seed.best_peer("f32")
        rows += [
            [f"seed recipe: {KW_F32} / {LIMIT_F32}", "",
             seed.speed(LIMIT_F32, KW_F32)],
            [f"seed recipe: {KW_F32} / {peer}", "1.1",
             seed.speed(peer, KW_F32)],
        ]  # fmt: skip
    for freeze, comparison in frozen.items():
        peer = comparison.best_peer()
        rows += [
            [f"--freeze {freeze}: kw-train / limit", "0.85",
             comparison.speed(LIMIT)],
            [f"--freeze {freeze}: kw-train / {peer}, cached features", "1.5",
             comparison.speed(peer)],
        ]  # fmt: skip
    for name in prediction.names():
        what = f"kw-predict, {name} / {prediction.limit(name)}"
        rows.append([what, "0.9", prediction.speed(name)])
    rows = [[what, least, f"{ratio:.2f}"] for what, least, ratio in rows]
    return table(["speed", "wanted", f"{CORES} cores"], rows)


def memory_goals(seed):
    rows = []
    for framework in ("PyTorch", "Keras"):
        least = min(
            (mb, name)
            for name, mb in seed.memory.items()
            if name.startswith(framework)
        )
        ratio = f"{seed.memory[KW] / least[0]:.2f}"
        rows.append([f"kw-train / {least[1]}", "1", ratio])
    return table(["peak memory, seed recipe", "at most", "reached"], rows)


def layers(limit):
    """Where the limit comes from: the fastest way of each layer and pass."""
    names = {
        "forward": ("inference", "forward"),
        "gradient of the data": ("data",),
        "gradient of the weights": ("weights",),
        "update": ("update",),
    }
    times = {}
    for layer, what_for in limit.passes():
        way, seconds = limit.fastest(layer, what_for)
        ms = 1e3 * statistics.median(seconds)
        column = next(c for c, passes in names.items() if what_for in passes)
        times.setdefault(layer, {})[column] = f"{ms:.2f} ({way})"
    columns = list(names)[:-1]
    rows = [
        [layer, *(cells.get(column, "") for column in columns)]
        for layer, cells in times.items()
        if layer != "update"
    ]
    update = times["update"]["update"].split()[0]
    rows.append([f"update, memory at {limit.bandwidth()}", "", "", update])
    return table(["limit, seed recipe, ms", *columns], rows)


def tables(scratch):
    data = prepare(take(TRAINED, scratch))
    seed = Comparison(data, EPOCHS, vgg19.SEED, "block1_conv1", PEERS)
    frozen = {
        freeze: Comparison(data, EPOCHS, freeze, first, CACHED)
        for freeze, first in vgg19.FROZEN.items()
    }
    whole = take(N_PHOTOS, scratch / "whole")
    part = take(FEW, scratch / "part")
    prediction = Prediction(
        scratch / "model.h5",
        (whole, prepare(whole)),
        (part, prepare(part)),
    )
    measure.publish_picture(
        plot.bars(
            "images a second",
            [
                seed.panel("seed recipe"),
                *(
                    comparison.panel(f"--freeze {freeze}, later epochs")
                    for freeze, comparison in frozen.items()
                ),
            ],
        )
    )
    return [
        goals(seed, frozen, prediction),
        memory_goals(seed),
        seed.table(f"seed recipe, {SIZE} x {SIZE}, batch {BATCH}"),
        *(
            comparison.table(f"--freeze {freeze}, later epochs")
            for freeze, comparison in frozen.items()
        ),
        prediction.table(),
        layers(seed.limit),
    ]


def onednn():
    """The one that kw uses, with its version."""
    text = subprocess.check_output([BIN / "train-limit", "-V"], text=True)
    return text.strip()


def introduction(busy):
    version = importlib.metadata.version
    about = measure.machine(
        onednn(),
        f"PyTorch {version('torch')}",
        f"TensorFlow {version('tensorflow-cpu')}",
        f"Keras {version('keras')}",
    )
    native = "natively" if "bf16" in TYPES else "not, so it is left out"
    what = measure.paragraph(
        f"VGG19 at {SIZE} x {SIZE} with the head of the seed recipe (dense "
        "1024, dropout, dense 1024 with L2, softmax), SGD with momentum, "
        f"batches of {BATCH}, on all cores.  The seed recipe trains what is "
        f"above {vgg19.SEED}; with --freeze, what counts are the epochs after "
        "the first.  The limit is the sum of oneDNN's bare operations, the "
        "fastest of each layer and pass in any algorithm and layout, repeated "
        "alone, and of the update: 5 floats moved a parameter at the "
        "bandwidth of a triad in place (a = s a + b, 3 floats counted) over "
        "arrays as large as the parameters.  It is what oneDNN allows, and no "
        "bound: our own kernels take fewer multiplications, and in bf16 the "
        "gradients of large dense layers are never written.  kw-train is the "
        "whole program, as timed in its metrics.csv: it also reads and converts its images.  "
        "kw-predict reads, decodes on the same cores, and prints; its start "
        f"is left out, as the time of {FEW} photos is subtracted."
        f"{measure.caution(busy)}"
    )
    peers = measure.paragraph(
        "A peer is a process of its own and waits while others have their "
        "turn; it gets the same images each time, which lie ready in memory, "
        "takes a step to warm up and two that count.  PyTorch runs its frozen "
        "layers without gradients, and SGD is fused; compiled is "
        "torch.compile, in channels last, and jit_compile=True (XLA) of "
        "Keras, which runs on TensorFlow with oneDNN.  For --freeze, PyTorch "
        "gets what the frozen layers give, computed before.  bf16: this CPU "
        f"has it {native}.  Peak memory is that of a whole run, a "
        "peer's start and compilation included."
        + (f"  Could not start: {'; '.join(left_out)}." if left_out else "")
    )
    return [about, what, peers]


def main():
    begin = measure.machine_use()
    with measure.scratch_folder() as scratch:
        measured = tables(scratch)
    busy = measure.others_are_busy(begin)
    picture = "![Images a second](benchmarks.svg)\n"
    text = [*introduction(busy), picture, *measured]
    measure.publish("kw-train and kw-predict", "\n".join(text))


if __name__ == "__main__":
    main()
