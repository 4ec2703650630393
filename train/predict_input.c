#include "train/predict_input.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kw/app.h"
#include "kw/folder.h"

/* A file to be loaded, or why there is none. */
typedef struct {
	char *path;
	gboolean found; /* in a folder, not named by anybody */
	GError *error;
} Entry;

struct PredictInput {
	GPtrArray *entries; /* Entry; NULL for a dataset */
	gsize n_hidden;
	KwDataset *dataset;
	KwSplit split;
};

static void
entry_free(Entry *entry)
{
	g_free(entry->path);
	g_clear_error(&entry->error);
	g_free(entry);
}

void
predict_input_free(PredictInput *input)
{
	if (input == NULL)
		return;
	if (input->entries != NULL)
		g_ptr_array_unref(input->entries);
	kw_dataset_free(input->dataset);
	g_free(input);
}

/* ---- photos */

/* Takes `path`. */
static Entry *
add_entry(PredictInput *input, char *path, gboolean found)
{
	Entry *entry = g_new0(Entry, 1);

	entry->path = path;
	entry->found = found;
	g_ptr_array_add(input->entries, entry);
	return entry;
}

static void
walk(PredictInput *input, GHashTable *visits, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(KwFolder) folder = NULL;

	if (kw_interrupted() || !kw_folder_visit(visits, path))
		return;
	folder = kw_folder_list(path, &error);
	if (folder == NULL) {
		g_prefix_error(&error, "cannot read folder: ");
		add_entry(input, g_strdup(path), TRUE)->error =
			g_steal_pointer(&error);
		return;
	}
	input->n_hidden += folder->n_hidden;
	for (guint i = 0; i < folder->files->len; i++)
		add_entry(input, kw_folder_join(path, folder->files->pdata[i]),
			  TRUE);
	for (guint i = 0; i < folder->folders->len; i++) {
		g_autofree char *sub =
			kw_folder_join(path, folder->folders->pdata[i]);

		walk(input, visits, sub);
	}
}

static int
compare_entries(const void *a, const void *b)
{
	const Entry *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

/* All files below a folder; one without any is an entry of its own. */
static void
add_folder(PredictInput *input, const char *path)
{
	g_autoptr(GHashTable) visits = kw_folder_visits_new();
	const guint before = input->entries->len;
	guint n;

	walk(input, visits, path);
	n = input->entries->len - before;
	if (n > 0)
		qsort(input->entries->pdata + before, n, sizeof(gpointer),
		      compare_entries);
	else
		g_set_error(&add_entry(input, g_strdup(path), FALSE)->error,
			    KW_ERROR, KW_ERROR_INPUT,
			    "the folder holds no "
			    "files");
}

static void
add_path(PredictInput *input, const char *path)
{
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		add_folder(input, path);
	else
		add_entry(input, g_strdup(path), FALSE);
}

/*
 * All of standard input.  It is waited for in short turns: a signal that came
 * before the wait would not end a long one.
 */
static gboolean
read_stdin(GString *text, GError **error)
{
	enum { TURN = 200 }; /* milliseconds */
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char block[4096];
	gssize n = 1;

	while (n != 0) {
		if (!kw_check_interrupted(error))
			return FALSE;
		if (poll(&in, 1, TURN) <= 0)
			continue;
		n = read(STDIN_FILENO, block, sizeof block);
		if (n > 0)
			g_string_append_len(text, block, n);
		if (n < 0 && errno != EINTR) {
			g_set_error(error, KW_ERROR, KW_ERROR_IO,
				    "cannot read standard input: %s",
				    g_strerror(errno));
			return FALSE;
		}
	}
	return TRUE;
}

/* Add the lines of standard input, empty ones left out. */
static gboolean
add_list(PredictInput *input, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_auto(GStrv) lines = NULL;

	if (!read_stdin(text, error))
		return FALSE;
	if (strlen(text->str) != text->len) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "the list on standard input has a NUL byte; it "
			    "holds one path a line, as of find -print, not of "
			    "-print0");
		return FALSE;
	}
	lines = g_strsplit(text->str, "\n", -1);
	for (char **line = lines; *line != NULL; line++) {
		gsize n = strlen(*line);

		/* Lines may end as on Windows. */
		while (n > 0 && (*line)[n - 1] == '\r')
			(*line)[--n] = '\0';
		if (n > 0)
			add_path(input, *line);
	}
	return TRUE;
}

