/* Text in a field of a tab-separated file.  Any thread. */
#ifndef KW_TSV_H
#define KW_TSV_H

#include <glib.h>

/*
 * The text with a tab as \t, newline as \n, carriage return as \r, backslash as
 * \\ and any other ASCII control character as \xNN, so that a line is always a
 * record and a tab always ends a field; printf's %b gives the text back.  All
 * other bytes stay as they are.  Free it.
 */
char *kw_tsv_escape(const char *text);

/*
 * What a field stands for: the inverse, which takes \xNN for any byte but NUL.
 * Free it.
 * NULL with KW_ERROR_FORMAT for any other sequence that starts with a
 * backslash.
 */
char *kw_tsv_unescape(const char *text, GError **error);

#endif
