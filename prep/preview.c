#include "prep/preview.h"

#include "kw/alloc.h"
#include "kw/image_save.h"
#include "kw/sheet.h"
#include "prep/photo.h"

enum { COLUMNS = 10 };

static gboolean
add_class(KwSheet *sheet, const GPtrArray *photos, int label, const char *name,
	  const Spool *spool, guint8 *pixels, GError **error)
{
	g_autofree char *text = NULL;
	guint n = 0, shown = 0;

	for (guint i = 0; i < photos->len; i++)
		n += ((const Photo *)photos->pdata[i])->label == label;
	text = g_strdup_printf("%s (%u)", name, n);
	if (!kw_sheet_add_row(sheet, text, error))
		return FALSE;
	for (guint i = 0; i < photos->len && shown < COLUMNS; i++) {
		const Photo *photo = photos->pdata[i];

		if (photo->label != label)
			continue;
		if (!spool_read(spool, photo->slot, pixels, error) ||
		    !kw_sheet_add_image(sheet, pixels,
					kw_split_names[photo->split], error))
			return FALSE;
		shown++;
	}
	return TRUE;
}

gboolean
preview_write(KwOutfile *out, const GPtrArray *photos, const GPtrArray *classes,
	      const KwImageRequest *image, const Spool *spool, GError **error)
{
	g_autofree guint8 *pixels =
		kw_alloc(1, spool_slot_size(spool), "an image", error);
	g_autoptr(KwSheet) sheet = kw_sheet_new(
		image->height, image->width, image->channels, COLUMNS, error);
	g_autofree guint8 *canvas = NULL;
	int height, width;
	guint rows;

	if (pixels == NULL || sheet == NULL)
		return FALSE;
	rows = MIN(classes->len, (guint)kw_sheet_max_rows(sheet));
	for (guint c = 0; c < rows; c++)
		if (!add_class(sheet, photos, (int)c, classes->pdata[c], spool,
			       pixels, error))
			return FALSE;
	canvas = kw_sheet_render(sheet, &height, &width, error);
	return canvas != NULL &&
	       kw_image_save(out, canvas, height, width, 3, error);
}
