/*
 * What libvips says about a failure, as an error of ours.
 */
#ifndef KW_VIPS_ERROR_H
#define KW_VIPS_ERROR_H

#include <glib.h>

/*
 * Set KW_ERROR_UNSUPPORTED: "`what`: libvips's text" on one line.  Its buffer
 * is one for all threads and is empty afterwards, so the text may be that of
 * another thread's failure.
 */
void kw_vips_error(GError **error, const char *what);

#endif
