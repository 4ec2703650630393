#include "train/tsv.h"

#include <glib.h>
#include <string.h>

char *
tsv_escape(const char *text)
{
	static const char special[] = "\t\n\r\\", letters[] = "tnr\\";
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
