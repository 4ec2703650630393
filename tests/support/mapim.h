/*
 * An affine map as libvips itself runs it, to hold ours against.
 */
#ifndef KW_TEST_MAPIM_H
#define KW_TEST_MAPIM_H

#include "kw/filter.h"

/*
 * An image of h x w x c bytes through vips_mapim(), which rounds positions to
 * float32 and blends with black at the edges.  Fails the test on an error.
 * After kw_image_start(); free with g_free().
 */
guint8 *test_mapim(const guint8 *src, int h, int w, int c, const KwAffine *map,
		   KwInterpolation interpolation);

#endif
