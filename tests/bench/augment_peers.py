"""What kw-augment is measured against, each in a process and on one thread.

python3 augment_peers.py PEER IMAGES.npy: prints the CPU seconds that PEER takes
for a copy of an image, start and imports left out.  Copies vary by the seed
recipe.  AlbumentationsX and Keras draw for each copy how; for the others that
is done before, the flip included in the map, and the result is written over
the one before where the peer can do that.
"""

import os
import sys
import time

import numpy as np

SEED = 42
BATCH = 32
# CPU seconds to measure at least.
SECONDS = 1.0


def draw_maps(n, height, width):
    """Maps from output to input pixels, n x 2 x 3, by the maths of Keras 3."""
    random = np.random.default_rng(SEED)
    middle = np.eye(3)
    middle[:2, 2] = (width - 1) / 2, (height - 1) / 2
    mirror = np.array([[-1, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    maps = []
    for _ in range(n):
        angle = np.radians(random.uniform(-45, 45))
        shear = np.radians(random.uniform(-0.2, 0.2))
        sin, cos = np.sin(angle), np.cos(angle)
        rotation = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        shift = np.eye(3)
        shift[:2, 2] = random.uniform(-0.3, 0.3, 2) * (width, height)
        slant = np.array(
            [[1, -np.sin(shear), 0], [0, np.cos(shear), 0], [0, 0, 1]]
        )
        zoom = np.diag([*random.uniform(0.8, 1.2, 2), 1])
        flip = mirror if random.random() < 0.5 else np.eye(3)
        linear = rotation @ shift @ slant @ zoom
        maps.append(middle @ linear @ np.linalg.inv(middle) @ flip)
    return np.array(maps)[:, :2].copy()


# ---- peers: from the images to a function that makes a copy of the i-th, and
# of those after it up to a batch


def opencv(images):
    """Whether it is OpenCV 4 or 5 is up to PYTHONPATH."""
    import cv2

    cv2.setNumThreads(1)
    height, width = images.shape[1:3]
    maps = draw_maps(*images.shape[:3])
    out = np.empty_like(images[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP

    def copy(i):
        return cv2.warpAffine(
            images[i],
            maps[i],
            (width, height),
            dst=out,
            flags=flags,
            borderMode=cv2.BORDER_REPLICATE,
        )

    return copy, 1


def albumentations(images):
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    os.environ["ALBUMENTATIONS_NO_TELEMETRY"] = "1"
    import albumentations as A
    import cv2

    cv2.setNumThreads(1)
    # Its scale is what we divide by.
    scale, shift = (1 / 1.2, 1 / 0.8), (-0.3, 0.3)
    transform = A.Compose(
        [
            A.Affine(
                rotate=(-45, 45),
                translate_percent={"x": shift, "y": shift},
                shear={"x": (-0.2, 0.2), "y": (0.0, 0.0)},
                scale={"x": scale, "y": scale},
                keep_ratio=False,
                interpolation=cv2.INTER_LINEAR,
                border_mode=cv2.BORDER_REPLICATE,
                p=1,
            ),
            A.HorizontalFlip(p=0.5),
        ],
        seed=SEED,
    )
    return lambda i: transform(image=images[i])["image"], 1


def pillow(images):
    from PIL import Image

    height, width = images.shape[1:3]
    photos = [Image.fromarray(image) for image in images]
    # It counts from the corner of the first pixel, we from its middle.
    maps = draw_maps(*images.shape[:3])
    maps[:, :, 2] += 0.5 - 0.5 * (maps[:, :, 0] + maps[:, :, 1])
    maps = [tuple(map(float, numbers.ravel())) for numbers in maps]

    def copy(i):
        return photos[i].transform(
            (width, height), Image.AFFINE, maps[i], Image.BILINEAR
        )

    return copy, 1


def scipy(images):
    """What Keras calls: a plane a channel, its map in rows and columns."""
    from scipy import ndimage

    photos = images.astype(np.float32).transpose(0, 3, 1, 2).copy()
    maps = draw_maps(*images.shape[:3])[:, ::-1, [1, 0, 2]].copy()

    def copy(i):
        return [
            ndimage.affine_transform(
                plane, maps[i, :, :2], maps[i, :, 2], order=1, mode="nearest"
            )
            for plane in photos[i]
        ]

    return copy, 1


def keras(images):
    """Floats in and out, as its flow() has them; no backend takes part."""
    os.environ["KERAS_BACKEND"] = "torch"
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    np.random.seed(SEED)
    photos = images.astype(np.float32)
    generator = ImageDataGenerator(
        rotation_range=45,
        width_shift_range=0.3,
        height_shift_range=0.3,
        shear_range=0.2,
        zoom_range=0.2,
        horizontal_flip=True,
        fill_mode="nearest",
    )
    return lambda i: generator.random_transform(photos[i]), 1


def torch_sampler(images):
    """Maps as affine_grid() takes them, and a function of photos and maps."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    n, height, width = images.shape[:3]
    # From pixels to -1..1 from edge to edge.
    scale = np.array(
        [
            [2 / width, 0, 1 / width - 1],
            [0, 2 / height, 1 / height - 1],
            [0, 0, 1],
        ]
    )
    maps = np.zeros((n, 3, 3))
    maps[:, :2] = draw_maps(n, height, width)
    maps[:, 2, 2] = 1
    maps = (scale @ maps @ np.linalg.inv(scale))[:, :2]

    def sample(photos, maps):
        grid = functional.affine_grid(maps, photos.shape, align_corners=False)
        return functional.grid_sample(
            photos, grid, padding_mode="border", align_corners=False
        )

    return torch.from_numpy(maps.astype(np.float32)), sample


def torch_floats(images):
    import torch

    maps, sample = torch_sampler(images)
    photos = torch.from_numpy(images).permute(0, 3, 1, 2).float().contiguous()
    return lambda i: sample(photos[i : i + 1], maps[i : i + 1]), 1


def torch_bytes(images, batch=1):
    import torch

    maps, sample = torch_sampler(images)
    photos = torch.from_numpy(images)

    def copy(i):
        some = slice(i, i + batch)
        # Neighbouring channels in memory: the fastest from bytes to bytes.
        result = sample(photos[some].permute(0, 3, 1, 2).float(), maps[some])
        bytes_ = result.round_().to(torch.uint8)
        return bytes_.permute(0, 2, 3, 1).contiguous()

    return copy, batch


def torch_batches(images):
    return torch_bytes(images, BATCH)


PEERS = {
    peer.__name__: peer
    for peer in (
        opencv,
        albumentations,
        pillow,
        scipy,
        keras,
        torch_floats,
        torch_bytes,
        torch_batches,
    )
}


def measure(copy, n, batch):
    """CPU seconds a copy, for whole passes over n images."""
    for i in range(0, min(n, 2 * batch), batch):
        copy(i)
    passes, seconds = 0, 0.0
    begin = time.process_time()
    while seconds < SECONDS:
        for i in range(0, n, batch):
            copy(i)
        passes += 1
        seconds = time.process_time() - begin
    return seconds / (passes * n)


def main():
    images = np.load(sys.argv[2])
    copy, batch = PEERS[sys.argv[1]](images)
    print(measure(copy, len(images) // batch * batch, batch))


if __name__ == "__main__":
    main()
