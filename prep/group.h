/*
 * Which photos must not be torn apart, since one would give the answer away to
 * the other.
 */
#ifndef PREP_GROUP_H
#define PREP_GROUP_H

#include <glib.h>

#include "prep/burst.h"
#include "prep/duplicates.h"

/* What puts photos of one class together. */
typedef enum {
	GROUP_AUTO,   /* a day where there is a date, and bursts */
	GROUP_DAY,    /* a day */
	GROUP_BURST,  /* bursts */
	GROUP_FOLDER, /* a folder */
	GROUP_NONE,   /* nothing */
} GroupMode;

/* "auto", "day", "burst", "folder", "none", NULL */
extern const char *const group_mode_names[];

/*
 * Fill in the group of each photo (Photo).  A photo has a key:
 *
 *	the group that a list gives it, in every mode, or
 *	kw_record_id("CLASS//YYYY-MM-DD") for its day,
 *	kw_record_id("FOLDER//") for its folder,
 *	else its record id.
 *
 * Photos with one key are a group; a burst, and a duplicate with its original
 * of the same class, join their groups; a group's id is the smallest key in it.
 * Ids depend on neither the order nor the number of other photos.
 *
 * `classes` (char *) are the names that labels count; `gap` is in
 * milliseconds; `duplicates` are those of the photos.
 */
void group_photos(GPtrArray *photos, const GPtrArray *classes, GroupMode mode,
		  gint64 gap, const Duplicates *duplicates, BurstCount *bursts);

#endif
