/*
 * Which photos must not be torn apart: photos of one class and day, and photos
 * of one class with exactly equal pixels.
 */
#ifndef PREP_GROUP_H
#define PREP_GROUP_H

#include <glib.h>

/*
 * Fill in the group of each photo (Photo).  A photo's key is
 * kw_record_id("CLASS//YYYY-MM-DD") when it has a day, else its record id;
 * photos with one key are a group, groups that share a picture are joined, and
 * a group's id is the smallest key in it.  Ids depend on neither the order nor
 * the number of other photos.
 *
 * `classes` (char *) are the folder names that labels count.  A warning
 * (char *) is added when a picture occurs under two classes.
 */
void group_photos(GPtrArray *photos, const GPtrArray *classes,
		  GPtrArray *warnings);

#endif
