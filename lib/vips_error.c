#include "lib/vips_error.h"

#include <vips/vips.h>

#include "kw/error.h"

void
kw_vips_error(GError **error, const char *what)
{
	g_autofree char *text = vips_error_buffer_copy();

	g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED, "%s: %s", what,
		    g_strdelimit(g_strstrip(text), "\n", ' '));
}
