"""kw-prep against Pillow, OpenCV and a bare libjpeg-turbo: time and memory.

python3 prep.py FOLDER LARGE SMALL MANY: where tests/bench/run has drawn the
photos, and how many they are.
"""

import functools
import multiprocessing
import pathlib
import statistics
import subprocess
import sys
import time

import cv2
import measure
import PIL
from measure import BIN, CORES, FEW, speed, table
from PIL import Image, features

FOLDER = pathlib.Path(sys.argv[1])
LARGE, SMALL, MANY = map(int, sys.argv[2:])
SIZE = (224, 224)
KW_WHOLE = "kw-prep, the whole program"
KW_RATE = "kw-prep, without its start"
PILLOW = "Pillow, LANCZOS"
LIMIT = "limit: bare libjpeg-turbo, scale 1/{}"

# Peers run as many processes as there are cores to use, each with one thread.
cv2.setNumThreads(1)


# ---- peers: from a file to SIZE pixels


def pillow_lanczos(path):
    Image.open(path).convert("RGB").resize(SIZE, Image.LANCZOS)


def pillow_gap(path):
    image = Image.open(path).convert("RGB")
    image.resize(SIZE, Image.LANCZOS, reducing_gap=2.0)


def pillow_draft(path):
    image = Image.open(path)
    image.draft("RGB", SIZE)
    image.convert("RGB").resize(SIZE, Image.LANCZOS)


def pillow_thumbnail(path):
    """The steps of Image.thumbnail(), which would keep the aspect."""
    image = Image.open(path)
    image.draft("RGB", (2 * SIZE[0], 2 * SIZE[1]))
    image.convert("RGB").resize(SIZE, Image.LANCZOS, reducing_gap=2.0)


def opencv_area(path):
    cv2.resize(cv2.imread(path), SIZE, interpolation=cv2.INTER_AREA)


def opencv_reduced(path):
    image = cv2.imread(path, cv2.IMREAD_REDUCED_COLOR_8)
    cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)


SMALL_PEERS = {
    PILLOW: pillow_lanczos,
    "OpenCV, INTER_AREA": opencv_area,
}
LARGE_PEERS = {
    PILLOW: pillow_lanczos,
    "Pillow, LANCZOS with reducing_gap=2": pillow_gap,
    "Pillow, draft and LANCZOS": pillow_draft,
    "Pillow, the steps of thumbnail()": pillow_thumbnail,
    "OpenCV, INTER_AREA": opencv_area,
    "OpenCV, REDUCED_COLOR_8 and INTER_AREA": opencv_reduced,
}


# ---- programs: CPU seconds on one core, or seconds that passed on all of them


def run_peer(peer, paths):
    begin = measure.cpu_time()
    for path in paths:
        peer(path)
    return measure.cpu_time() - begin