static gboolean
add_photos(PredictInput *input, const GPtrArray *paths, GError **error)
{
	input->entries =
		g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];

		if (strcmp(path, "-") != 0)
			add_path(input, path);
		else if (!add_list(input, error))
			return FALSE;
	}
	if (!kw_check_interrupted(error))
		return FALSE;
	if (input->entries->len == 0)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "no photos: the list on standard input is empty");
	return input->entries->len > 0;
}

/* ---- a dataset */

static gboolean
is_hdf5(const char *path)
{
	static const char magic[8] = { '\x89', 'H',  'D',    'F',
				       '\r',   '\n', '\x1a', '\n' };
	char head[sizeof magic];
	FILE *file;
	gsize n;

	/* A pipe is left alone. */
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
	    (file = fopen(path, "rb")) == NULL)
		return FALSE;
	n = fread(head, 1, sizeof head, file);
	fclose(file);
	return n == sizeof head && memcmp(head, magic, sizeof head) == 0;
}

static gboolean
open_dataset(PredictInput *input, const char *path, KwSplit split,
	     GError **error)
{
	KwDataset *d = input->dataset = kw_dataset_open(path, error);

	input->split = split == KW_N_SPLITS ? KW_TEST : split;
	if (d == NULL)
		return FALSE;
	if (kw_dataset_count(d, input->split) > 0)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "'%s' has no %s records (train %zu, val %zu, test %zu); "
		    "choose another split with --split",
		    kw_dataset_name(d), kw_split_names[input->split],
		    kw_dataset_count(d, KW_TRAIN), kw_dataset_count(d, KW_VAL),
		    kw_dataset_count(d, KW_TEST));
	return FALSE;
}

static gboolean
refuse(const PredictInput *input, const char *model, GError **error,
       const char *what, const char *theirs, const char *ours)
{
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "%s of '%s' and of the model '%s' differ (%s; %s); use a "
		    "dataset that was prepared as the model's was",
		    what, kw_dataset_name(input->dataset), model, theirs, ours);
	return FALSE;
}

/* "scale 0.003921569 0.003921569 0.003921569, offset 0 0 0" */
static char *
standardisation_text(const float *scale, const float *offset, int channels)
{
	GString *text = g_string_new("scale");

	for (int c = 0; c < channels; c++)
		g_string_append_printf(text, " %.7g", (double)scale[c]);
	g_string_append(text, ", offset");
	for (int c = 0; c < channels; c++)
		g_string_append_printf(text, " %.7g", (double)offset[c]);
	return g_string_free(text, FALSE);
}

/* What counts is how pixels reach the network, as kw-train compares it. */
static gboolean
check_standardisation(const PredictInput *input, const char *model,
		      const ModelInfo *info, GError **error)
{
	const KwDatasetInfo *d = kw_dataset_info(input->dataset);
	const gsize bytes = (gsize)d->channels * sizeof *d->scale;
	g_autofree char *theirs =
		standardisation_text(d->scale, d->offset, d->channels);
	g_autofree char *ours =
		standardisation_text(info->scale, info->offset, info->channels);

	return (memcmp(d->scale, info->scale, bytes) == 0 &&
		memcmp(d->offset, info->offset, bytes) == 0) ||
	       refuse(input, model, error, "the standardisation", theirs, ours);
}

