"""The interpolators of libvips in kw-augment, against definitions in numpy."""

import numpy as np
import pytest

from augmented import (
    CVAL,
    FILLS,
    augment,
    make_dataset,
    positions,
    with_scipy,
)

KINDS = ["noise 24x61", "photographs 96x96", "photographs 80x120 gray"]
POLICIES = {
    "seed": ["--policy=seed"],
    "all": [
        "--rotation=180",
        "--width-shift=0.5",
        "--height-shift=0.5",
        "--shear=40",
        "--shear-x=0.5",
        "--zoom=0.4,1.6",
        "--crop=0.2,1",
        "--horizontal-flip",
        "--vertical-flip",
    ],
}


@pytest.fixture(scope="module", params=KINDS)
def dataset(request, tmp_path_factory):
    path = make_dataset(request.param, tmp_path_factory.mktemp("dataset"))
    return request.param.split()[0], path


def made_by(interpolator, dataset, tmp_path, policy, fill):
    return augment(
        dataset,
        tmp_path,
        *["-n", "3", "--policy=none", *POLICIES[policy]],
        *["--fill", fill, "--fill-value", str(CVAL)],
        *["--interpolate", interpolator],
    )


def indices(i, n, fill):
    """Where pixel i of an endless row lies in one of n."""
    if fill == "wrap":
        return i % n
    if fill == "reflect":
        i = i % (2 * n)
        return np.minimum(i, 2 * n - 1 - i)
    return np.clip(i, 0, n - 1)


def surroundings(image, t, fill, step=0):
    """
    For each pixel of the copy: the 4 x 4 pixels around the place that it comes
    from, (4, 4, h, w, c); how far that place is from each, in rows (4, h, w)
    and columns; and where it is outside.  Places are rounded to steps, if any.
    """
    h, w, _ = image.shape
    x, y = positions(t, h, w)
    # to the rounding errors of a map, the edge is inside
    outside = (np.abs(x - (w - 1) / 2) > (w - 1) / 2 + 1e-6) | (
        np.abs(y - (h - 1) / 2) > (h - 1) / 2 + 1e-6
    )
    if fill == "nearest":
        x, y = np.clip(x, 0, w - 1), np.clip(y, 0, h - 1)
    if step:
        x, y = np.floor(x / step + 0.5) * step, np.floor(y / step + 0.5) * step
    around = np.arange(-1, 3)[:, None, None]
    columns, rows = np.floor(x) + around, np.floor(y) + around
    pixels = image[
        indices(rows.astype(int), h, fill)[:, None],
        indices(columns.astype(int), w, fill)[None],
    ]
    return pixels.astype(np.float64), np.abs(y - rows), np.abs(x - columns), outside


def catmull_rom(d):
    near = 1 + d * d * (1.5 * d - 2.5)
    far = 2 + d * (-4 + d * (2.5 - 0.5 * d))
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


def with_catmull_rom(image, t, fill, step=0):
    pixels, down, across, outside = surroundings(image, t, fill, step)
    out = np.einsum(
        "jihwc,jhw,ihw->hwc", pixels, catmull_rom(down), catmull_rom(across)
    ).clip(0, 255)
    if fill == "constant":
        out[outside] = CVAL
    return out


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("policy", POLICIES)
def test_bicubic_is_catmull_rom(dataset, tmp_path, policy, fill):
    """
    Of positions to 1/64 pixel, and of whole levels between its two passes; from
    exact positions it is a few levels off where levels change by many.
    """
    what, path = dataset
    exact, stepped = [], []
    for original, copy, t in made_by("bicubic", path, tmp_path, policy, fill):
        expected = with_catmull_rom(original, t, fill)
        exact.append(np.abs(copy - expected))
        expected = with_catmull_rom(original, t, fill, 1 / 64)
        stepped.append(np.abs(copy - expected))
    print(
        f"{what}: largest {np.max(exact):.3f}, mean {np.mean(exact):.3f}; "
        f"in steps: largest {np.max(stepped):.3f}, mean {np.mean(stepped):.3f}"
    )
    assert np.max(exact) <= 4
    assert np.max(stepped) <= 1.25


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("policy", POLICIES)
def test_lbb_stays_within_its_surroundings(dataset, tmp_path, policy, fill):
    for original, copy, t in made_by("lbb", dataset[1], tmp_path, policy, fill):
        pixels, _, _, outside = surroundings(original, t, fill)
        within = (pixels.min((0, 1)) <= copy) & (copy <= pixels.max((0, 1)))
        if fill == "constant":
            within[outside] = (copy == CVAL)[outside]
        assert within.all()


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("interpolator", ["bicubic", "lbb", "nohalo"])
@pytest.mark.parametrize("dataset", KINDS[1:], indirect=True)
def test_photographs_look_as_with_bilinear(dataset, tmp_path, interpolator, fill):
    _, path = dataset
    differences = [
        np.abs(copy - with_scipy(original, t, fill)).mean()
        for original, copy, t in made_by(
            interpolator, path, tmp_path, "seed", fill
        )
    ]
    print(f"{interpolator}: mean {np.mean(differences):.3f}")
    assert 0.3 < np.mean(differences) < 2
