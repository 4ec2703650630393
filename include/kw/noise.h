/*
 * Noise and random erasing.  What happens to a byte is a function of a key
 * (0..2^24-1) and of the byte's index in the image alone, of nothing that was
 * drawn before: the same on any machine.  Any thread.
 */
#ifndef KW_NOISE_H
#define KW_NOISE_H

#include <glib.h>

/*
 * Add Gaussian noise of standard deviation sigma (levels, 0..255), another
 * number for each of the n bytes, rounded (halves up) and limited to 0..255.
 *
 * Byte i takes 16 bits u of the Philox block (kw/random.h) with the purpose
 * KW_PURPOSE_NOISE, the subject i / 8, the round `key`, seed and draw 0: the
 * lower (i even) or upper half of word i % 8 / 2.  The number is sigma times
 * the quantile of (u + 1/2) / 65536 of the normal distribution, rounded to a
 * multiple of 2^-12; so none is beyond 4.33 sigma.
 */
void kw_noise_add(guint8 *pixels, gsize n, float sigma, guint32 key);

/* A rectangle, in shares of width and height from the upper left corner. */
typedef struct {
	float x, y, width, height;
} KwRectangle;

/*
 * Fill a rectangle of an image of h x w x c bytes with random bytes: Random
 * Erasing with random values, "RE-R" of Zhong et al. 2020.  Columns from
 * floor(x * w + 0.5) to floor((x + width) * w + 0.5) - 1, rows alike, as far as
 * they are in the image; none where a number is not one.
 *
 * The byte with index i = (row * w + column) * c + channel becomes byte i % 16,
 * lowest first, of the Philox block with the purpose KW_PURPOSE_ERASE, the
 * subject i / 16, the round `key`, seed and draw 0, wherever the rectangle is.
 */
void kw_noise_erase(guint8 *pixels, int h, int w, int c,
		    const KwRectangle *rectangle, guint32 key);

#endif
