/*
 * Progress on standard error: a bar with rate and time left when it is a
 * terminal, else a plain line every ten seconds.  A NULL object is silent.
 * One thread only, never inside a parallel loop.
 */
#ifndef KW_PROGRESS_H
#define KW_PROGRESS_H

#include <glib.h>

typedef struct KwProgress KwProgress;

/*
 * `verb` says what is done ("reading photos"), `unit` what is counted
 * ("photos"); `total` > 0.  Both strings are copied.
 */
KwProgress *kw_progress_new(const char *verb, const char *unit, guint64 total);

/* `done` units of the total are finished. */
void kw_progress_set(KwProgress *progress, guint64 done);

/* Erases the bar, so that what is printed next starts on a clean line. */
void kw_progress_free(KwProgress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwProgress, kw_progress_free)

#endif
