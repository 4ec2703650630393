/*
 * Noise and random erasing.  Both are functions of a key: the same key gives
 * the same bytes on any machine.  Any thread.
 */
#ifndef KW_NOISE_H
#define KW_NOISE_H

#include <glib.h>

/*
 * Add Gaussian noise of standard deviation sigma (levels, 0..255), another
 * number for each of the n bytes, rounded and limited to 0..255.  `key` is
 * 0..2^24-1; byte i takes bits 16 * (i % 8).. of the Philox block that has
 * purpose KW_PURPOSE_NOISE and the subject i / 8.
 */
void kw_noise_add(guint8 *pixels, gsize n, float sigma, guint32 key);

/* A rectangle, in shares of width and height from the upper left corner. */
typedef struct {
	float x, y, width, height;
} KwRectangle;

/*
 * Fill a rectangle of an image of h x w x c bytes with random bytes: Random
 * Erasing with random values, "RE-R" of Zhong et al. 2020.  Columns from
 * floor(x * w + 0.5) to floor((x + width) * w + 0.5) - 1, rows alike.
 */
void kw_noise_erase(guint8 *pixels, int h, int w, int c,
		    const KwRectangle *rectangle, guint32 key);

#endif
