/* How much disk the work takes, and whether there is as much. */
#ifndef PREP_ROOM_H
#define PREP_ROOM_H

#include "prep/outputs.h"

/*
 * Estimate for n photos: the dataset, and what is kept until it is written, in
 * bytes, and note both in the report.  KW_ERROR_IO when there is not so much
 * room where they go.
 */
gboolean room_check(const Outputs *outputs, gsize n,
		    const KwImageRequest *image, Report *report,
		    GError **error);

#endif
