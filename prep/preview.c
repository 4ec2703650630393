#include "prep/preview.h"

#include "kw/alloc.h"
#include "kw/image_save.h"
#include "kw/sheet.h"
#include "prep/photo.h"

enum { COLUMNS = 10 };

/*
 * A row for the photos of a class, in the order of the dataset.  Every n / 10th
 * is shown: so are train, val and test, by their shares.
 */
static gboolean
add_class(KwSheet *sheet, const GPtrArray *photos, const char *name,
	  const Spool *spool, guint8 *pixels, GError **error)
{
	guint n = photos->len, shown = MIN(n, COLUMNS);
	g_autofree char *label = g_strdup_printf("%s (%u)", name, n);

	if (!kw_sheet_add_row(sheet, label, error))
		return FALSE;
	for (guint k = 0; k < shown; k++) {
		gsize i = (gsize)k * (n - 1) / MAX(shown - 1, 1);
		const Photo *photo = photos->pdata[i];

		if (!spool_read(spool, photo->slot, pixels, error) ||
		    !kw_sheet_add_image(sheet, pixels,
					kw_split_names[photo->split], error))
			return FALSE;
	}
	return TRUE;
}

/* The photos of each of the first n classes. */
static GPtrArray *
sort_by_class(const GPtrArray *photos, guint n)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(
		(GDestroyNotify)g_ptr_array_unref);

	for (guint c = 0; c < n; c++)
		g_ptr_array_add(rows, g_ptr_array_new());
	for (guint i = 0; i < photos->len; i++) {
		Photo *photo = photos->pdata[i];

		if ((guint)photo->label < n)
			g_ptr_array_add(rows->pdata[photo->label], photo);
	}
	return rows;
}

gboolean
preview_write(KwOutfile *out, const GPtrArray *photos, const GPtrArray *classes,
	      const KwImageRequest *image, const Spool *spool,
	      GPtrArray *warnings, GError **error)
{
	g_autofree guint8 *pixels =
		kw_alloc(1, spool_slot_size(spool), "an image", error);
	g_autoptr(KwSheet) sheet = kw_sheet_new(
		image->height, image->width, image->channels, COLUMNS, error);
	g_autoptr(GPtrArray) rows = NULL;
	g_autofree guint8 *canvas = NULL;
	int height, width;
	guint n;

	if (pixels == NULL || sheet == NULL)
		return FALSE;
	n = MIN(classes->len, (guint)kw_sheet_max_rows(sheet));
	if (n < classes->len)
		g_ptr_array_add(warnings,
				g_strdup_printf("the sheet has room for the "
						"first %u of %u classes",
						n, classes->len));
	rows = sort_by_class(photos, n);
	for (guint c = 0; c < n; c++)
		if (!add_class(sheet, rows->pdata[c], classes->pdata[c], spool,
			       pixels, error))
			return FALSE;
	canvas = kw_sheet_render(sheet, &height, &width, error);
	return canvas != NULL &&
	       kw_image_save(out, canvas, height, width, 3, error);
}
