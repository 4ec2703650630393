/*
 * Counts and sizes as people write them.  All units are decimal: k is 1000.
 * Any thread.
 */
#ifndef KW_SIZE_H
#define KW_SIZE_H

#include <glib.h>

/*
 * A whole number, which may end in k, M or G: "1500", "200k", "268M", "1.5G".
 * What it stands for must be whole as well: "1.5k" is, "1.5" is not.  No sign,
 * no blanks, no exponent.
 * FALSE with KW_ERROR_USAGE otherwise, and for 2^64 and more; *value is then
 * as it was.
 */
gboolean kw_size_parse(const char *text, guint64 *value, GError **error);

/*
 * Bytes for people, rounded: "999 bytes", "1.4 GB", "12.3 GB", "312 MB".  The
 * same in every locale.  Free it.
 */
char *kw_size_text(guint64 bytes);

#endif
