/*
 * A stretch of memory of many buffers.  The same code measures and places them:
 *
 *	Region region = { 0 };
 *	place(&region);                  counts: every buffer is NULL
 *	region_allocate(&region, "what", error);
 *	place(&region);                  hands them out
 */
#ifndef KW_TRAIN_REGION_H
#define KW_TRAIN_REGION_H

#include <glib.h>

typedef struct {
	guint8 *base; /* NULL: only measured so far */
	gsize size;   /* in bytes: taken so far */
} Region;

/* A buffer aligned to 64 bytes, or NULL while the region is only measured.
 * The region owns it. */
void *region_take(Region *region, gsize bytes);

/*
 * Allocate what was taken, all zero, and begin again.
 * KW_ERROR_MEMORY, which names `what`.
 */
gboolean region_allocate(Region *region, const char *what, GError **error);
void region_clear(Region *region);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Region, region_clear)

#endif
