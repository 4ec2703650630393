/*
 * Lanczos resampling of 8-bit images, row by row: what Pillow's
 * Image.resize(LANCZOS, box=...) computes, with one rounding after each axis.
 */
#ifndef KW_RESAMPLE_H
#define KW_RESAMPLE_H

#include <glib.h>

/* Part of an image, in pixels from its upper left corner. */
typedef struct {
	double left, top, width, height;
} KwBox;

typedef struct KwResampler KwResampler;

/* Rows that may be pushed at a time. */
enum { KW_RESAMPLE_ROWS = 16 };

/*
 * Resample the `box` of an image of src_w columns and src_h rows into
 * dst_h x dst_w x c bytes, c 1 or 3.  All sizes are 1..; the box lies within
 * the image.  `dst` is borrowed until the end.
 * NULL with KW_ERROR_MEMORY.
 */
KwResampler *kw_resampler_new(guint8 *dst, int dst_h, int dst_w, int src_h,
			      int src_w, int c, const KwBox *box,
			      GError **error);
void kw_resampler_free(KwResampler *resampler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwResampler, kw_resampler_free)

/* The rows and columns that are needed: first, and behind the last. */
void kw_resampler_needs(const KwResampler *resampler, int *top, int *bottom,
			int *left, int *right);

/*
 * Take the next n rows, 1..KW_RESAMPLE_ROWS, which begin `stride` bytes apart
 * at the first needed column.  When the last needed row was pushed, dst is
 * complete.
 */
void kw_resampler_push(KwResampler *resampler, const guint8 *rows, gsize stride,
		       int n);

#endif
