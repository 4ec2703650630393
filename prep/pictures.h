/* Decoded photos as pictures to find duplicates among. */
#ifndef PREP_PICTURES_H
#define PREP_PICTURES_H

#include <glib.h>

#include "prep/duplicates.h"
#include "prep/spool.h"

/*
 * Find the duplicates among photos (Photo), in the order of their record ids,
 * from what decode_photos() has put into the spools.  `bits` and the errors as
 * for duplicates_find().
 */
Duplicates *pictures_find_duplicates(const GPtrArray *photos, int bits,
				     const Spool *pixels, const Spool *thumbs,
				     GError **error);

#endif
