#include "train/region.h"

#include "kw/alloc.h"

enum { ALIGNMENT = 64 };

void *
region_take(Region *region, gsize bytes)
{
	void *buffer =
		region->base == NULL ? NULL : region->base + region->size;

	region->size += (bytes + ALIGNMENT - 1) & ~(gsize)(ALIGNMENT - 1);
	return buffer;
}

gboolean
region_allocate(Region *region, const char *what, GError **error)
{
	region->base = kw_alloc0(region->size, 1, what, error);
	region->size = 0;
	return region->base != NULL;
}

void
region_clear(Region *region)
{
	g_clear_pointer(&region->base, kw_free);
	region->size = 0;
}
