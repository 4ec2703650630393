#include "train/feature_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kw/error.h"
#include "kw/outfile.h"
#include "kw/record.h"
#include "kw/space.h"

/* The version is a part of the magic. */
static const char magic[16] = "kw-features 1\n";

typedef struct {
	char magic[sizeof magic];
	char key[FEATURE_KEY_LENGTH];
	guint64 n, bytes;
} Header;

enum { HEADER_BYTES = 4096 };

/* For the model, the resume file and the log, which may be on the same disk. */
enum { ROOM_TO_LEAVE = 500000000 };

struct FeatureFile {
	char *name;
	gsize n, bytes;
	int fd;
	gboolean writable;
	KwOutfile *out; /* until it has its name */
};

static gboolean
set_io_error(GError **error, const char *doing, const char *name)
{
	int code = errno;

	g_set_error(error, KW_ERROR, KW_ERROR_IO, "cannot %s '%s': %s", doing,
		    name, g_strerror(code));
	return FALSE;
}

guint64
feature_file_size(gsize n, gsize bytes)
{
	return HEADER_BYTES + (guint64)n * (bytes + sizeof(guint32));
}

static off_t
offset_of(const FeatureFile *file, gsize i)
{
	return (off_t)feature_file_size(i, file->bytes);
}

/* ---- opening */

static FeatureFile *
file_new(const char *path, gsize n, gsize bytes)
{
	FeatureFile *file = g_new0(FeatureFile, 1);

	file->name = g_strdup(path);
	file->n = n;
	file->bytes = bytes;
	file->fd = -1;
	return file;
}

void
feature_file_free(FeatureFile *file)
{
	if (file == NULL)
		return;
	if (file->fd >= 0)
		close(file->fd);
	kw_outfile_free(file->out);
	g_free(file->name);
	g_free(file);
}

static gboolean
read_header(int fd, Header *header)
{
	return pread(fd, header, sizeof *header, 0) == sizeof *header &&
	       memcmp(header->magic, magic, sizeof magic) == 0;
}

/* A pipe under this name would be waited for. */
static int
open_regular(const char *path, int flags)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return open(path, flags | O_CLOEXEC | O_NONBLOCK);
}

gboolean
feature_file_is(const char *path)
{
	int fd = open_regular(path, O_RDONLY);
	Header header;
	gboolean is;

	if (fd < 0)
		return FALSE;
	is = read_header(fd, &header);
	close(fd);
	return is;
}

/* Is it the file of this key, and whole? */
static gboolean
check(const FeatureFile *file, const char *key, GError **error)
{
	Header header;
	struct stat st;

	if (!read_header(file->fd, &header) ||
	    memcmp(header.key, key, sizeof header.key) != 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' is of other weights, images or settings",
			    file->name);
		return FALSE;
	}
	if (header.n == file->n && header.bytes == file->bytes &&
	    fstat(file->fd, &st) == 0 &&
	    (guint64)st.st_size == feature_file_size(file->n, file->bytes))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT, "'%s' is damaged",
		    file->name);
	return FALSE;
}

FeatureFile *
feature_file_open(const char *path, const char *key, gsize n, gsize bytes,
		  GError **error)
{
	g_autoptr(FeatureFile) file = file_new(path, n, bytes);

	file->fd = open_regular(path, O_RDWR);
	file->writable = file->fd >= 0;
	if (!file->writable)
		file->fd = open_regular(path, O_RDONLY);
	if (file->fd < 0 && errno == ENOENT)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT, "no file '%s'",
			    path);
	else if (file->fd < 0)
		set_io_error(error, "open", path);
	else if (check(file, key, error))
		return g_steal_pointer(&file);
	return NULL;
}

static gboolean
check_room(const char *path, guint64 bytes, GError **error)
{
	const KwSpaceNeed need = { .path = path,
				   .bytes = bytes + ROOM_TO_LEAVE };

	return kw_space_check(&need, 1, error);
}

static gboolean
write_header(FeatureFile *file, const char *key, GError **error)
{
	Header header = { .n = file->n, .bytes = file->bytes };
	char block[HEADER_BYTES] = { 0 };

	memcpy(header.magic, magic, sizeof magic);
	memcpy(header.key, key, sizeof header.key);
	memcpy(block, &header, sizeof header);
	return kw_write_all(file->fd, block, sizeof block, file->name, error);
}

/* Somebody's own file is left alone. */
static gboolean
check_replaces(const char *path, GError **error)
{
	if (!g_file_test(path, G_FILE_TEST_EXISTS) || feature_file_is(path))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_IO,
		    "'%s' is not a file of features, and stays as it is", path);
	return FALSE;
}

FeatureFile *
feature_file_create(const char *path, const char *key, gsize n, gsize bytes,
		    GError **error)
{
	g_autoptr(FeatureFile) file = file_new(path, n, bytes);

	if (!check_replaces(path, error) ||
	    !check_room(path, feature_file_size(n, bytes), error))
		return NULL;
	kw_outfile_remove_abandoned(path);
	file->out = kw_outfile_new(path, TRUE, error);
	if (file->out == NULL)
		return NULL;
	file->fd = open(kw_outfile_path(file->out), O_RDWR | O_CLOEXEC);
	file->writable = TRUE;
	if (file->fd < 0) {
		set_io_error(error, "write", path);
		return NULL;
	}
	return write_header(file, key, error) ? g_steal_pointer(&file) : NULL;
}

/* ---- rows */

gboolean
feature_file_read(const FeatureFile *file, gsize i, void *row)
{
	guint32 sum;
	const struct iovec parts[] = { { row, file->bytes },
				       { &sum, sizeof sum } };
	gssize n;

	do
		n = preadv(file->fd, parts, G_N_ELEMENTS(parts),
			   offset_of(file, i));
	while (n < 0 && errno == EINTR);
	return n == (gssize)(file->bytes + sizeof sum) &&
	       kw_checksum(row, file->bytes) == sum;
}

gboolean
feature_file_write(FeatureFile *file, gsize i, const void *row, GError **error)
{
	guint32 sum = kw_checksum(row, file->bytes);
	const struct iovec parts[] = { { (void *)row, file->bytes },
				       { &sum, sizeof sum } };
	gssize n;

	if (!file->writable)
		return TRUE;
	do
		n = pwritev(file->fd, parts, G_N_ELEMENTS(parts),
			    offset_of(file, i));
	while (n < 0 && errno == EINTR);
	if (n == (gssize)(file->bytes + sizeof sum))
		return TRUE;
	/* A part is written where the rest has no room. */
	if (n >= 0)
		errno = ENOSPC;
	set_io_error(error, "write", file->name);
	/* Others need what room there is: it will not become complete. */
	if (file->out != NULL)
		(void)!ftruncate(file->fd, 0);
	return FALSE;
}

gboolean
feature_file_finish(FeatureFile *file, GError **error)
{
	gboolean ok;

	if (file->out == NULL)
		return TRUE;
	ok = kw_outfile_commit(file->out, error);
	g_clear_pointer(&file->out, kw_outfile_free);
	return ok;
}
