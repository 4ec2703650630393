#include "train/region.h"

#include <string.h>

#include "kw/alloc.h"

enum { ALIGNMENT = 64, CHUNK = 2 << 20 };

void *
region_take(Region *region, gsize bytes)
{
	void *buffer =
		region->base == NULL ? NULL : region->base + region->size;

	region->size += (bytes + ALIGNMENT - 1) & ~(gsize)(ALIGNMENT - 1);
	return buffer;
}

/* The kernel clears each page when it is first touched: most of the start of a
 * program that reads a model, so all cores do it. */
static void
clear(guint8 *base, gsize bytes)
{
#pragma omp parallel for schedule(static)
	for (gsize i = 0; i < bytes; i += CHUNK)
		memset(base + i, 0, MIN(CHUNK, bytes - i));
}

gboolean
region_allocate(Region *region, const char *what, GError **error)
{
	region->base = kw_alloc(region->size, 1, what, error);
	if (region->base == NULL)
		return FALSE;
	clear(region->base, region->size);
	region->size = 0;
	return TRUE;
}

void
region_clear(Region *region)
{
	g_clear_pointer(&region->base, kw_free);
	region->size = 0;
}
