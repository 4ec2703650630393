/* The splits of an earlier dataset, for photos that are there again. */
#ifndef PREP_KNOWN_H
#define PREP_KNOWN_H

#include <glib.h>

typedef struct Known Known;

/*
 * Read which photos and groups the dataset `path` has, and in which splits.
 * Errors: those of kw_dataset_open() and of reading it.
 */
Known *known_new(const char *path, GError **error);
void known_free(Known *known);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Known, known_free)

/*
 * How many photos of the dataset are among these (Photo), and how many are not?
 */
void known_count(const Known *known, const GPtrArray *photos, gsize *here,
		 gsize *gone);

/*
 * Pin the photos (Photo) that are not pinned yet to the split in which they,
 * by their record id, or their groups are known.
 */
void known_pin_photos(const Known *known, const GPtrArray *photos);
void known_pin_groups(const Known *known, const GPtrArray *photos);

/* 16 hexadecimal digits that stand for the records and their splits. */
const char *known_digest(const Known *known);

#endif
