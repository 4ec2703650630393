#include "augment/save.h"

#include <errno.h>

#include "kw/error.h"
#include "kw/image_names.h"
#include "kw/image_save.h"

const char *const augment_save_formats[] = { "png", "jpeg", NULL };

static const char *const endings[] = { ".png", ".jpg" };

struct AugmentSave {
	const char *folder, *ending;
	const KwDatasetInfo *info;
	KwImageNames *names;
	GHashTable *made; /* folders that are there */
	GPtrArray *paths; /* of the images of a block */
	gint n_saved;
};

AugmentSave *
augment_save_new(const char *folder, int format, const KwDatasetInfo *info)
{
	AugmentSave *save = g_new0(AugmentSave, 1);

	save->folder = folder;
	save->ending = endings[format];
	save->info = info;
	save->names = kw_image_names_new(info->class_names);
	save->made =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	save->paths = g_ptr_array_new_with_free_func(g_free);
	return save;
}

void
augment_save_free(AugmentSave *save)
{
	if (save == NULL)
		return;
	kw_image_names_free(save->names);
	g_hash_table_unref(save->made);
	g_ptr_array_unref(save->paths);
	g_free(save);
}

gsize
augment_save_count(const AugmentSave *save)
{
	return (gsize)g_atomic_int_get(&save->n_saved);
}

static gboolean
make_folder_of(AugmentSave *save, const char *path, GError **error)
{
	char *folder = g_path_get_dirname(path);

	if (!g_hash_table_contains(save->made, folder) &&
	    g_mkdir_with_parents(folder, 0777) != 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_IO,
			    "cannot make the folder '%s': %s", folder,
			    g_strerror(errno));
		g_free(folder);
		return FALSE;
	}
	g_hash_table_add(save->made, folder);
	return TRUE;
}

static gboolean
is_empty_folder(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	gboolean empty = dir != NULL && g_dir_read_name(dir) == NULL;

	if (dir != NULL)
		g_dir_close(dir);
	return empty;
}

gboolean
augment_save_check(const char *folder, GError **error)
{
	g_autofree char *train =
		g_build_filename(folder, kw_split_names[KW_TRAIN], NULL);

	if (!g_file_test(train, G_FILE_TEST_EXISTS) || is_empty_folder(train))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
		    "'%s' exists already; --save-to never replaces files: name "
		    "a folder that is not there",
		    train);
	return FALSE;
}

gboolean
augment_save_plan(AugmentSave *save, const AugmentBlock *block, GError **error)
{
	g_ptr_array_set_size(save->paths, 0);
	if (block->split != KW_TRAIN)
		return TRUE;
	for (guint i = 0; i < block->images->len; i++) {
		const AugmentImage *image =
			&g_array_index(block->images, AugmentImage, i);
		g_autofree char *name = kw_image_names_next(
			save->names, block->split, block->records, image->row,
			image->copy, save->ending);
		char *path = g_build_filename(save->folder, name, NULL);

		g_ptr_array_add(save->paths, path);
		if (!make_folder_of(save, path, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
augment_save_image(AugmentSave *save, gsize i, const guint8 *pixels,
		   GError **error)
{
	const KwDatasetInfo *info = save->info;
	g_autoptr(KwOutfile) out = NULL;

	if (i >= save->paths->len)
		return TRUE;
	out = kw_outfile_new(save->paths->pdata[i], FALSE, error);
	if (out == NULL ||
	    !kw_image_save(out, pixels, info->height, info->width,
			   info->channels, error) ||
	    !kw_outfile_commit(out, error))
		return FALSE;
	g_atomic_int_inc(&save->n_saved);
	return TRUE;
}
