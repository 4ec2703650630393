#include "augment/preview.h"

#include "kw/alloc.h"
#include "kw/image_save.h"
#include "kw/sheet.h"
#include "kw/transform.h"

enum { BATCH_RECORDS = 4096 };

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

/*
 * The first `rows` train records of each class, in a list (gsize) a class:
 * records lie in random order.
 */
static GPtrArray *
list_by_class(KwDataset *input, guint rows, GError **error)
{
	const gsize n = kw_dataset_count(input, KW_TRAIN);
	const guint n_classes =
		g_strv_length(kw_dataset_info(input)->class_names);
	g_autoptr(GPtrArray) classes =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);

	for (guint k = 0; k < n_classes; k++)
		g_ptr_array_add(classes,
				g_array_new(FALSE, FALSE, sizeof(gsize)));
	for (gsize done = 0, m; done < n; done += m) {
		g_autoptr(KwRecords) records = NULL;

		m = MIN(BATCH_RECORDS, n - done);
		records = kw_dataset_read_records(input, KW_TRAIN, done, m,
						  error);
		if (records == NULL)
			return NULL;
		for (gsize i = 0; i < m; i++) {
			GArray *list = classes->pdata[records->labels[i]];
			gsize place = done + i;

			if (list->len < rows)
				g_array_append_val(list, place);
		}
	}
	return g_steal_pointer(&classes);
}

/* How many of each class are shown: one in turn, until there are `rows`. */
static void
share_rows(const GPtrArray *classes, guint rows, guint *shares)
{
	guint left = rows, before;

	do {
		before = left;
		for (guint k = 0; k < classes->len && left > 0; k++) {
			const GArray *list = classes->pdata[k];

			if (shares[k] < list->len) {
				shares[k]++;
				left--;
			}
		}
	} while (left > 0 && left < before);
}

/* Rows of all classes, those of a class together. */
static gboolean
add_rows(const Preview *p, guint rows, GError **error)
{
	g_autoptr(GPtrArray) classes = list_by_class(p->input, rows, error);
	g_autofree guint *shares = NULL;

	if (classes == NULL)
		return FALSE;
	shares = g_new0(guint, classes->len);
	share_rows(classes, rows, shares);
	for (guint k = 0; k < classes->len; k++)
		for (guint i = 0; i < shares[k]; i++)
			if (!add_row(p,
				     g_array_index((GArray *)classes->pdata[k],
						   gsize, i),
				     error))
				return FALSE;
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
	g_autoptr(KwSheet) sheet = kw_sheet_new(h, w, c, columns, error);
	g_autoptr(KwTransformer) transformer = NULL;
	g_autofree guint8 *pixels = NULL;
	Preview preview = { .sheet = sheet,
			    .input = input,
			    .recipe = recipe,
			    .columns = columns };

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
	return add_rows(&preview, (guint)MIN(rows, kw_sheet_max_rows(sheet)),
			error) &&
	       render(sheet, out, error);
}
