"""kw-augment against its kernel alone, and the kernel against its peers.

python3 augment.py FOLDER PHOTOS MANY OPENCV4: where tests/bench/run has drawn
the photos, how many they are, and where it has put OpenCV 4.
"""

import functools
import importlib.metadata
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

import h5py
import measure
import numpy as np
from measure import BIN, CORES, speed, table

FOLDER = pathlib.Path(sys.argv[1])
PHOTOS, MANY = map(int, sys.argv[2:4])
OPENCV4 = sys.argv[4]
HERE = pathlib.Path(__file__).parent
COPIES = 5
SIZE = 224
# Bytes of all copies.
OF_COPIES = COPIES * PHOTOS * SIZE * SIZE * 3
# How many images a peer takes in turn, as many as warp-rate.
IMAGES = 64
# What KW_CPU limits kw to, best first, and the flags that a CPU needs for it.
INSTRUCTIONS = {
    "avx512": {"avx512f", "avx512bw", "avx512dq", "avx512vl"},
    "avx2": {"avx2"},
    "generic": set(),
}
KW_WHOLE = "kw-augment, the whole program"
KW_RATE = "kw-augment, without its start"
# Pages of 2 MB, which a plain tmpfs does not have: to get small ones takes
# about as long as the kernel.
HUGE = ", huge pages"
# The name of a peer, the one in augment_peers.py, and its environment.
WITH_OPENCV4 = {"PYTHONPATH": OPENCV4}
OPENCVS = {
    "OpenCV 4 warpAffine": ("opencv", WITH_OPENCV4),
    "OpenCV 5 warpAffine": ("opencv", {}),
}
WRITE = "limit: kernel and a bare write"
KERAS = "Keras 3 ImageDataGenerator"
PEERS = {
    **OPENCVS,
    "AlbumentationsX with OpenCV 4": ("albumentations", WITH_OPENCV4),
    "AlbumentationsX with OpenCV 5": ("albumentations", {}),
    "Pillow transform": ("pillow", {}),
    "PyTorch grid_sample, floats": ("torch_floats", {}),
    "PyTorch grid_sample, bytes": ("torch_bytes", {}),
    "PyTorch grid_sample, bytes, 32 at once": ("torch_batches", {}),
    "SciPy affine_transform, floats": ("scipy", {}),
    KERAS: ("keras", {}),
}
ABOUT_PEERS = (
    "The kernel draws how a copy varies, prepares the image once for its "
    "copies, and resamples bytes to bytes, with positions and weights to "
    "2^-15.  Only AlbumentationsX and Keras draw as well; the others get maps "
    "drawn before, the flip in them.  OpenCV 4 rounds positions to 1/32 of a "
    "pixel, OpenCV 5 does not.  Pillow leaves black what lies outside, where "
    "all others repeat the edge.  SciPy, Keras and PyTorch compute floats and "
    "keep them; `bytes` are converted to floats and back.  Each is a process "
    f"of its own with one thread, and takes {IMAGES} images in turn."
)


# ---- programs: seconds a copy, on one core and by its own clock


def run_alone(command, **environment):
    """The number that a program prints, which runs on one core."""
    environment = {**os.environ, **environment}
    with measure.one_core():
        return float(subprocess.check_output(command, env=environment))


def run_kernel(instructions, copies):
    """warp-rate prints copies a second."""
    command = [BIN / "warp-rate", f"-c{copies}"]
    return 1 / run_alone(command, KW_CPU=instructions)


def run_peer(peer, environment, pixels):
    command = [sys.executable, "-W", "ignore", HERE / "augment_peers.py"]
    return run_alone([*command, peer, pixels], **environment)


def write_copies(copy, out):
    with open(out, "wb", buffering=0) as file:
        for _ in range(COPIES * PHOTOS):
            file.write(copy)


def run_write(pixels, scratch):
    """What kw-augment cannot do without: a copy's way into the file."""
    copy, out = np.load(pixels)[0].tobytes(), scratch / "written"
    measure.free_memory(OF_COPIES)
    begin = time.process_time()
    write_copies(copy, out)
    seconds = time.process_time() - begin
    out.unlink()
    return seconds / (COPIES * PHOTOS)


# ---- programs: seconds for all copies, of CPU time or, on all cores, passed


