#include "prep/list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kw/error.h"
#include "kw/record.h"
#include "kw/tsv.h"

enum { PATH, LABEL, SPLIT, GROUP, N_FIELDS };

/* A line of the list: its fields, unescaped; absent ones are empty. */
typedef struct {
	char *fields[N_FIELDS];
	KwSplit split; /* KW_N_SPLITS: none is given */
	guint number;
} Line;

typedef struct {
	const char *name; /* of the list, for messages */
	const char *dir;
	GPtrArray *lines; /* Line */
} List;

static void
line_free(Line *line)
{
	for (int i = 0; i < N_FIELDS; i++)
		g_free(line->fields[i]);
	g_free(line);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Line, line_free)

static gboolean G_GNUC_PRINTF(4, 5)
	fail_line(GError **error, const List *list, guint number,
		  const char *format, ...)
{
	g_autofree char *reason = NULL;
	va_list args;

	va_start(args, format);
	reason = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT, "%s, line %u: %s",
		    list->name, number, reason);
	return FALSE;
}

/* ---- lines */

static gboolean
split_fields(const List *list, Line *line, const char *text, GError **error)
{
	g_auto(GStrv) fields = g_strsplit(text, "\t", N_FIELDS + 1);
	guint n = g_strv_length(fields);

	if (n < LABEL + 1 || n > N_FIELDS)
		return fail_line(error, list, line->number,
				 "%u fields; expected PATH, LABEL and "
				 "perhaps SPLIT and GROUP, with a tab between",
				 n);
	for (guint i = 0; i < N_FIELDS; i++) {
		g_autoptr(GError) reason = NULL;

		line->fields[i] =
			kw_tsv_unescape(i < n ? fields[i] : "", &reason);
		if (line->fields[i] == NULL)
			return fail_line(error, list, line->number, "%s",
					 reason->message);
	}
	return TRUE;
}

static gboolean
check_fields(const List *list, Line *line, GError **error)
{
	const char *split = line->fields[SPLIT];

	if (*line->fields[PATH] == '\0' || *line->fields[LABEL] == '\0')
		return fail_line(error, list, line->number,
				 "no path or no label");
	line->split = scan_split_by_name(split);
	if (line->split == KW_N_SPLITS && *split != '\0')
		return fail_line(error, list, line->number,
				 "'%s' is no split; expected train, val or "
				 "test, or nothing",
				 split);
	return TRUE;
}

/* Takes nothing of `text`, a line without its end. */
static gboolean
add_line(List *list, const char *text, guint number, GError **error)
{
	g_autoptr(Line) line = g_new0(Line, 1);

	line->number = number;
	if (*text == '\0' ||
	    (number == 1 && (strcmp(text, "path\tlabel") == 0 ||
			     g_str_has_prefix(text, "path\tlabel\t"))))
		return TRUE;
	if (!split_fields(list, line, text, error) ||
	    !check_fields(list, line, error))
		return FALSE;
	g_ptr_array_add(list->lines, g_steal_pointer(&line));
	return TRUE;
}

static gboolean
read_lines(List *list, FILE *stream, GError **error)
{
	char *text = NULL;
	size_t room = 0;
	gboolean ok = TRUE;
	ssize_t n;

	errno = 0;
	for (guint number = 1; ok && (n = getline(&text, &room, stream)) >= 0;
	     number++) {
		/* Some editors put a byte order mark before everything. */
		const char *start =
			number == 1 && g_str_has_prefix(text, "\xef\xbb\xbf")
				? text + 3
				: text;

		while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
			text[--n] = '\0';
		ok = strlen(text) == (gsize)n
			     ? add_line(list, start, number, error)
			     : fail_line(error, list, number,
					 "a NUL byte; a list is text");
	}
	free(text);
	if (ok && ferror(stream)) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "cannot read %s: %s", list->name,
			    g_strerror(errno));
		return FALSE;
	}
	return ok;
}

static gboolean
read_list(List *list, const char *file, GError **error)
{
	gboolean is_stdin = strcmp(file, "-") == 0;
	FILE *stream = is_stdin ? stdin : fopen(file, "re");
	gboolean ok;

	if (stream == NULL) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "cannot read %s: %s", list->name,
			    g_strerror(errno));
		return FALSE;
	}
	ok = read_lines(list, stream, error);
	if (!is_stdin)
		fclose(stream);
	return ok;
}

/* ---- photos */

