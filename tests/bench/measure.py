"""What the benchmarks share: rounds, ratios, the machine, the page."""

import contextlib
import mmap
import os
import pathlib
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time

BIN = pathlib.Path(os.environ["KW_BIN"])
ROUNDS = int(os.environ["KW_ROUNDS"])
QUICK = os.environ["KW_QUICK"] != ""
CORES = len(os.sched_getaffinity(0))
# As many photos as keep each core busy once, the same number a class.
FEW = max(CORES + CORES % 2, 2)
# A virtual machine gives back to its host what has been free for two seconds.
SECONDS_TO_GIVE_BACK = 3
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "benchmarks.md"
PICTURE = PAGE.with_suffix(".svg")
INTRODUCTION = """\
# Benchmarks

Written by `make bench`.  Each section is one run on one machine, in which the
programs of a table take turns, round after round.  Times are medians of the
rounds, speeds medians of the ratios within a round.  Times of one core are CPU
time, those of all cores passed on the clock.
"""


def cpu_time():
    """CPU seconds of this process and of those that it has waited for."""
    usages = map(
        resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@contextlib.contextmanager
def one_core():
    """This process, and those that it starts, on one core only."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def free_memory(size):
    """Free so many bytes now, to be had again without the host.

    To get memory from the host takes long, so what begins now must end before
    the host has it again: nothing else is about to be given back when it
    begins.
    """
    block = bytes(1 << 20)
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    with mmap.mmap(-1, size, flags=private) as held:
        held.madvise(mmap.MADV_HUGEPAGE)
        for at in range(0, size, len(block)):
            held[at : at + len(block)] = block[: size - at]
        time.sleep(SECONDS_TO_GIVE_BACK)


def rounds(programs):
    """Let the programs take turns: name -> its seconds in each round.

    A program is a function that returns the seconds it took.
    """
    seconds = {name: [] for name in programs}
    for i in range(ROUNDS):
        print(f"bench: round {i + 1} of {ROUNDS}", file=sys.stderr)
        for name, program in programs.items():
            seconds[name].append(program())
    return seconds


def take_few(photos):
    """A tree with FEW of the photos, to see how long start and end take."""
    few = photos.with_name(photos.name + "-few")
    shutil.rmtree(few, ignore_errors=True)
    for folder in photos.iterdir():
        (few / folder.name).mkdir(parents=True)
        for photo in sorted(folder.iterdir())[: FEW // 2]:
            (few / folder.name / photo.name).symlink_to(photo)
    return few


@contextlib.contextmanager
def scratch_folder():
    """A folder in memory where there is one, also for temporary files."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="kw-bench-", dir=memory) as folder:
        os.environ["TMPDIR"] = folder
        yield pathlib.Path(folder)


@contextlib.contextmanager
def huge_folder(scratch):
    """A tmpfs with pages of 2 MB, or None where it cannot be mounted."""
    folder = scratch / "huge"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "huge=always", "tmpfs", folder]
    if subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def with_peak(command):
    """The command that also prints the peak memory of a command, in KiB."""
    peak = pathlib.Path(__file__).with_name("peak.py")
    return [sys.executable, "-S", peak, *command]


def peak_memory(command):
    """The most memory that a command takes, in MB, for a table."""
    kib = subprocess.check_output(with_peak(command))
    return f"{int(kib) * 1024 / 1e6:.1f}"


def speed(ours, theirs):
    """How many times as fast are we?  From the seconds of each round."""
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    return statistics.median(ratios)


def table(head, rows):
    """A Markdown table: the first column is text, the others are numbers."""
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def paragraph(text):
    return textwrap.fill(text, 80, break_on_hyphens=False) + "\n"


def library(name):
    """The version of a library that pkg-config knows."""
    command = ["pkg-config", "--modversion", name]
    return subprocess.check_output(command, text=True).strip()


def machine(*versions):
    """A paragraph on the processor and the versions of what is measured."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    flags = re.search(r"^flags\s*: (.*)$", text, re.MULTILINE)
    known = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    has = [flag for flag in known if flags and flag in flags[1].split()]
    kw = subprocess.check_output([BIN / "kw-prep", "--version"], text=True)
    facts = [
        " ".join([model[1] if model else platform.machine(), *has]),
        f"{CORES} cores",
        f"kw {kw.split()[-1]}",
        f"Python {platform.python_version()}",
        *versions,
    ]
    return paragraph("; ".join(facts) + ".")


def machine_use():
    """Where the clock, all cores and we are: for others_are_busy()."""
    busy = sum(map(int, pathlib.Path("/proc/stat").read_text().split()[1:4]))
    return time.perf_counter(), busy / os.sysconf("SC_CLK_TCK"), cpu_time()


def others_are_busy(begin):
    """Have other programs used more than a tenth of the cores since?

    Only what has ended by now counts as ours.
    """
    passed, busy, ours = (
        after - before
        for after, before in zip(machine_use(), begin, strict=True)
    )
    others = (busy - ours) / passed
    print(f"bench: other programs used {others:.1f} cores", file=sys.stderr)
    return others > 0.1 * CORES


def caution(busy):
    """What a reader should know of a machine that others used meanwhile."""
    if not busy:
        return ""
    return (
        "  Other programs were running: the columns of "
        f"{CORES} cores do not show what {CORES} cores can do."
    )


def publish(title, text):
    """Print a section; put it into docs/benchmarks.md unless this is quick."""
    section = f"## {title}\n\n{text}"
    print(section, end="")
    if QUICK:
        return
    page = PAGE.read_text() if PAGE.exists() else ""
    parts = re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]
    sections = {part.split("\n", 1)[0]: part.rstrip() + "\n" for part in parts}
    sections[f"## {title}"] = section
    PAGE.write_text("\n".join([INTRODUCTION, *sections.values()]))


def publish_picture(svg):
    """Write what the page shows, or, where this is quick, build/bench/*.svg."""
    path = BIN.parent / "bench" / PICTURE.name if QUICK else PICTURE
    path.write_text(svg)
    print(f"bench: wrote {path}", file=sys.stderr)
