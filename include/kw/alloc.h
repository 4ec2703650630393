/*
 * Large buffers.  Small things come from GLib, which aborts when memory is
 * gone; pixels, weights and activations come from here, where that is an error
 * that a tool can report.
 */
#ifndef KW_ALLOC_H
#define KW_ALLOC_H

#include <glib.h>

/*
 * n * size bytes, aligned to 64 bytes (a cache line, a vector register), not
 * initialised; kw_alloc0() sets them to zero.  n or size may be 0: the result
 * is then a pointer that must be freed but not read.
 * Free with kw_free(), which accepts NULL; g_autofree does as well.
 * NULL with KW_ERROR_MEMORY when the product overflows or memory is gone; the
 * message names `what`, for example "the pixels of 32 images".
 * Any thread.
 */
void *kw_alloc(gsize n, gsize size, const char *what,
	       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void *kw_alloc0(gsize n, gsize size, const char *what,
		GError **error) G_GNUC_WARN_UNUSED_RESULT;
void kw_free(void *buffer);

#endif