/* "./a//b/./c" is "a/b/c"; ".." stays.  Free it. */
static char *
tidy(const char *path)
{
	GString *tidied = g_string_new(*path == '/' ? "/" : NULL);
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	for (char **part = parts; *part != NULL; part++) {
		if (**part == '\0' || strcmp(*part, ".") == 0)
			continue;
		if (tidied->len > 0 && tidied->str[tidied->len - 1] != '/')
			g_string_append_c(tidied, '/');
		g_string_append(tidied, *part);
	}
	return g_string_free(tidied, FALSE);
}

static Photo *
make_photo(const List *list, const Line *line, int label)
{
	g_autofree char *path = tidy(line->fields[PATH]);
	g_autofree char *dir = tidy(list->dir != NULL ? list->dir : "");
	gsize n = strlen(dir);
	const char *name = path;
	Photo *photo;

	if (*path == '/' && n > 0 && strncmp(path, dir, n) == 0 &&
	    path[n] == '/')
		name = path + n + 1;
	else if (*path == '/')
		name = path + 1;
	photo = photo_new(*path == '/' || n == 0
				  ? g_strdup(path)
				  : g_build_filename(dir, path, NULL),
			  g_strdup(name), label);
	photo->pinned = line->split;
	if (*line->fields[GROUP] != '\0') {
		/* No path and no day's key begins with "//". */
		g_autofree char *key =
			g_strconcat("//", line->fields[GROUP], NULL);

		photo->given_group = kw_record_id(key);
	}
	return photo;
}

/* Of equal lines one counts; a photo that is told of twice is a riddle. */
static gboolean
check_repeated(const List *list, const Line *line, const Line *before,
	       GError **error)
{
	if (before == NULL ||
	    (strcmp(line->fields[LABEL], before->fields[LABEL]) == 0 &&
	     line->split == before->split &&
	     strcmp(line->fields[GROUP], before->fields[GROUP]) == 0))
		return TRUE;
	return fail_line(error, list, line->number,
			 "'%s' is in line %u already, with another label, "
			 "split or group",
			 line->fields[PATH], before->number);
}

static gboolean
add_photos(Scan *scan, const List *list, GError **error)
{
	/* Keys are owned by the photos. */
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < list->lines->len; i++) {
		const Line *line = list->lines->pdata[i], *before;
		int label = scan_label(scan, line->fields[LABEL]);
		Photo *photo;

		if (label < 0) {
			scan->n_other++;
			continue;
		}
		photo = make_photo(list, line, label);
		before = g_hash_table_lookup(seen, photo->path);
		if (before == NULL) {
			g_hash_table_insert(seen, photo->path, (void *)line);
			g_ptr_array_add(scan->photos, photo);
			continue;
		}
		photo_free(photo);
		scan->n_repeated++;
		if (!check_repeated(list, line, before, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
check_found(const Scan *scan, GError **error)
{
	if (scan->photos->len == 0)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "%s names no photos; expected lines of PATH and "
			    "LABEL with a tab between",
			    scan->where);
	else if (scan->classes->len < 2)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "%s has one class only, '%s'; a classifier needs "
			    "two or more",
			    scan->where, (char *)scan->classes->pdata[0]);
	else
		return TRUE;
	return FALSE;
}

static gboolean
settle_classes(Scan *scan, const List *list, char *const *classes,
	       GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < list->lines->len; i++)
		g_ptr_array_add(names,
				((Line *)list->lines->pdata[i])->fields[LABEL]);
	return scan_set_classes(scan, names, classes, error);
}

/* Every photo has its split: nothing is left to be split. */
static gboolean
all_pinned(const Scan *scan)
{
	for (guint i = 0; i < scan->photos->len; i++)
		if (((Photo *)scan->photos->pdata[i])->pinned == KW_N_SPLITS)
			return FALSE;
	return TRUE;
}

Scan *
list_scan(const char *file, const char *dir, char *const *classes,
	  GError **error)
{
	g_autofree char *name = strcmp(file, "-") == 0
					? g_strdup("the list on standard input")
					: g_strdup_printf("list '%s'", file);
	g_autoptr(GPtrArray) lines =
		g_ptr_array_new_with_free_func((GDestroyNotify)line_free);
	g_autoptr(Scan) scan = scan_new(g_strdup(name));
	List list = { .name = name, .dir = dir, .lines = lines };

	if (!read_list(&list, file, error) ||
	    !settle_classes(scan, &list, classes, error) ||
	    !add_photos(scan, &list, error) || !check_found(scan, error))
		return NULL;
	scan->presplit = all_pinned(scan);
	scan_sort(scan);
	return g_steal_pointer(&scan);
}
