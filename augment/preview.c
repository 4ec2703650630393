#include "augment/preview.h"

#include "kw/alloc.h"
#include "kw/image_save.h"
#include "kw/sheet.h"
#include "kw/transform.h"

/* What a row is drawn from. */
typedef struct {
	KwSheet *sheet;
	KwDataset *input;
	const AugmentRecipe *recipe;
	KwTransformer *transformer;
	guint8 *original, *copy; /* h x w x c */
	int columns;
} Preview;

/* The class, and the name of the photo in its folder. */
static char *
row_label(const KwDatasetInfo *info, const KwRecords *record)
{
	g_autofree char *base = g_path_get_basename(record->sources[0]);

	return g_strdup_printf("%s: %s", info->class_names[record->labels[0]],
			       base);
}

static gboolean
add_row(const Preview *p, gsize index, GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(p->input);
	g_autoptr(KwRecords) record =
		kw_dataset_read_records(p->input, KW_TRAIN, index, 1, error);
	g_autofree char *label = NULL;

	if (record == NULL || !kw_dataset_read_images(p->input, KW_TRAIN, index,
						      1, p->original, error))
		return FALSE;
	label = row_label(info, record);
	kw_transformer_set(p->transformer, p->original);
	if (!kw_sheet_add_row(p->sheet, label, error) ||
	    !kw_sheet_add_image(p->sheet, p->original, "original", error))
		return FALSE;
	for (gint32 copy = 1; copy < p->columns; copy++) {
		KwTransform t = kw_transform_draw(
			&p->recipe->policy, p->recipe->seed,
			record->record_ids[0], copy, info->height, info->width);
		g_autofree char *caption = g_strdup_printf("%d", copy);

		if (!kw_transformer_apply(p->transformer, &t, p->copy, error) ||
		    !kw_sheet_add_image(p->sheet, p->copy, caption, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
render(KwSheet *sheet, KwOutfile *out, GError **error)
{
	int height, width;
	g_autofree guint8 *canvas =
		kw_sheet_render(sheet, &height, &width, error);

	return canvas != NULL &&
	       kw_image_save(out, canvas, height, width, 3, error);
}

gboolean
augment_preview_write(KwOutfile *out, KwDataset *input,
		      const AugmentRecipe *recipe, int rows, int columns,
		      GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(input);
	const int h = info->height, w = info->width, c = info->channels;
	const gsize n = kw_dataset_count(input, KW_TRAIN);
	g_autoptr(KwSheet) sheet = kw_sheet_new(h, w, c, columns, error);
	g_autoptr(KwTransformer) transformer = NULL;
	g_autofree guint8 *pixels = NULL;
	Preview preview = { .sheet = sheet,
			    .input = input,
			    .recipe = recipe,
			    .columns = columns };
	gsize shown;

	if (sheet == NULL)
		return FALSE;
	transformer = kw_transformer_new(h, w, c, error);
	if (transformer == NULL)
		return FALSE;
	pixels = kw_alloc(2, kw_dataset_image_size(info), "two images", error);
	if (pixels == NULL)
		return FALSE;
	preview.transformer = transformer;
	preview.original = pixels;
	preview.copy = pixels + kw_dataset_image_size(info);
	shown = MIN((gsize)MIN(rows, kw_sheet_max_rows(sheet)), n);
	for (gsize row = 0; row < shown; row++)
		if (!add_row(&preview, row * n / shown, error))
			return FALSE;
	return render(sheet, out, error);
}
