/*
 * The pixels of all photos on their way through: a temporary file without a
 * name, one slot a photo, so that memory does not grow with their number.
 */
#ifndef PREP_SPOOL_H
#define PREP_SPOOL_H

#include <glib.h>

typedef struct Spool Spool;

/* A spool of images of `image_size` bytes.  NULL with KW_ERROR_IO. */
Spool *spool_new(gsize image_size, GError **error);
void spool_free(Spool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Spool, spool_free)

/* Bytes of one image. */
gsize spool_image_size(const Spool *spool);

/*
 * Write or read the image of a slot; a slot that is never written takes no
 * room.  KW_ERROR_IO.  Any thread, each slot from one thread at a time.
 */
gboolean spool_write(Spool *spool, gsize slot, const guint8 *pixels,
		     GError **error);
gboolean spool_read(const Spool *spool, gsize slot, guint8 *pixels,
		    GError **error);

#endif
