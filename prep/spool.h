/*
 * What is known of all photos on their way through, such as their pixels: a
 * temporary file without a name, one slot a photo, so that memory does not grow
 * with their number.
 */
#ifndef PREP_SPOOL_H
#define PREP_SPOOL_H

#include <glib.h>

typedef struct Spool Spool;

/* A spool of slots of `slot_size` bytes.  NULL with KW_ERROR_IO. */
Spool *spool_new(gsize slot_size, GError **error);
void spool_free(Spool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Spool, spool_free)

/* Bytes of one slot. */
gsize spool_slot_size(const Spool *spool);

/*
 * Write or read a whole slot; a slot that is never written takes no
 * room.  KW_ERROR_IO.  Any thread, each slot from one thread at a time.
 */
gboolean spool_write(Spool *spool, gsize slot, const void *bytes,
		     GError **error);
gboolean spool_read(const Spool *spool, gsize slot, void *bytes,
		    GError **error);

#endif