gboolean
predict_input_check(const PredictInput *input, const char *model,
		    const ModelInfo *info, GError **error)
{
	g_autofree char *theirs = NULL, *ours = NULL;
	g_autofree char *their_size = NULL, *our_size = NULL;
	const KwDatasetInfo *d;

	if (input->dataset == NULL)
		return TRUE;
	d = kw_dataset_info(input->dataset);
	theirs = g_strjoinv(", ", d->class_names);
	ours = g_strjoinv(", ", info->class_names);
	if (!g_strv_equal((const char *const *)d->class_names,
			  (const char *const *)info->class_names))
		return refuse(input, model, error,
			      "the classes, or their order,", theirs, ours);
	their_size = g_strdup_printf("%d x %d x %d", d->height, d->width,
				     d->channels);
	our_size = g_strdup_printf("%d x %d x %d", info->height, info->width,
				   info->channels);
	if (strcmp(their_size, our_size) != 0)
		return refuse(input, model, error, "the image sizes",
			      their_size, our_size);
	if (strcmp(d->fit, info->fit) != 0)
		return refuse(input, model, error,
			      "the ways of fitting photos (--fit)", d->fit,
			      info->fit);
	return check_standardisation(input, model, info, error);
}

/* ---- both */

PredictInput *
predict_input_new(const GPtrArray *paths, KwSplit split, GError **error)
{
	g_autoptr(PredictInput) input = g_new0(PredictInput, 1);
	const char *first = paths->pdata[0];
	gboolean ok;

	if (paths->len == 1 && (split != KW_N_SPLITS || is_hdf5(first)))
		ok = open_dataset(input, first, split, error);
	else
		ok = add_photos(input, paths, error);
	return ok ? g_steal_pointer(&input) : NULL;
}

gsize
predict_input_count(const PredictInput *input)
{
	return input->dataset != NULL
		       ? kw_dataset_count(input->dataset, input->split)
		       : input->entries->len;
}

const char *
predict_input_unit(const PredictInput *input)
{
	return input->dataset != NULL ? "records" : "photos";
}

const KwDataset *
predict_input_dataset(const PredictInput *input, KwSplit *split)
{
	if (input->dataset != NULL)
		*split = input->split;
	return input->dataset;
}

gsize
predict_input_hidden(const PredictInput *input)
{
	return input->n_hidden;
}

gboolean
predict_input_load(const PredictInput *input, gsize i,
		   const KwImageRequest *request, guint8 *pixels,
		   gboolean *no_photo, GError **error)
{
	g_autoptr(GError) reason = NULL;
	const Entry *entry;

	*no_photo = FALSE;
	if (input->dataset != NULL)
		return kw_dataset_read_images(input->dataset, input->split, i,
					      1, pixels, error);
	entry = input->entries->pdata[i];
	if (entry->error != NULL) {
		g_propagate_error(error, g_error_copy(entry->error));
		return FALSE;
	}
	if (kw_image_load(entry->path, request, pixels, NULL, &reason))
		return TRUE;
	/* Only what could be opened can be of no type. */
	*no_photo = entry->found &&
		    g_error_matches(reason, KW_ERROR, KW_ERROR_FORMAT) &&
		    !kw_image_is_photo(entry->path);
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

gboolean
predict_input_describe(const PredictInput *input, gsize first, gsize n,
		       PredictItems *items, GError **error)
{
	items->items = g_new0(PredictItem, n);
	items->records = NULL;
	if (input->dataset != NULL) {
		items->records = kw_dataset_read_records(
			input->dataset, input->split, first, n, error);
		if (items->records == NULL)
			return FALSE;
	}
	for (gsize i = 0; i < n; i++) {
		PredictItem *item = &items->items[i];

		if (items->records == NULL) {
			const Entry *entry = input->entries->pdata[first + i];

			*item = (PredictItem){ entry->path, -1, 0 };
		} else {
			*item = (PredictItem){ items->records->sources[i],
					       items->records->labels[i],
					       items->records->copies[i] };
		}
	}
	return TRUE;
}

void
predict_items_clear(PredictItems *items)
{
	g_free(items->items);
	kw_records_free(items->records);
}
