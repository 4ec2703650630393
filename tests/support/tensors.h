/* Safetensors files that are written byte by byte. */
#ifndef KW_TEST_TENSORS_H
#define KW_TEST_TENSORS_H

#include "tests/support/kwtest.h"
#include "train/network.h"

/* The length of the header, the header, and n bytes of values. */
void tensors_write(const char *path, const char *header, const void *values,
		   gsize n);

/*
 * The weights of a network under torchvision's names, or under timm's, which
 * must have a head of two hidden layers; in the order of the layers.
 */
void tensors_write_vgg19(const char *path, const Network *network,
			 gboolean timm);

#endif
