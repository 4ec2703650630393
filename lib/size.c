#include "kw/size.h"

#include <errno.h>

#include "kw/error.h"

/* The factor that a suffix stands for; 0 when it is none. */
static guint64
suffix_factor(const char *suffix)
{
	if (suffix[0] == '\0')
		return 1;
	if (suffix[1] != '\0')
		return 0;
	switch (suffix[0]) {
	case 'k':
		return 1000;
	case 'M':
		return 1000 * 1000;
	case 'G':
		return 1000 * 1000 * 1000;
	default:
		return 0;
	}
}

static const char *
skip_digits(const char *text)
{
	while (g_ascii_isdigit(*text))
		text++;
	return text;
}

/* What the digits of a fraction add, times the factor; -1: that is not whole.
 */
static gint64
read_fraction(const char *digits, const char *end, guint64 factor)
{
	gint64 value = 0;

	for (; digits < end; digits++) {
		factor /= 10;
		if (factor == 0 && *digits != '0')
			return -1;
		value += (gint64)factor * (*digits - '0');
	}
	return value;
}

gboolean
kw_size_parse(const char *text, guint64 *value, GError **error)
{
	const char *point = skip_digits(text);
	const char *end = *point == '.' ? skip_digits(point + 1) : point;
	guint64 factor = suffix_factor(end), whole;
	gint64 fraction = 0;

	if (end > point)
		fraction = read_fraction(point + 1, end, factor);
	if (point == text || end == point + 1 || factor == 0 || fraction < 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "'%s' is not a whole number such as 1500, 200k, "
			    "4M or 1.5G",
			    text);
		return FALSE;
	}
	errno = 0;
	whole = g_ascii_strtoull(text, NULL, 10);
	if (errno != 0 || !g_uint64_checked_mul(&whole, whole, factor) ||
	    !g_uint64_checked_add(&whole, whole, (guint64)fraction)) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "'%s' is too large a number", text);
		return FALSE;
	}
	*value = whole;
	return TRUE;
}

char *
kw_size_text(guint64 bytes)
{
	static const char *const units[] = {
		"kB", "MB", "GB", "TB", "PB", "EB"
	};
	guint64 unit = 1000, tenths;
	gsize i = 0;

	if (bytes < 1000)
		return g_strdup_printf("%d byte%s", (int)bytes,
				       bytes == 1 ? "" : "s");
	/* 999.5 kB is 1.0 MB: a number is rounded to at most three digits. */
	while (i + 1 < G_N_ELEMENTS(units) && bytes >= unit * 1000 - unit / 2) {
		unit *= 1000;
		i++;
	}
	tenths = bytes / (unit / 10) +
		 (bytes % (unit / 10) >= unit / 20 ? 1 : 0);
	if (tenths >= 1000)
		return g_strdup_printf(
			"%d %s",
			(int)(bytes / unit +
			      (bytes % unit >= unit / 2 ? 1 : 0)),
			units[i]);
	return g_strdup_printf("%d.%d %s", (int)(tenths / 10),
			       (int)(tenths % 10), units[i]);
}
