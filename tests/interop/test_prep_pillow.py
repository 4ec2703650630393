"""The pixels of kw-prep against Pillow: LANCZOS on photographs, known colours."""

import io
import os
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

BIN = os.environ["KW_BIN"]
PHOTOS = os.environ.get("KW_PHOTOS", "")


def prep(folder, out, *options):
    """Every photo of a folder, by its source, as kw-prep makes it."""
    command = [f"{BIN}/kw-prep", "-q", "--group", "none", "-f", "-o", out]
    done = subprocess.run([*command, *options, folder], stderr=subprocess.PIPE)
    assert done.returncode in (0, 2), done.stderr
    images = {}
    with h5py.File(out) as file:
        for split in ("train", "val", "test"):
            names = file[split]["sources"].asstr()[:]
            images.update(zip(names, file[split]["images"][:]))
    return images


def as_srgb(image):
    """Upright, in sRGB by the photo's own profile, as three channels."""
    image = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK"):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(
            image, source, target, ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB"
        )
    return image.convert("RGB")


def difference(a, b):
    return np.abs(np.asarray(a, np.int16) - np.asarray(b, np.int16)).mean()


@pytest.mark.skipif(not Path(PHOTOS).is_dir() or not PHOTOS, reason="no photos")
def test_photographs_come_within_two_levels_of_pillows_lanczos(tmp_path):
    images = prep(PHOTOS, tmp_path / "photos.h5")
    differences = []
    for source, image in images.items():
        with Image.open(Path(PHOTOS) / source) as photo:
            size = image.shape[1::-1]
            expected = as_srgb(photo).resize(size, Image.Resampling.LANCZOS)
        differences.append(difference(image, expected))
    differences = np.array(differences)
    print(
        f"{len(differences)} photographs: mean absolute difference "
        f"{differences.mean():.3f}, largest {differences.max():.3f} levels"
    )
    assert differences.mean() < 1
    assert differences.max() < 2


# ---- known colours

COLOURS = {
    "red": (200, 30, 40),
    "green": (40, 160, 60),
    "blue": (50, 60, 190),
    "gray": (128, 128, 128),
}


def save_halves(path, first, second, **options):
    """An image of two classes of colour: left first, right second."""
    image = Image.new("RGB", (64, 64), first)
    image.paste(second, (32, 0, 64, 64))
    image.save(path, **options)


def flat(path, colour, mode="RGB", **options):
    Image.new(mode, (64, 64), colour).save(path, **options)


@pytest.fixture
def folder(tmp_path):
    """Two class folders; the second is there because there must be two."""
    for name in ("a", "b"):
        (tmp_path / "photos" / name).mkdir(parents=True)
    flat(tmp_path / "photos/b/other.png", (1, 2, 3))
    flat(tmp_path / "photos/b/another.png", (3, 2, 1))
    return tmp_path / "photos"


def colour_of(folder, name, *options):
    image = prep(folder, folder.parent / "d.h5", "-s", "16", *options)[f"a/{name}"]
    assert (image == image[0, 0]).all() or image.std(axis=(0, 1)).max() < 1.5
    return tuple(int(value) for value in image[8, 8])


def near(colour, expected, levels):
    return max(abs(a - b) for a, b in zip(colour, expected)) <= levels


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif", "bmp", "gif"])
def test_every_type_keeps_its_colours(folder, name, ending):
    options = {"jpg": {"quality": 98}, "webp": {"lossless": True}}
    flat(folder / f"a/x.{ending}", COLOURS[name], **options.get(ending, {}))
    assert near(colour_of(folder, f"x.{ending}"), COLOURS[name], 2)


@pytest.mark.parametrize("name", COLOURS)
def test_a_profile_is_honoured(folder, name):
    # Linear light, with sRGB's primaries: the same numbers are other colours.
    profile = linear_srgb_profile()
    encoded = tuple(round(255 * linear(v / 255)) for v in COLOURS[name])
    flat(folder / "a/x.png", encoded, icc_profile=profile)
    expected = as_srgb(Image.open(folder / "a/x.png")).getpixel((8, 8))
    assert near(expected, COLOURS[name], 9)  # 8 bits of linear light
    assert near(colour_of(folder, "x.png"), expected, 2)


def linear(v):
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


