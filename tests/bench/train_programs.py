"""The programs that train.py compares: each has step(), seconds a step."""

import csv
import os
import pathlib
import statistics
import subprocess
import sys
import time

import measure
import vgg19
from measure import BIN

HERE = pathlib.Path(__file__).parent
SIZE = int(os.environ["KW_SIZE"])
CLASSES = 2
# Steps that a peer takes in each round; the first one warms up.
STEPS = 3


class Peer:
    """A program of train_peers.py, which waits between its turns."""

    def __init__(self, peer, kind, freeze):
        self.name = f"{peer} {kind} {freeze}"
        self.command = [sys.executable, "-W", "ignore"]
        self.command += [HERE / "train_peers.py", peer, kind]
        self.command += [str(SIZE), str(CLASSES), freeze]

    def start(self):
        """Until it has taken a step; False where it cannot."""
        print(f"bench: starting {self.name}", file=sys.stderr)
        self.process = subprocess.Popen(
            measure.with_peak(self.command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if self.process.stdout.readline() == "ready\n":
            return True
        self.process.communicate()
        return False

    def step(self):
        print(STEPS, file=self.process.stdin, flush=True)
        seconds = self.process.stdout.readline().split()
        return statistics.median(map(float, seconds[1:]))

    def end(self):
        """Let it end: its peak memory in MB."""
        out, _ = self.process.communicate()
        return int(out) * 1024 / 1e6


class Trainer:
    """A run of kw-train in each turn.

    `epochs`: those after the first count, by what the log says.
    """

    def __init__(self, dataset, epochs, scratch, *options):
        self.model = scratch / "model.h5"
        self.log = scratch / "log"
        self.memory = 0.0
        self.command = [BIN / "kw-train", "-q", "-f", "--weights=none"]
        self.command += [f"--epochs={epochs}", f"--log-dir={self.log}"]
        self.command += [*options, "-o", self.model, dataset]

    def step(self):
        done = subprocess.run(
            measure.with_peak(self.command), capture_output=True, text=True
        )
        if done.returncode != 0:
            sys.exit(done.stderr)
        self.memory = max(self.memory, int(done.stdout) * 1024 / 1e6)
        with open(self.log / "metrics.csv") as file:
            rows = list(csv.DictReader(file))
        rates = [float(row["images_per_second"]) for row in rows[1:]]
        return vgg19.BATCH / statistics.median(rates)

    def end(self):
        """Its peak memory in MB."""
        return self.memory


class Limit:
    """train-limit in each turn, and sums of what it printed."""

    def __init__(self, *options):
        self.command = [BIN / "train-limit", f"-s{SIZE}", f"-c{CLASSES}"]
        self.command += options
        self.rounds = []

    def step(self):
        """What it returns is not the limit, but how long that took."""
        begin = time.perf_counter()
        times = {}
        out = subprocess.check_output(self.command, text=True)
        for line in out.splitlines():
            layer, what_for, what, kernel, seconds = line.split("\t")
            times[layer, what_for, what] = float(seconds), kernel
        self.rounds.append(times)
        return time.perf_counter() - begin

    def passes(self):
        """(layer, pass), in their order."""
        return list(dict.fromkeys(key[:2] for key in self.rounds[0]))

    def fastest(self, layer, what_for, kind=""):
        """The fastest way in the median: its name, its seconds in each round.

        `kind`: f32 or bf16 for those alone.
        """
        ways = {
            key[2]: [times[key][0] for times in self.rounds]
            for key in self.rounds[0]
            if key[:2] == (layer, what_for) and key[2].startswith(kind)
        }
        return min(ways.items(), key=lambda way: statistics.median(way[1]))

    def seconds(self, kind=""):
        """The sum of what is fastest, in each round."""
        each = [self.fastest(*key, kind)[1] for key in self.passes()]
        return [sum(seconds) for seconds in zip(*each, strict=True)]

    def bandwidth(self):
        """As text, of the last round."""
        return self.rounds[-1]["update", "update", "f32"][1]


class Predictor:
    """kw-predict in each turn: seconds for all photos."""

    # Bytes, more than kw-predict takes.
    MEMORY = 1 << 30

    def __init__(self, model, *what):
        self.command = [BIN / "kw-predict", "-q", model, *what]

    def step(self):
        measure.free_memory(self.MEMORY)
        begin = time.perf_counter()
        subprocess.run(self.command, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begin
