#include "train/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "kw/error.h"

static gboolean
fail(const char *doing, const char *path, GError **error)
{
	int code = errno;

	g_set_error(error, KW_ERROR, KW_ERROR_IO, "cannot %s '%s': %s", doing,
		    path, g_strerror(code));
	return FALSE;
}

gboolean
log_file_open(LogFile *file, const char *path, goffset size, GError **error)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return fail("open", path, error);
	*file = (LogFile){ g_strdup(path), fd, size };
	if (lseek(fd, 0, SEEK_END) > size && ftruncate(fd, size) != 0)
		return fail("cut", path, error);
	return TRUE;
}

gboolean
log_file_create(LogFile *file, const char *path, GError **error)
{
	const int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		return fail("create", path, error);
	*file = (LogFile){ g_strdup(path), fd, 0 };
	return TRUE;
}

static gboolean
write_at(int fd, const guint8 *bytes, gsize n, goffset at)
{
	while (n > 0) {
		const gssize written = pwrite(fd, bytes, n, at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return FALSE;
		bytes += written;
		at += written;
		n -= (gsize)written;
	}
	return TRUE;
}

gboolean
log_file_append(LogFile *file, const void *bytes, gsize n, GError **error)
{
	gboolean ok = lseek(file->fd, 0, SEEK_END) <= file->size ||
		      ftruncate(file->fd, file->size) == 0;

	if (ok && write_at(file->fd, bytes, n, file->size)) {
		file->size += (goffset)n;
		return TRUE;
	}
	fail("write", file->path, error);
	(void)!ftruncate(file->fd, file->size);
	return FALSE;
}

void
log_file_clear(LogFile *file)
{
	if (file->fd >= 0) {
		close(file->fd);
		if (file->size == 0)
			unlink(file->path);
	}
	g_free(file->path);
	*file = (LogFile)LOG_FILE_INIT;
}