def linear_srgb_profile():
    """sRGB's own profile with its tone curves made straight."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132], "big")
    for k in range(count):
        entry = 132 + 12 * k
        if data[entry : entry + 4] in (b"rTRC", b"gTRC", b"bTRC"):
            at = int.from_bytes(data[entry + 4 : entry + 8], "big")
            data[at : at + 12] = b"curv" + bytes(8)
            data[entry + 8 : entry + 12] = (12).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize("colour", [(0, 0, 0), (90, 90, 90), (255, 255, 255)])
def test_gray_with_a_profile_stays_gray(folder, colour):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    flat(folder / "a/x.png", colour[0], "L", icc_profile=srgb)
    assert near(colour_of(folder, "x.png"), colour, 2)


@pytest.mark.parametrize(
    "ink, expected",
    [
        ((0, 0, 0, 0), (255, 255, 255)),
        ((0, 255, 255, 0), (237, 28, 36)),
        ((255, 0, 255, 0), (0, 166, 81)),
        ((255, 255, 0, 0), (46, 49, 146)),
        ((0, 0, 0, 255), (35, 31, 32)),
    ],
)
def test_inks_become_the_colours_of_print(folder, ink, expected):
    """The process colours of SWOP, as picture editors show them in sRGB."""
    flat(folder / "a/x.jpg", ink, "CMYK", quality=98)
    assert near(colour_of(folder, "x.jpg"), expected, 40)


def test_sixteen_bits_are_scaled(folder):
    values = np.full((64, 64), 40000, np.uint16)
    Image.fromarray(values).save(folder / "a/x.png")
    assert near(colour_of(folder, "x.png"), (156, 156, 156), 1)


@pytest.mark.parametrize("alpha", [0, 128, 255])
def test_transparency_is_laid_on_white(folder, alpha):
    flat(folder / "a/x.png", (200, 30, 40, alpha), "RGBA")
    expected = [round(255 + (v - 255) * alpha / 255) for v in (200, 30, 40)]
    assert near(colour_of(folder, "x.png"), expected, 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_that_of_pillow(folder, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.new("RGB", (60, 40), "white")
    image.paste("red", (0, 0, 30, 20))
    image.paste("blue", (30, 20, 60, 40))
    image.save(folder / "a/x.png", exif=exif)
    expected = ImageOps.exif_transpose(Image.open(folder / "a/x.png"))
    expected = expected.resize((16, 16), Image.Resampling.LANCZOS)
    image = prep(folder, folder.parent / "d.h5", "-s", "16")["a/x.png"]
    assert difference(image, expected) < 4


def test_gray_output_is_pillows_luma(folder):
    flat(folder / "a/x.png", (200, 30, 40))
    expected = Image.new("RGB", (1, 1), (200, 30, 40)).convert("L").getpixel((0, 0))
    (value,) = colour_of(folder, "x.png", "--gray")
    assert value == expected


@pytest.mark.parametrize("fit", ["crop", "pad"])
def test_fits_are_those_of_pillow(folder, fit):
    save_halves(folder / "a/x.png", "red", "blue")
    wide = Image.new("RGB", (120, 60), "white")
    wide.paste("red", (0, 0, 40, 60))
    wide.paste("blue", (80, 0, 120, 60))
    wide.save(folder / "a/wide.png")
    image = prep(folder, folder.parent / "d.h5", "-s", "24x24", "--fit", fit)
    how = {"crop": ImageOps.fit, "pad": ImageOps.pad}[fit]
    expected = how(wide, (24, 24), Image.Resampling.LANCZOS)
    assert difference(image["a/wide.png"], expected) < 3


@pytest.mark.parametrize("how", ["caffe", "torch"])
def test_standardize_is_keras_own(folder, how):
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(pixels).save(folder / "a/x.png")
    out = folder.parent / "s.h5"
    prep(folder, out, "-s", "16", "--standardize", how)
    keras = pytest.importorskip("keras")
    with h5py.File(out) as file:
        ours = pixels * file.attrs["scale"] + file.attrs["offset"]
    preprocess = {
        "caffe": keras.applications.vgg19.preprocess_input,
        "torch": keras.applications.densenet.preprocess_input,
    }[how]
    expected = preprocess(pixels.astype(np.float32))
    if how == "caffe":
        expected = expected[..., ::-1]  # Keras turns to blue, green, red
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-4)


def test_normalize_is_numpys_mean_and_deviation_of_train(folder):
    rng = np.random.default_rng(2)
    for name in "ab":
        for k in range(20):
            pixels = rng.integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{name}/n{k}.png")
    out = folder.parent / "n.h5"
    prep(folder, out, "-s", "16", "--standardize", "normalize")
    with h5py.File(out) as file:
        train = file["train/images"][:].astype(np.float64)
        scale, offset = file.attrs["scale"], file.attrs["offset"]
    mean, deviation = train.mean((0, 1, 2)), train.std((0, 1, 2))
    np.testing.assert_allclose(scale, 1 / deviation, rtol=1e-6)
    np.testing.assert_allclose(offset, -mean / deviation, rtol=1e-6)
