#include "prep/room.h"

#include "kw/space.h"
#include "prep/fingerprint.h"

/* Of a record besides its pixels, a name of usual length included; and of a
 * file besides its records. */
enum { RECORD_BYTES = 128, FILE_BYTES = 16384 };

gboolean
room_check(const Outputs *outputs, gsize n, const KwImageRequest *image,
	   Report *report, GError **error)
{
	guint64 pixels = (guint64)image->height * (guint64)image->width *
			 (guint64)image->channels;
	const KwOutfile *dataset = outputs->dataset;
	const char *remedy = "set TMPDIR to a folder on a larger disk";
	KwSpaceNeed needs[2];
	gsize n_needs = 1;

	report->dataset_bytes = n * (pixels + RECORD_BYTES) + FILE_BYTES;
	/* The leakage check keeps thumbnails of its own. */
	report->temporary_bytes = n * (pixels + 2 * sizeof(Thumbs));
	needs[0] = (KwSpaceNeed){ kw_spool_folder(), TRUE,
				  report->temporary_bytes, remedy };
	if (dataset != NULL && kw_outfile_is_stream(dataset))
		needs[0].bytes += report->dataset_bytes;
	else if (dataset != NULL)
		needs[n_needs++] =
			(KwSpaceNeed){ kw_outfile_name(dataset), FALSE,
				       report->dataset_bytes, NULL };
	return kw_space_check(needs, n_needs, error);
}
