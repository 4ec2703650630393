/*
 * Is a dataset what it says it is?  Opening has checked its structure; this
 * reads the rest.
 */
#ifndef KW_INFO_VERIFY_H
#define KW_INFO_VERIFY_H

#include "kw/dataset.h"
#include "kw/progress.h"

/* What was found; strings are owned by the object. */
typedef struct {
	gsize records;       /* read: all */
	gsize damaged;       /* those among them that are not sound */
	gsize shared_groups; /* groups in more than one split */
	/* char *: which of them and why, a line each; the first
	 * VERIFY_MAX_LINES */
	GPtrArray *damage;
} InfoVerdict;

enum { VERIFY_MAX_LINES = 100 };

InfoVerdict *info_verdict_new(void);
void info_verdict_free(InfoVerdict *verdict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InfoVerdict, info_verdict_free)

/*
 * Read every record, its label and source, and every image, whose checksum is
 * compared by `threads` threads; damaged ones are counted and named, not an
 * error.
 * Errors: KW_ERROR_IO, KW_ERROR_MEMORY, KW_ERROR_INTERRUPTED.
 */
gboolean info_verify_dataset(KwDataset *dataset, int threads,
			     InfoVerdict *verdict, KwProgress *progress,
			     GError **error);

#endif
