"""VGG19 and the head of the seed recipe, as all programs compute them."""

BATCH = 4
HEAD = 1024
DROPOUT = 0.5
L2 = 0.01
RATE = 1e-4
MOMENTUM = 0.9

# Filters of the convolutions of each block; a pooling ends it.
BLOCKS = [[64] * 2, [128] * 2, [256] * 4, [512] * 4, [512] * 4]
# Name -> filters, 0 of a pooling, in their order.
BODY = {}
for block, filters in enumerate(BLOCKS, 1):
    for i, n in enumerate(filters, 1):
        BODY[f"block{block}_conv{i}"] = n
    BODY[f"block{block}_pool"] = 0

# The last layer that the seed recipe freezes.
SEED = "block2_conv1"
# Deep frozen prefixes, whose output is the same in every epoch, and the first
# layer above each.
FROZEN = {"block4_pool": "block5_conv1", "block5_pool": "dense_1"}


def split(freeze):
    """The names of the body's layers up to `freeze`, and of those above it."""
    names = list(BODY)
    n = names.index(freeze) + 1
    return names[:n], names[n:]


def shape(name, size):
    """Height, width and channels of what a layer of the body gives."""
    below = list(BODY)[: list(BODY).index(name) + 1]
    side = size >> sum(BODY[layer] == 0 for layer in below)
    return side, side, max(BODY[layer] for layer in below)
