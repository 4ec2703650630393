#include "info/selection.h"

#include <string.h>

#include "kw/error.h"

static gboolean
is_number(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* Digits as a number that is no G_MAXSIZE. */
static gboolean
parse_number(const char *text, gsize *number, GError **error)
{
	guint64 value;

	if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &value,
					NULL)) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "'%s' is too large a number", text);
		return FALSE;
	}
	*number = (gsize)value;
	return TRUE;
}

/* "3" or "0-9"; anything else is no range. */
static gboolean
is_range(const char *text)
{
	g_auto(GStrv) ends = g_strsplit(text, "-", 2);

	return ends[0] != NULL && is_number(ends[0]) &&
	       (ends[1] == NULL || is_number(ends[1]));
}

static gboolean
parse_range(InfoSelection *selection, const char *text, GError **error)
{
	g_auto(GStrv) ends = g_strsplit(text, "-", 2);
	const char *last = ends[1] != NULL ? ends[1] : ends[0];

	if (!parse_number(ends[0], &selection->first, error) ||
	    !parse_number(last, &selection->last, error))
		return FALSE;
	if (selection->first <= selection->last)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
		    "'%s' ends before it begins", selection->text);
	return FALSE;
}

/* "train" and what may follow it, "/0-9"; NULL when it is none of them. */
static const char *
behind_split(const char *text, KwSplit *split)
{
	for (*split = 0; *split < KW_N_SPLITS; (*split)++) {
		gsize length = strlen(kw_split_names[*split]);

		if (strncmp(text, kw_split_names[*split], length) == 0 &&
		    (text[length] == '\0' || text[length] == '/'))
			return text + length;
	}
	return NULL;
}

gboolean
info_selection_parse(InfoSelection *selection, const char *text, GError **error)
{
	const char *rest;

	*selection = (InfoSelection){ .text = text, .last = G_MAXSIZE };
	if (strcmp(text, "all") == 0) {
		selection->kind = SELECT_ALL;
		return TRUE;
	}
	rest = behind_split(text, &selection->split);
	if (rest != NULL && (*rest == '\0' || is_range(rest + 1))) {
		selection->kind = SELECT_RANGE;
		return *rest == '\0' || parse_range(selection, rest + 1, error);
	}
	selection->kind = SELECT_SOURCE;
	if (g_ascii_strncasecmp(text, "0x", 2) == 0 &&
	    g_ascii_string_to_unsigned(text + 2, 16, 0, G_MAXUINT64,
				       &selection->id, NULL))
		selection->kind = SELECT_ID;
	return TRUE;
}

gboolean
info_selection_range(const InfoSelection *selection, const KwDataset *dataset,
		     KwSplit split, gsize *first, gsize *n, GError **error)
{
	const gsize count = kw_dataset_count(dataset, split);

	*first = 0;
	*n = count;
	if (selection->kind != SELECT_RANGE)
		return TRUE;
	if (split != selection->split) {
		*n = 0;
		return TRUE;
	}
	if (selection->last == G_MAXSIZE)
		return TRUE;
	if (selection->last >= count) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' has no record %s: /%s holds %zu, counted "
			    "from 0",
			    kw_dataset_name(dataset), selection->text,
			    kw_split_names[split], count);
		return FALSE;
	}
	*first = selection->first;
	*n = selection->last - selection->first + 1;
	return TRUE;
}

gboolean
info_selection_holds(const InfoSelection *selection, const KwRecords *records,
		     gsize i)
{
	switch (selection->kind) {
	case SELECT_ID:
		return records->record_ids[i] == selection->id;
	case SELECT_SOURCE:
		return strcmp(records->sources[i], selection->text) == 0;
	default:
		return TRUE;
	}
}
