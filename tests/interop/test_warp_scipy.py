"""kw-augment's copies against scipy, made from the recorded numbers."""

import numpy as np
import pytest

from augmented import (
    CVAL,
    FILLS,
    IDENTITY,
    augment,
    compare,
    make_dataset,
    with_scipy,
)

# One option at a time, then recipes, then all of them widely: the options, and
# the columns that they draw.
SHIFTS = ["shift_x", "shift_y"]
ZOOMS = ["zoom_x", "zoom_y"]
CROP = ["crop_x", "crop_y", "crop_width", "crop_height"]
POLICIES = {
    "nothing": ([], []),
    "rotation": (["--rotation=180"], ["rotation"]),
    "width-shift": (["--width-shift=0.9"], ["shift_x"]),
    "height-shift": (["--height-shift=70"], ["shift_y"]),
    "shear": (["--shear=60"], ["shear"]),
    "shear-x": (["--shear-x=1.5"], ["shear_x"]),
    "shear-y": (["--shear-y=1.5"], ["shear_y"]),
    "zoom": (["--zoom=0.9"], ZOOMS),
    "zoom-range": (["--zoom=0.3,2.5"], ZOOMS),
    "zoom-uniform": (["--zoom=0.3,2.5", "--zoom-uniform"], ZOOMS),
    "crop": (["--crop=0.1,0.7"], CROP),
    "horizontal-flip": (["--horizontal-flip"], ["flip_horizontal"]),
    "vertical-flip": (["--vertical-flip"], ["flip_vertical"]),
    "seed": (
        ["--policy=seed"],
        ["rotation", *SHIFTS, "shear", *ZOOMS, "flip_horizontal"],
    ),
    "all": (
        [
            "--rotation=180",
            "--width-shift=0.5",
            "--height-shift=0.5",
            "--shear=40",
            "--shear-x=0.8",
            "--shear-y=0.8",
            "--zoom=0.4,1.6",
            "--crop=0.2,1",
            "--horizontal-flip",
            "--vertical-flip",
        ],
        [
            "rotation",
            *SHIFTS,
            "shear",
            "shear_x",
            "shear_y",
            *ZOOMS,
            *CROP,
            "flip_horizontal",
            "flip_vertical",
        ],
    ),
}
KINDS = [
    "noise 40x40",
    "noise 24x61",
    "noise 50x31 gray",
    "photographs 96x96",
    "photographs 80x120",
    "photographs 80x120 gray",
]


@pytest.fixture(scope="module", params=KINDS)
def dataset(request, tmp_path_factory):
    return make_dataset(request.param, tmp_path_factory.mktemp("dataset"))


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("policy", POLICIES)
def test_copies_equal_scipy(dataset, tmp_path, policy, fill):
    options, columns = POLICIES[policy]
    made = augment(
        dataset,
        tmp_path,
        *["-n", "2", "--policy=none", *options],
        *["--fill", fill, "--fill-value", str(CVAL)],
    )
    drawn = {
        name
        for _, _, t in made
        for name, value in t.items()
        if value != IDENTITY.get(name, 0)
    }
    assert drawn - {"key", "fill", "fill_value"} == set(columns)
    if policy == "zoom-uniform":
        assert all(t["zoom_x"] == t["zoom_y"] for _, _, t in made)
    results = [
        compare(copy, with_scipy(original, t, fill), t, fill)
        for original, copy, t in made
    ]
    rounded_otherwise, largest = np.transpose(results)
    share = rounded_otherwise.mean()
    print(f"largest {largest.max():.4f}, not nearest {share:.5f}")
    assert share < 0.01
