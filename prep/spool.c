#include "prep/spool.h"

#include <errno.h>
#include <unistd.h>

#include "kw/error.h"
#include "kw/outfile.h"

struct Spool {
	int fd;
	gsize slot_size;
};

Spool *
spool_new(gsize slot_size, GError **error)
{
	int fd = kw_spool_open("prep", NULL, error);
	Spool *spool;

	if (fd < 0)
		return NULL;
	spool = g_new0(Spool, 1);
	spool->fd = fd;
	spool->slot_size = slot_size;
	return spool;
}

void
spool_free(Spool *spool)
{
	close(spool->fd);
	g_free(spool);
}

gsize
spool_slot_size(const Spool *spool)
{
	return spool->slot_size;
}

static gboolean
set_spool_error(GError **error, const char *doing, const char *reason)
{
	g_set_error(error, KW_ERROR, KW_ERROR_IO,
		    "cannot %s the temporary file of decoded photos: %s; "
		    "TMPDIR says where it lies",
		    doing, reason);
	return FALSE;
}

gboolean
spool_write(Spool *spool, gsize slot, const void *bytes, GError **error)
{
	off_t at = (off_t)(slot * spool->slot_size);

	for (gsize done = 0; done < spool->slot_size;) {
		gssize n = pwrite(spool->fd, (const guint8 *)bytes + done,
				  spool->slot_size - done, at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return set_spool_error(error, "write",
					       g_strerror(errno));
		done += (gsize)n;
	}
	return TRUE;
}

gboolean
spool_read(const Spool *spool, gsize slot, void *bytes, GError **error)
{
	off_t at = (off_t)(slot * spool->slot_size);

	for (gsize done = 0; done < spool->slot_size;) {
		gssize n = pread(spool->fd, (guint8 *)bytes + done,
				 spool->slot_size - done, at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return set_spool_error(error, "read back",
					       n < 0 ? g_strerror(errno)
						     : "it ends too early");
		done += (gsize)n;
	}
	return TRUE;
}
