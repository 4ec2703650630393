/* Bursts: photos that a camera took one right after the other. */
#ifndef PREP_BURST_H
#define PREP_BURST_H

#include "prep/sets.h"

typedef struct {
	gsize bursts; /* of two photos and more */
	gsize photos; /* in them */
} BurstCount;

/*
 * Join in `sets`, which has a number for each photo (Photo), the photos of one
 * class and camera
 *
 *	that were taken less than `gap` milliseconds after one another, or
 *	whose names end in the same or consecutive numbers (IMG_0041.jpg,
 *	IMG_0041.png, IMG_0042.jpg), in one folder, and whose times, where one
 *has only that of its file, are as near.
 *
 * A number alone joins nothing: cameras number all that they take.  Photos
 * with a group that was given to them keep it.
 */
void burst_join(const GPtrArray *photos, gint64 gap, Sets *sets,
		BurstCount *count);

#endif