def augment(dataset, out, *options):
    """The command; every image that it writes is a copy."""
    command = [BIN / "kw-augment", "-q", "--no-originals", *options]
    return [*command, "-o", out, dataset]


def run_augment(dataset, threads, scratch):
    out = scratch / "augmented.h5"
    clock = measure.cpu_time if threads == 1 else time.perf_counter
    command = augment(dataset, out, f"-j{threads}", f"-n{COPIES}")
    measure.free_memory(OF_COPIES)
    begin = clock()
    subprocess.run(command, check=True)
    seconds = clock() - begin
    out.unlink()
    return seconds


# ---- what they work on


def prepare(photos, out, size):
    """A dataset of all photos, to be trained with."""
    command = [BIN / "kw-prep", "-q", f"--size={size}", "--split=100/0/0"]
    subprocess.run([*command, "-o", out, photos], check=True)
    return out


def count(dataset):
    with h5py.File(dataset) as file:
        return len(file["train/images"])


def save_pixels(dataset, out):
    """The first images, for the peers."""
    with h5py.File(dataset) as file:
        pixels = file["train/images"][:IMAGES]
    # The same few again where there are fewer: one has to be in each batch.
    np.save(out, np.resize(pixels, (IMAGES, *pixels.shape[1:])))
    return out


def check_copies(dataset, scratch):
    """Does kw-augment make what its seconds are divided by?"""
    out = scratch / "augmented.h5"
    subprocess.run(augment(dataset, out, f"-n{COPIES}"), check=True)
    made, wanted = count(out), COPIES * count(dataset)
    out.unlink()
    if made != wanted:
        sys.exit(f"bench: kw-augment made {made} images, not {wanted}")


