/*
 * Changes of colour, in place.
 *
 * Pixels are n x c bytes, red-green-blue (c = 3) or gray (c = 1); n may be 0.
 * All arithmetic is on integers, or on floats in a fixed order of additions,
 * multiplications and divisions, so that the bytes are the same on any machine.
 * The functions that name one of Keras or Pillow (13.0) give its very bytes,
 * with the amount as float32.  Any thread.
 */
#ifndef KW_COLOUR_H
#define KW_COLOUR_H

#include <glib.h>

/*
 * v + shift, limited to the smallest and the largest value that the image had,
 * then rounded (halves up): apply_channel_shift() of Keras, which moves all
 * channels alike.
 */
void kw_colour_channel_shift(guint8 *pixels, gsize n, int c, float shift);

/*
 * min(255, trunc(v * factor)): apply_brightness_shift() of Keras and
 * ImageEnhance.Brightness of Pillow.  0 <= factor.
 */
void kw_colour_brightness(guint8 *pixels, gsize n, int c, float factor);

/*
 * m + factor * (v - m), truncated and limited to 0..255, m being the mean luma
 * (BT.601) of the image, rounded: ImageEnhance.Contrast of Pillow.
 */
void kw_colour_contrast(guint8 *pixels, gsize n, int c, float factor);

/*
 * y + factor * (v - y), truncated and limited, y being the luma (BT.601) of the
 * pixel: ImageEnhance.Color of Pillow.  Gray stays as it is.
 */
void kw_colour_saturation(guint8 *pixels, gsize n, int c, float factor);

/*
 * Turn the hue by so many degrees (-180..180), from red towards green, with
 * saturation and value of HSV kept: torchvision's adjust_hue() of a float
 * image, rounded to the nearest level.  Hues are integers of 2^-20 of a sixth
 * of the circle, so that what lies within 1e-3 of a half may be rounded either
 * way.  Gray stays.
 */
void kw_colour_hue(guint8 *pixels, gsize n, int c, float degrees);

/* Keep the upper `bits` (1..8) bits: ImageOps.posterize() of Pillow. */
void kw_colour_posterize(guint8 *pixels, gsize n, int c, int bits);

/*
 * Values of `threshold` (0..256) and more become 255 - v: ImageOps.solarize()
 * of Pillow.
 */
void kw_colour_solarize(guint8 *pixels, gsize n, int c, int threshold);

/*
 * Stretch each channel so that its darkest value becomes 0 and its brightest
 * 255: ImageOps.autocontrast() of Pillow, whose truncation makes 254 of some
 * brightest values.  A channel of one value stays.
 */
void kw_colour_autocontrast(guint8 *pixels, gsize n, int c);

/*
 * Make each channel's histogram as flat as it gets: ImageOps.equalize() of
 * Pillow.  A channel stays where fewer than 255 pixels are below its brightest
 * value.  n < 2^32.
 */
void kw_colour_equalize(guint8 *pixels, gsize n, int c);

#endif
