#include "kw/tsv.h"

#include <string.h>

#include "kw/error.h"

/* The character of letters[i] stands, behind a backslash, for special[i]. */
static const char special[] = "\t\n\r\\", letters[] = "tnr\\";

char *
kw_tsv_escape(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text++) {
		const char *at = strchr(special, *text);

		if (at != NULL)
			g_string_append_printf(out, "\\%c",
					       letters[at - special]);
		else if (g_ascii_iscntrl(*text))
			g_string_append_printf(out, "\\x%02X",
					       (unsigned char)*text);
		else
			g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}

/*
 * The byte that the sequence behind a backslash stands for, and in *n the
 * length of the sequence; 0 for none.
 */
static int
read_sequence(const char *text, gsize *n)
{
	const char *at;
	int high, low;

	if (*text == '\0')
		return 0;
	at = strchr(letters, *text);
	*n = 1;
	if (at != NULL)
		return special[at - letters];
	if (*text != 'x')
		return 0;
	high = g_ascii_xdigit_value(text[1]);
	low = high < 0 ? -1 : g_ascii_xdigit_value(text[2]);
	*n = 3;
	return low < 0 ? 0 : high * 16 + low;
}

char *
kw_tsv_unescape(const char *text, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const char *next = text;

	while (*next != '\0') {
		gsize n = 0;
		int c;

		if (*next != '\\') {
			g_string_append_c(out, *next++);
			continue;
		}
		c = read_sequence(next + 1, &n);
		if (c == 0) {
			g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
				    "'%s' has a backslash that is not part of "
				    "\\t, \\n, \\r, \\\\ or \\xNN, the last "
				    "for a byte other than 0",
				    text);
			return NULL;
		}
		g_string_append_c(out, (char)c);
		next += 1 + n;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}
