"""What h5py sees of kw datasets, and what kw sees of a dataset of h5py's."""

import hashlib
import os
import subprocess
import zlib

import h5py
import numpy as np
import pytest

from augmented import IDENTITY, column_names, draw_noise, prepare, run_augment

BIN = os.environ["KW_BIN"]
COUNTS = {"train": 7, "val": 3, "test": 0}
TYPES = {
    "images": "u1",
    "labels": "<i4",
    "record_ids": "<u8",
    "group_ids": "<u8",
    "copies": "<i4",
    "transforms": "<f4",
    "checksums": "<u4",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("datasets")
    subprocess.run([f"{BIN}/make-datasets", path], check=True)
    return path


@pytest.fixture(params=["whole.h5", "set.h5"])
def dataset(request, folder):
    with h5py.File(folder / request.param) as file:
        yield file


def pixels(split, n):
    start = 100 * list(COUNTS).index(split) + 7 * np.arange(n)[:, None]
    return (start + np.arange(60)).astype(np.uint8).reshape(n, 5, 4, 3)


def test_root_attributes(dataset):
    attrs = dict(dataset.attrs)
    assert attrs["format"] == "kw-dataset"
    assert attrs["format_version"] == 1
    assert attrs["format_version"].dtype == np.int32
    assert list(attrs["class_names"]) == ["cat", "dog"]
    assert attrs["image_size"].tolist() == [5, 4, 3]
    assert attrs["image_size"].dtype == np.int32
    assert attrs["standardize"] == "rescale"
    assert attrs["scale"].dtype == attrs["offset"].dtype == np.float32
    assert attrs["scale"].tolist() == [np.float32(1 / 255)] * 3
    assert attrs["offset"].tolist() == [0, -0.25, -0.5]
    assert attrs["fit"] == "stretch"
    assert attrs["seed"] == 0xFEDCBA9876543210
    assert attrs["settings"] == "fit=stretch\nsize=5x4\n"
    assert attrs["generator"] == "test 1.0"


def test_types_and_shapes(dataset):
    assert sorted(dataset) == sorted(COUNTS)
    for split, n in COUNTS.items():
        group = dataset[split]
        assert sorted(group) == sorted([*TYPES, "sources"])
        for name, kind in TYPES.items():
            assert group[name].dtype == np.dtype(kind)
            assert group[name].shape[0] == n
            assert group[name].compression is None
        assert group["images"].shape == (n, 5, 4, 3)
        assert group["transforms"].shape == (n, 2)
        assert list(group["transforms"].attrs["columns"]) == ["angle", "zoom"]
        string = h5py.check_string_dtype(group["sources"].dtype)
        assert (string.encoding, string.length is None) == ("utf-8", False)


def test_records(dataset):
    for split, n in COUNTS.items():
        group = dataset[split]
        number = np.arange(n)
        assert np.array_equal(group["images"][:], pixels(split, n))
        assert np.array_equal(group["labels"][:], number % 2)
        assert np.array_equal(group["copies"][:], number % 3)
        assert np.array_equal(
            group["transforms"][:],
            np.stack([number * 0.5, -1 / (number + 1)], 1).astype("f4"),
        )
        assert list(group["sources"].asstr()[:]) == [
            f"{split}/{'abcdefg'[:i]}é{i}.jpg" for i in number
        ]
        digests = [hashlib.sha256(s).digest() for s in group["sources"][:]]
        ids = [int.from_bytes(d[:8], "little") for d in digests]
        assert group["record_ids"][:].tolist() == ids
        assert np.array_equal(group["group_ids"][:], ~group["record_ids"][:])


def test_checksums(dataset):
    for group in dataset.values():
        sums = [zlib.crc32(image.tobytes()) for image in group["images"]]
        assert group["checksums"][:].tolist() == sums


def test_index_names_its_shards(folder):
    with h5py.File(folder / "set.h5") as file:
        assert list(file.attrs["shards"]) == ["part-0.h5", "part-1.h5"]
        assert file.attrs["shard_counts"].tolist() == [4, 3, 0, 3, 0, 0]
        assert file.attrs["set_id"] == 99
        assert file["train/images"].is_virtual
        assert not file["test/images"].is_virtual
    with h5py.File(folder / "part-1.h5") as file:
        assert file.attrs["set_id"] == 99
        assert "shards" not in file.attrs
    with h5py.File(folder / "whole.h5") as file:
        assert "set_id" not in file.attrs


def test_labels_of_a_missing_shard_are_no_class(folder, tmp_path):
    for name in ["set.h5", "part-1.h5"]:
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with h5py.File(tmp_path / "set.h5") as file:
        labels = file["train/labels"][:].tolist()
    assert labels == [-1, -1, -1, -1, 0, 1, 0]


def test_kw_reads_a_dataset_of_h5py(tmp_path):
    images = {split: pixels(split, n) for split, n in COUNTS.items()}
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file.attrs.update(
            {
                "format": "kw-dataset",
                "format_version": np.int32(1),
                "class_names": ["cat", "dög"],
                "image_size": np.array([5, 4, 3], "i4"),
                "standardize": "none",
                "scale": np.ones(3, "f4"),
                "offset": np.zeros(3, "f4"),
                "fit": "stretch",
                "seed": np.uint64(1),
                "settings": "",
                "generator": "h5py",
            }
        )
        for split, n in COUNTS.items():
            group = file.create_group(split)
            names = [f"{split}/é{i}.jpg".encode() for i in range(n)]
            sums = [zlib.crc32(image.tobytes()) for image in images[split]]
            group["images"] = images[split]
            group["labels"] = np.arange(n, dtype="i4") % 2
            group["sources"] = np.array(names, "S16")
            group["record_ids"] = np.arange(n, dtype="u8") + 1
            group["group_ids"] = np.arange(n, dtype="u8") + 100 * len(split)
            group["copies"] = np.zeros(n, "i4")
            group["checksums"] = np.array(sums, "u4")
    command = [f"{BIN}/kw-augment", "-n", "1", "-o", "out.h5", "in.h5"]
    subprocess.run(command, cwd=tmp_path, check=True)
    with h5py.File(tmp_path / "out.h5") as file:
        originals = file["train/copies"][:] == 0
        order = np.argsort(file["train/record_ids"][:][originals])
        assert np.array_equal(
            file["train/images"][:][originals][order], images["train"]
        )
        assert np.array_equal(file["val/images"][:], images["val"])
        assert list(file.attrs["class_names"]) == ["cat", "dög"]


# ---- what kw-augment writes

COLUMNS = [
    *["rotation", "shift_x", "shift_y", "shear", "zoom_x", "zoom_y"],
    *["flip_horizontal", "flip_vertical", "shear_x", "shear_y"],
    *["crop_x", "crop_y", "crop_width", "crop_height"],
    *["channel_shift", "brightness", "contrast", "saturation", "hue"],
    *["posterize", "solarize", "autocontrast", "equalize", "sharpness"],
    *["blur", "noise", "jpeg"],
    *["erase_x", "erase_y", "erase_width", "erase_height"],
    *["key", "interpolation", "fill", "fill_value"],
]
POLICY = ["-n", "5", "--policy=heavy", "--fill=constant", "--fill-value=9"]


@pytest.fixture(scope="module")
def augmented(tmp_path_factory):
    """A dataset, its augmented one, and the same in shards."""
    path = tmp_path_factory.mktemp("augmented")
    photos = draw_noise(path / "photos", COUNTS, 5)
    prepare(photos, path / "in.h5", "20x30")
    run_augment("-o", path / "whole.h5", *POLICY, path / "in.h5")
    run_augment("-o", path / "set.h5", *POLICY, "--shards=7", path / "in.h5")
    return path


def test_an_index_is_read_as_the_whole_file(augmented):
    """Every field, attribute and record, in the same order."""
    with (
        h5py.File(augmented / "whole.h5") as whole,
        h5py.File(augmented / "set.h5") as index,
    ):
        assert len(index.attrs["shards"]) == 7
        counts = index.attrs["shard_counts"].reshape(7, 3)
        assert counts.sum(0).tolist() == [60, 10, 10]
        assert counts.sum(1).all()
        more = {"shards", "shard_counts", "shard_checksums", "set_id"}
        assert set(index.attrs) - set(whole.attrs) == more
        for name, value in whole.attrs.items():
            assert np.array_equal(index.attrs[name], value), name
        for split in COUNTS:
            assert sorted(index[split]) == sorted(whole[split])
            for name, expected in whole[split].items():
                field = index[split][name]
                assert field.is_virtual and not expected.is_virtual
                assert field.dtype == expected.dtype
                assert np.array_equal(field[:], expected[:]), (split, name)
                assert sorted(field.attrs) == sorted(expected.attrs)


def test_shards_hold_what_their_index_says(augmented):
    with h5py.File(augmented / "set.h5") as index:
        first = dict.fromkeys(COUNTS, 0)
        counts = index.attrs["shard_counts"].reshape(7, 3).tolist()
        sums = index.attrs["shard_checksums"].reshape(7, 3).tolist()
        shards = zip(index.attrs["shards"], counts, sums, strict=True)
        for shard, row, crcs in shards:
            with h5py.File(augmented / shard) as file:
                assert file.attrs["set_id"] == index.attrs["set_id"] != 0
                for split, n, crc in zip(COUNTS, row, crcs, strict=True):
                    checksums = file[split]["checksums"][:].astype("<u4")
                    assert zlib.crc32(checksums.tobytes()) == crc
                    images = file[split]["images"][:]
                    part = slice(first[split], first[split] + n)
                    assert len(images) == n
                    assert np.array_equal(images, index[split]["images"][part])
                    first[split] += n


@pytest.mark.parametrize("name", ["whole.h5", "set.h5"])
def test_columns_and_the_identity_of_originals(augmented, name):
    identity = [IDENTITY.get(column, 0) for column in COLUMNS]
    with h5py.File(augmented / name) as file:
        for split in COUNTS:
            assert column_names(file[split]) == COLUMNS
            copies = file[split]["copies"][:]
            transforms = file[split]["transforms"][:]
            assert (transforms[copies == 0] == identity).all()
            assert (copies > 0).any() == (split == "train")
            made = transforms[copies > 0]
            assert (made[:, COLUMNS.index("fill")] == 3).all()
            assert (made[:, COLUMNS.index("fill_value")] == 9).all()
            assert not (made == identity).all(1).any()


def test_copies_have_what_their_originals_have(augmented):
    with h5py.File(augmented / "whole.h5") as file:
        train = {name: field[:] for name, field in file["train"].items()}
    first = {i: n for n, i in reversed(list(enumerate(train["record_ids"])))}
    original = [first[i] for i in train["record_ids"]]
    assert np.array_equal(train["copies"], np.repeat(np.arange(6), 10))
    for name in ("labels", "group_ids", "sources"):
        assert np.array_equal(train[name], train[name][original])
    sums = [zlib.crc32(image.tobytes()) for image in train["images"]]
    assert train["checksums"].tolist() == sums


@pytest.mark.parametrize("name", ["whole.h5", "set.h5"])
def test_a_replay_gives_the_same_file(augmented, tmp_path, name):
    run_augment(
        *["-o", tmp_path / "again.h5"],
        *["--replay", augmented / name, augmented / "in.h5"],
    )
    again = (tmp_path / "again.h5").read_bytes()
    assert again == (augmented / "whole.h5").read_bytes()


def test_a_replay_needs_the_numbers_alone(augmented, tmp_path):
    """Not the pixels of what it makes again: here they are gone."""
    hollow = tmp_path / "hollow.h5"
    hollow.write_bytes((augmented / "whole.h5").read_bytes())
    with h5py.File(hollow, "r+") as file:
        file["train/images"][:] = 0
    run_augment(
        *["-o", tmp_path / "again.h5", "--replay", hollow, augmented / "in.h5"]
    )
    again = (tmp_path / "again.h5").read_bytes()
    assert again == (augmented / "whole.h5").read_bytes()
