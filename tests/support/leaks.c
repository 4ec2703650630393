#include "tests/support/leaks.h"

#include <string.h>

#include "kw/error.h"

enum { N_COLUMNS = 6 };

static const char heading[] = "path\tkind\toriginal\tseries\tcamera\tdate\n";

const char *const leak_kind_names[LEAK_N_KINDS + 1] = {
	"plain", "burst", "frame",    "same", "resaved", "50 %",
	"75 %",  "130 %", "crop 1 %", "png",  "webp",    NULL,
};

void
leak_photo_free(LeakPhoto *photo)
{
	g_free(photo->path);
	g_free(photo->original);
	g_free(photo->camera);
	g_free(photo->date);
	g_free(photo);
}

gboolean
leaks_write(const GPtrArray *photos, const char *file, GError **error)
{
	g_autoptr(GString) lines = g_string_new(heading);

	for (guint i = 0; i < photos->len; i++) {
		const LeakPhoto *p = photos->pdata[i];

		g_string_append_printf(lines, "%s\t%s\t%s\t%d\t%s\t%s\n",
				       p->path, leak_kind_names[p->kind],
				       p->original != NULL ? p->original : "-",
				       p->series,
				       p->camera != NULL ? p->camera : "-",
				       p->date != NULL ? p->date : "-");
	}
	return g_file_set_contents(file, lines->str, (gssize)lines->len, error);
}

static char *
value_or_null(const char *text)
{
	return strcmp(text, "-") != 0 ? g_strdup(text) : NULL;
}

/* NULL when the columns are not those of a photo. */
static LeakPhoto *
read_photo(GStrv columns)
{
	LeakPhoto *photo;
	guint64 series;
	int kind = 0;

	if (g_strv_length(columns) != N_COLUMNS ||
	    !g_ascii_string_to_unsigned(columns[3], 10, 0, G_MAXINT, &series,
					NULL))
		return NULL;
	while (kind < LEAK_N_KINDS &&
	       strcmp(leak_kind_names[kind], columns[1]) != 0)
		kind++;
	if (kind == LEAK_N_KINDS)
		return NULL;
	photo = g_new0(LeakPhoto, 1);
	photo->path = g_strdup(columns[0]);
	photo->kind = (LeakKind)kind;
	photo->original = value_or_null(columns[2]);
	photo->series = (int)series;
	photo->camera = value_or_null(columns[4]);
	photo->date = value_or_null(columns[5]);
	return photo;
}

GPtrArray *
leaks_read(const char *file, GError **error)
{
	g_autoptr(GPtrArray) photos =
		g_ptr_array_new_with_free_func((GDestroyNotify)leak_photo_free);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(file, &text, NULL, error))
		return NULL;
	lines = g_strsplit(text, "\n", -1);
	/* The last line ends, and so an empty one follows it. */
	for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++) {
		g_auto(GStrv) columns = g_strsplit(lines[i], "\t", -1);
		LeakPhoto *photo = read_photo(columns);

		if (photo == NULL && (*lines[i] != '\0' || lines[i + 1])) {
			g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
				    "'%s': line %u is not a photo of a "
				    "manifest",
				    file, i + 1);
			return NULL;
		}
		if (photo != NULL)
			g_ptr_array_add(photos, photo);
	}
	return g_steal_pointer(&photos);
}