def instruction_sets():
    """Those of INSTRUCTIONS that this CPU has, best first."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    flags = re.search(r"^flags\s*: (.*)$", text, re.MULTILINE)
    has = set(flags[1].split()) if flags else set()
    return [name for name, needed in INSTRUCTIONS.items() if needed <= has]


def kernel(copies, instructions=None):
    """The name of a kernel, by default of the best."""
    many = "1 copy" if copies == 1 else f"{copies} copies"
    instructions = instructions or instruction_sets()[0]
    return f"kernel, {instructions}, {many} of an image"


# ---- tables


def kernels():
    return {
        kernel(copies, name): functools.partial(run_kernel, name, copies)
        for name in instruction_sets()
        for copies in (1, COPIES)
    }


def rounds(programs, whole, few, threads, folders):
    """Seconds a copy in each round; kw-augment is one of the programs.

    It writes into each of the folders, whose keys are put behind its name.
    """
    ours = {}
    for behind, folder in folders.items():
        for name, dataset in ((KW_WHOLE, whole), (KW_RATE, few)):
            ours[name + behind] = functools.partial(
                run_augment, dataset, threads, folder
            )
    seconds = measure.rounds({**ours, **programs})
    n_whole, n_few = COPIES * count(whole), COPIES * count(few)
    for behind in folders:
        whole_times = seconds[KW_WHOLE + behind]
        both = zip(whole_times, seconds[KW_RATE + behind], strict=True)
        seconds[KW_RATE + behind] = [
            (a - b) / (n_whole - n_few) for a, b in both
        ]
        seconds[KW_WHOLE + behind] = [s / n_whole for s in whole_times]
    return seconds


def rate(times):
    return f"{1 / statistics.median(times):.0f}"


def compare(one):
    """All that ran on one core."""
    head = ["1 core", "copies a second", "speed of the kernel / its"]
    fastest = one[kernel(1)]
    names = [*kernels(), KW_RATE, *PEERS]
    rows = [
        [name, rate(one[name]), f"{speed(fastest, one[name]):.2f}"]
        for name in names
    ]
    return table(head, rows)


def end_to_end(one, every, folders):
    """kw-augment against as many kernels as there are cores."""
    head = ["kw-augment", "wanted"]
    for cores in ("1 core", f"{CORES} cores"):
        head += [f"{cores}, copies a second", "speed / (kernel x cores)"]
    rows = []
    for behind in folders:
        for name in (KW_WHOLE, KW_RATE, WRITE):
            row = [name + behind, "" if name == WRITE else "0.6"]
            for times, cores in ((one, 1), (every, CORES)):
                if name + behind not in times:
                    row += ["", ""]
                    continue
                copy = times[name + behind]
                share = speed(copy, times[kernel(COPIES)]) / cores
                row += [rate(copy), f"{share:.2f}"]
            rows.append(row)
    return table(head, rows)


def goals(one):
    """What is wanted of the kernel, and what it reaches: its slower case."""
    ours = kernel(1)
    opencv = min(OPENCVS, key=lambda name: statistics.median(one[name]))
    rows = [
        [f"{ours} / {name}", least, f"{speed(one[ours], one[name]):.2f}"]
        for name, least in ((KERAS, "10"), (opencv, "1.5"))
    ]
    return table(["speed", "wanted", "1 core"], rows)


def peak_memory(scratch):
    """The most memory that kw-augment takes, for one and ten times as many."""
    counts = (MANY // 10, MANY)
    out = scratch / "augmented.h5"
    row = ["peak memory of kw-augment, MB"]
    for n in counts:
        print(f"bench: peak memory, {n} images", file=sys.stderr)
        dataset = prepare(FOLDER / f"small-{n}", scratch / "dataset.h5", 112)
        row.append(measure.peak_memory(augment(dataset, out)))
        out.unlink()
        dataset.unlink()
    head = ["images of 112 x 112, a copy of each", *map(str, counts)]
    return table(head, [row])


def tables(scratch, folders):
    photos = FOLDER / f"web-{PHOTOS}"
    whole = prepare(photos, scratch / "whole.h5", SIZE)
    few = prepare(measure.take_few(photos), scratch / "few.h5", SIZE)
    check_copies(few, scratch)
    pixels = save_pixels(whole, scratch / "pixels.npy")
    alone = kernels()
    for name, (peer, environment) in PEERS.items():
        alone[name] = functools.partial(run_peer, peer, environment, pixels)
    for behind, folder in folders.items():
        alone[WRITE + behind] = functools.partial(run_write, pixels, folder)
    with measure.one_core():
        one = rounds(alone, whole, few, 1, folders)
    for behind in folders:
        both = zip(one[kernel(COPIES)], one[WRITE + behind], strict=True)
        one[WRITE + behind] = [made + written for made, written in both]
    limit = {kernel(COPIES): kernels()[kernel(COPIES)]}
    every = rounds(limit, whole, few, CORES, folders)
    whole.unlink()
    few.unlink()
    return [
        goals(one),
        end_to_end(one, every, folders),
        compare(one),
        peak_memory(scratch),
    ]


def introduction(busy):
    version = importlib.metadata.version
    opencv4 = importlib.metadata.distributions(path=[OPENCV4])
    about = measure.machine(
        *(f"OpenCV {found.version}" for found in opencv4),
        f"OpenCV {version('opencv-python-headless')}",
        f"AlbumentationsX {version('albumentationsx')}",
        f"Pillow {version('pillow')}",
        f"PyTorch {version('torch')}",
        f"SciPy {version('scipy')}",
        f"Keras {version('keras')}",
    )
    what = measure.paragraph(
        "Copies of 224 x 224 x 3 by the seed recipe: rotation 45, shifts 0.3, "
        "shear 0.2, zoom 0.2, half of them flipped, fill nearest.  kw-augment "
        f"makes {COPIES} of each of {PHOTOS} images, from a dataset in memory "
        "(tmpfs) into another: it also reads, checks, sums and writes.  The "
        "limit takes as long as the kernel and a bare write of the copy, "
        "one after the other.  Huge pages are those of a tmpfs mounted with "
        f"huge=always, where that is allowed.{measure.caution(busy)}"
    )
    return [about, what, measure.paragraph(ABOUT_PEERS)]


def main():
    begin = measure.machine_use()
    with (
        measure.scratch_folder() as scratch,
        measure.huge_folder(scratch) as huge,
    ):
        folders = {"": scratch} | ({HUGE: huge} if huge else {})
        measured = tables(scratch, folders)
    busy = measure.others_are_busy(begin)
    measure.publish("kw-augment", "\n".join([*introduction(busy), *measured]))


if __name__ == "__main__":
    main()
