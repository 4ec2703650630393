/* What a photo says of itself, from the header that libvips has read. */
#ifndef KW_IMAGE_FACTS_H
#define KW_IMAGE_FACTS_H

#include <vips/vips.h>

#include "kw/image.h"

/*
 * Fill in all facts; those that are missing, or make no sense, are left empty.
 * Any thread.
 */
void kw_image_facts(VipsImage *header, KwPhotoFacts *facts);

#endif