def run_peer_in_pool(peer, paths, pool):
    chunk = max(len(paths) // (CORES * 16), 1)
    begin = time.perf_counter()
    pool.map(peer, paths, chunksize=chunk)
    return time.perf_counter() - begin


def run_limit(denominator, paths, threads):
    """jpeg-limit looks at the clock itself: its start is left out."""
    command = [BIN / "jpeg-limit", f"-j{threads}", f"-s{denominator}", *paths]
    passed, cpu = map(float, subprocess.check_output(command).split())
    return cpu if threads == 1 else passed


def run_prep(photos, threads, scratch):
    out = scratch / "dataset.h5"
    clock = measure.cpu_time if threads == 1 else time.perf_counter
    command = [BIN / "kw-prep", "-q", "--split=100/0/0", f"-j{threads}"]
    begin = clock()
    subprocess.run([*command, "-o", out, photos], check=True)
    seconds = clock() - begin
    out.unlink()
    return seconds


# ---- tables


def programs(photos, peers, denominators, threads, scratch, pool):
    """What takes turns, on one core or on all of them; the peers warmed up."""
    paths = sorted(str(path) for path in photos.glob("*/*.jpg"))
    few = measure.take_few(photos)
    turns = {
        KW_WHOLE: functools.partial(run_prep, photos, threads, scratch),
        KW_RATE: functools.partial(run_prep, few, threads, scratch),
    }
    for name, peer in peers.items():
        if threads == 1:
            turns[name] = functools.partial(run_peer, peer, paths)
            run_peer(peer, paths[:2])
        else:
            turns[name] = functools.partial(
                run_peer_in_pool, peer, paths, pool
            )
            run_peer_in_pool(peer, paths[:2] * CORES, pool)
    for denominator in denominators:
        turns[LIMIT.format(denominator)] = functools.partial(
            run_limit, denominator, paths, threads
        )
    return turns


def per_photo(seconds, n):
    """Seconds a photo in each round; KW_RATE from its run and the whole one."""
    times = {name: [t / n for t in run] for name, run in seconds.items()}
    times[KW_RATE] = [
        (whole - few) / (n - FEW)
        for whole, few in zip(seconds[KW_WHOLE], seconds[KW_RATE], strict=True)
    ]
    return times


def compare(what, folder, peers, denominators, scratch, pool):
    """A table, and its times a photo: on one core, on all of them."""
    photos = FOLDER / folder
    sizes = [path.stat().st_size for path in photos.glob("*/*.jpg")]
    print(f"bench: {len(sizes)} photos of {what}", file=sys.stderr)
    arguments = (photos, peers, denominators)
    with measure.one_core():
        one = measure.rounds(programs(*arguments, 1, scratch, pool))
    every = measure.rounds(programs(*arguments, CORES, scratch, pool))
    both = [per_photo(seconds, len(sizes)) for seconds in (one, every)]
    head = [f"{what}: {len(sizes)} of {statistics.mean(sizes) / 1e6:.2g} MB"]
    for cores in ("1 core", f"{CORES} cores"):
        head += [f"{cores}, ms a photo", "speed of kw-prep / its"]
    rows = []
    for name in one:
        row = [name]
        for times in both:
            row.append(f"{1e3 * statistics.median(times[name]):.2f}")
            row.append(f"{speed(times[KW_WHOLE], times[name]):.2f}")
        rows.append(row)
    return table(head, rows), *both


def goals(one, every):
    """What is wanted of kw-prep, and what it reaches."""
    wanted = {PILLOW: "6", LIMIT.format(8): "0.85"}
    rows = [
        [f"{kw} / {name}", least]
        + [f"{speed(times[kw], times[name]):.2f}" for times in (one, every)]
        for name, least in wanted.items()
        for kw in (KW_WHOLE, KW_RATE)
    ]
    head = ["24 megapixels, speed", "wanted", "1 core", f"{CORES} cores"]
    return table(head, rows)


def peak_memory(scratch):
    """The most memory that kw-prep takes, for one and for ten times as many."""
    counts = (MANY // 10, MANY)
    out = scratch / "dataset.h5"
    # So large that the fewer photos already fill every buffer.
    prep = [BIN / "kw-prep", "-q", "--size=112", "--split=100/0/0", "-o", out]
    row = ["peak memory of kw-prep --size 112, MB"]
    for n in counts:
        print(f"bench: peak memory, {n} photos", file=sys.stderr)
        row.append(measure.peak_memory([*prep, FOLDER / f"small-{n}"]))
        out.unlink()
    return table(["photos of 200 x 150", *map(str, counts)], [row])


def tables(scratch, pool):
    given = (scratch, pool)
    large, one, every = compare(
        "24 megapixels", f"24mp-{LARGE}", LARGE_PEERS, [8], *given
    )
    middle, *_ = compare(
        "12 megapixels", f"12mp-{LARGE}", LARGE_PEERS, [4, 8], *given
    )
    small, *_ = compare("500 x 375", f"web-{SMALL}", SMALL_PEERS, [1], *given)
    return [goals(one, every), large, middle, small, peak_memory(scratch)]


def introduction(busy):
    turbo = features.version("libjpeg_turbo")
    about = measure.machine(
        f"libvips {measure.library('vips')}",
        f"libjpeg-turbo {measure.library('libjpeg')} (kw-prep, limit)",
        f"Pillow {PIL.__version__} with libjpeg-turbo {turbo}",
        f"OpenCV {cv2.__version__}",
    )
    what = measure.paragraph(
        "JPEG photos, drawn by code, quality 90, chroma halved, to 224 x 224 "
        "pixels.  kw-prep writes a dataset into memory; peers throw their "
        "pixels away, and their start is left out.  Files are in the page "
        f"cache.{measure.caution(busy)}"
    )
    return [about, what]


def main():
    begin = measure.machine_use()
    with (
        measure.scratch_folder() as scratch,
        multiprocessing.Pool(CORES) as pool,
    ):
        measured = tables(scratch, pool)
        pool.close()
        pool.join()
    busy = measure.others_are_busy(begin)
    measure.publish("kw-prep", "\n".join([*introduction(busy), *measured]))


if __name__ == "__main__":
    main()
