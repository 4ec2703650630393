#include "prep/pictures.h"

#include <string.h>

#include "kw/alloc.h"
#include "prep/photo.h"

typedef struct {
	const GPtrArray *photos;
	const Spool *pixels, *thumbs;
	guint8 *a, *b; /* room for an image each */
} Pictures;

static gsize
slot_of(const Pictures *pictures, guint i)
{
	return ((const Photo *)pictures->photos->pdata[i])->slot;
}

static gboolean
read_thumbs(gpointer data, guint i, Thumbs *thumbs, GError **error)
{
	const Pictures *p = data;

	return spool_read(p->thumbs, slot_of(p, i), thumbs, error);
}

static gboolean
compare_images(gpointer data, guint i, guint k, gboolean *equal, GError **error)
{
	const Pictures *p = data;

	if (!spool_read(p->pixels, slot_of(p, i), p->a, error) ||
	    !spool_read(p->pixels, slot_of(p, k), p->b, error))
		return FALSE;
	*equal = memcmp(p->a, p->b, spool_slot_size(p->pixels)) == 0;
	return TRUE;
}

Duplicates *
pictures_find_duplicates(const GPtrArray *photos, int bits, const Spool *pixels,
			 const Spool *thumbs, GError **error)
{
	gsize size = spool_slot_size(pixels);
	g_autofree Picture *pictures = g_new(Picture, photos->len);
	g_autofree guint8 *both = kw_alloc(2, size, "two images", error);
	Pictures all = { photos, pixels, thumbs, both, both + size };
	const PictureSource source = { &all, read_thumbs, compare_images };

	if (both == NULL)
		return NULL;
	for (guint i = 0; i < photos->len; i++) {
		const Photo *photo = photos->pdata[i];

		pictures[i] = (Picture){ photo->id, photo->label,
					 photo->checksum, photo->print };
	}
	return duplicates_find(pictures, photos->len, bits, &source, error);
}
