#include "prep/photo.h"

#include "kw/error.h"
#include "kw/record.h"

Photo *
photo_new(char *file, char *path, int label)
{
	Photo *photo = g_new0(Photo, 1);

	photo->file = file;
	photo->path = path;
	photo->label = label;
	photo->pinned = KW_N_SPLITS;
	photo->id = kw_record_id(path);
	return photo;
}

void
photo_free(Photo *photo)
{
	if (photo == NULL)
		return;
	g_free(photo->file);
	g_free(photo->path);
	g_free(photo);
}

Reject *
reject_new(const char *file, const GError *error)
{
	Reject *reject = g_new0(Reject, 1);

	reject->file = g_strdup(file);
	reject->stage = g_error_matches(error, KW_ERROR, KW_ERROR_FORMAT)
				? "decode"
				: "read";
	reject->reason = g_strdup(error->message);
	return reject;
}

Reject *
reject_undated(const char *file)
{
	Reject *reject = g_new0(Reject, 1);

	reject->file = g_strdup(file);
	reject->stage = "date";
	reject->reason = g_strdup("no EXIF date (--undated drop)");
	return reject;
}

void
reject_free(Reject *reject)
{
	g_free(reject->file);
	g_free(reject->reason);
	g_free(reject);
}
