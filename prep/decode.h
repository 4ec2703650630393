/* Photos to pixels, in parallel. */
#ifndef PREP_DECODE_H
#define PREP_DECODE_H

#include <glib.h>

#include "kw/image.h"
#include "kw/progress.h"
#include "prep/spool.h"

/*
 * Decode each photo (Photo) as the request says, put its pixels and its Thumbs
 * into its slot of the two spools, and note what is known of it from then on.
 * Photos that cannot be decoded leave the array and join `rejects` (Reject),
 * both in the order of the array whatever `threads` is.  `progress` may be
 * NULL.
 *
 * KW_ERROR_IO when a spool cannot be written, KW_ERROR_MEMORY,
 * KW_ERROR_INTERRUPTED.
 */
gboolean decode_photos(GPtrArray *photos, const KwImageRequest *request,
		       int threads, Spool *pixels, Spool *thumbs,
		       GPtrArray *rejects, KwProgress *progress,
		       GError **error);

#endif
