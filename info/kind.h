/*
 * What sort of file kw-info was given.
 */
#ifndef KW_INFO_KIND_H
#define KW_INFO_KIND_H

#include "lib/infile.h"

typedef enum {
	KIND_DATASET,
	KIND_MODEL, /* of kw, or of Keras in the format that kw uses */
} InfoKind;

/*
 * Look at what tells files apart, no further: a dataset may still be unsound.
 * KW_ERROR_FORMAT when it is neither.
 */
gboolean info_kind_of(const KwInfile *in, InfoKind *kind, GError **error);

#endif
