/* Text in a field of a tab-separated file. */
#ifndef KW_TRAIN_TSV_H
#define KW_TRAIN_TSV_H

/*
 * The text with a tab as \t, newline as \n, carriage return as \r, backslash as
 * \\ and any other ASCII control character as \xNN, so that a line is always a
 * record and a tab always ends a field; printf's %b gives the text back.  All
 * other bytes stay as they are.  Free it.
 */
char *tsv_escape(const char *text);

#endif
