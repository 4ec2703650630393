#include "kw/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kw/app.h"
#include "kw/error.h"

struct KwOutfile {
	char *name;    /* for messages */
	char *where;   /* for messages about writing kw_outfile_path() */
	char *final;   /* where the file goes; NULL for a stream */
	char *temp;    /* where it is written; NULL once the name is gone */
	int fd;        /* the same file */
	int stream;    /* descriptor to copy to; -1 for a file */
	gboolean owns; /* the stream's descriptor is ours to close */
	gboolean force;
};

static gboolean
set_io_error(GError **error, const char *doing, const char *name)
{
	int code = errno;

	g_set_error(error, KW_ERROR, KW_ERROR_IO, "cannot %s '%s': %s", doing,
		    name, g_strerror(code));
	return FALSE;
}

static gboolean
set_usage_error(GError **error, const char *name, const char *what)
{
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE, "'%s' %s", name, what);
	return FALSE;
}

gboolean
kw_write_all(int fd, const void *bytes, gsize n, const char *name,
	     GError **error)
{
	const char *next = bytes;

	while (n > 0) {
		gssize written = write(fd, next, n);

		/* Whoever reads the pipe may never come back to it. */
		if (written < 0 && errno == EINTR) {
			if (!kw_check_interrupted(error))
				return FALSE;
			continue;
		}
		if (written < 0)
			return set_io_error(error, "write to", name);
		next += written;
		n -= (gsize)written;
	}
	return TRUE;
}

/* ---- spools */

const char *
kw_spool_folder(void)
{
	const char *folder = g_getenv("TMPDIR");

	return folder != NULL && *folder != '\0' ? folder : "/var/tmp";
}

char *
kw_spool_name(const char *name)
{
	return g_strdup_printf("%s, spooled in %s (see TMPDIR)", name,
			       kw_spool_folder());
}

int
kw_spool_open(const char *what, char **path, GError **error)
{
	g_autofree char *name = g_strdup_printf("kw-%s-XXXXXX", what);
	g_autofree char *spool =
		g_build_filename(kw_spool_folder(), name, NULL);
	int fd = g_mkstemp_full(spool, O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_IO,
			    "cannot create a temporary file in '%s': %s; set "
			    "TMPDIR to a folder that can be written",
			    kw_spool_folder(), g_strerror(errno));
		return -1;
	}
	if (path != NULL)
		*path = g_steal_pointer(&spool);
	else
		unlink(spool);
	return fd;
}

/* ---- where the output goes */

/* ".NAME.kw-partial-": what the name of a temporary file begins with. */
static char *
partial_prefix(const char *path)
{
	g_autofree char *base = g_path_get_basename(path);

	/* A name of the longest length leaves no room for more around it. */
	return g_strdup_printf(".%.200s.kw-partial-", base);
}

/* Not flock(), which HDF5 may be made to use on the same file. */
static gboolean
lock_whole(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

/*
 * The temporary file beside the final one, with the permissions it will have.
 * It is locked for as long as somebody writes it.
 */
static gboolean
prepare_file(KwOutfile *out, GError **error)
{
	g_autofree char *dir = g_path_get_dirname(out->final);
	g_autofree char *prefix = partial_prefix(out->final);
	g_autofree char *name = g_strconcat(prefix, "XXXXXX", NULL);
	g_autofree char *temp = g_build_filename(dir, name, NULL);

	out->where = g_strdup(out->name);
	out->fd = g_mkstemp_full(temp, O_RDWR | O_CLOEXEC, 0666);
	if (out->fd < 0)
		return set_io_error(error, "create a file beside", out->final);
	lock_whole(out->fd);
	out->temp = g_steal_pointer(&temp);
	return TRUE;
}

/* Nobody holds its lock: whoever wrote it is gone. */
static void
remove_if_abandoned(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return;
	if (lock_whole(fd))
		unlink(path);
	close(fd);
}

void
kw_outfile_remove_abandoned(const char *path)
{
	g_autofree char *final = realpath(path, NULL);
	g_autofree char *dir = g_path_get_dirname(final ? final : path);
	g_autofree char *prefix = partial_prefix(final ? final : path);
	g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
	const char *name;

	while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
		g_autofree char *full = g_build_filename(dir, name, NULL);

		if (g_str_has_prefix(name, prefix) &&
		    strlen(name) == strlen(prefix) + strlen("XXXXXX"))
			remove_if_abandoned(full);
	}
}

static gboolean
prepare_stream(KwOutfile *out, GError **error)
{
	int flags = fcntl(out->stream, F_GETFL);

	if (isatty(out->stream))
		return set_usage_error(error, out->name,
				       "is a terminal and the output is "
				       "binary; name a file with -o FILE, or "
				       "use a pipe");
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
		errno = EBADF;
		return set_io_error(error, "write to", out->name);
	}
	out->where = kw_spool_name(out->name);
	out->fd = kw_spool_open("output", &out->temp, error);
	return out->fd >= 0;
}

/* A device, a pipe with a name: written like standard output. */
static gboolean
prepare_device(KwOutfile *out, const char *path, GError **error)
{
	out->stream = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	out->owns = TRUE;
	return out->stream >= 0 ? prepare_stream(out, error)
				: set_io_error(error, "open", path);
}

static gboolean
prepare_path(KwOutfile *out, const char *path, GError **error)
{
	struct stat st;

	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return set_usage_error(error, path,
					       "is a folder; name a file with "
					       "-o FILE");
		if (!S_ISREG(st.st_mode))
			return prepare_device(out, path, error);
		if (!out->force)
			return set_usage_error(error, path,
					       "exists already; use -f to "
					       "replace it");
		/* A link stays a link: what it points to is replaced. */
		out->final = realpath(path, NULL);
		if (out->final == NULL)
			return set_io_error(error, "write", path);
		return prepare_file(out, error);
	}
	if (errno != ENOENT || *path == '\0')
		return set_io_error(error, "write", path);
	if (g_file_test(path, G_FILE_TEST_IS_SYMLINK))
		return set_usage_error(error, path,
				       "is a symbolic link to nothing; remove "
				       "it, or name the file itself");
	out->final = g_strdup(path);
	return prepare_file(out, error);
}

KwOutfile *
kw_outfile_new(const char *path, gboolean force, GError **error)
{
	g_autoptr(KwOutfile) out = g_new0(KwOutfile, 1);
	gboolean ok;

	out->fd = -1;
	out->stream = -1;
	out->force = force;
	if (path == NULL || strcmp(path, "-") == 0) {
		out->name = g_strdup("standard output");
		out->stream = STDOUT_FILENO;
		ok = prepare_stream(out, error);
	} else {
		out->name = g_strdup(path);
		ok = prepare_path(out, path, error);
	}
	return ok ? g_steal_pointer(&out) : NULL;
}

static gboolean
look(const char *path, struct stat *st)
{
	return strcmp(path, "-") == 0 ? fstat(STDOUT_FILENO, st) == 0
				      : stat(path, st) == 0;
}

static gboolean
is_same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

gboolean
kw_outfile_same(const char *a, const char *b)
{
	g_autofree char *base_a = NULL, *base_b = NULL;
	g_autofree char *folder_a = NULL, *folder_b = NULL;
	struct stat x, y;
	gboolean is_a, is_b;

	if (a == NULL || b == NULL || strcmp(a, b) == 0)
		return a != NULL && b != NULL;
	is_a = look(a, &x);
	is_b = look(b, &y);
	if (is_a && is_b)
		return is_same_inode(&x, &y) && !S_ISCHR(x.st_mode);
	if (is_a || is_b)
		return FALSE;
	/* neither is there yet: the same name in the same folder */
	base_a = g_path_get_basename(a);
	base_b = g_path_get_basename(b);
	folder_a = g_path_get_dirname(a);
	folder_b = g_path_get_dirname(b);
	return strcmp(base_a, base_b) == 0 && stat(folder_a, &x) == 0 &&
	       stat(folder_b, &y) == 0 && is_same_inode(&x, &y);
}

const char *
kw_outfile_path(const KwOutfile *out)
{
	return out->temp;
}

const char *
kw_outfile_name(const KwOutfile *out)
{
	return out->name;
}

const char *
kw_outfile_where(const KwOutfile *out)
{
	return out->where;
}

gboolean
kw_outfile_is_stream(const KwOutfile *out)
{
	return out->stream >= 0;
}

void
kw_outfile_hide(KwOutfile *out)
{
	if (out->stream < 0 || out->temp == NULL)
		return;
	unlink(out->temp);
	g_clear_pointer(&out->temp, g_free);
}

gboolean
kw_outfile_write(KwOutfile *out, const void *bytes, gsize n, GError **error)
{
	if (ftruncate(out->fd, 0) != 0 || lseek(out->fd, 0, SEEK_SET) != 0)
		return set_io_error(error, "write to", out->where);
	return kw_write_all(out->fd, bytes, n, out->where, error);
}

/* ---- the end of it */

/*
 * Give the temporary file its name.  Without `force` never that of another
 * file, even if it appeared a moment ago: by a rename that refuses to replace,
 * a hard link where the file system has no such rename, and only where it has
 * neither by one that could.
 */
static gboolean
give_name(const KwOutfile *out, GError **error)
{
	if (!out->force) {
		if (renameat2(AT_FDCWD, out->temp, AT_FDCWD, out->final,
			      RENAME_NOREPLACE) == 0)
			return TRUE;
		if (errno != EEXIST && link(out->temp, out->final) == 0) {
			unlink(out->temp);
			return TRUE;
		}
		if (errno == EEXIST)
			return set_usage_error(error, out->name,
					       "has appeared in the meantime; "
					       "use -f to replace it");
	}
	if (rename(out->temp, out->final) != 0)
		return set_io_error(error, "rename a finished file to",
				    out->name);
	return TRUE;
}

/*
 * The new name survives a power failure once the folder is on the disk.  No
 * error if that fails: the file is there, and some file systems cannot do it.
 */
static void
sync_folder(const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!fsync(fd);
	close(fd);
}

static gboolean
commit_file(KwOutfile *out, GError **error)
{
	if (fsync(out->fd) != 0)
		return set_io_error(error, "write", out->name);
	if (!give_name(out, error))
		return FALSE;
	g_clear_pointer(&out->temp, g_free);
	sync_folder(out->final);
	return TRUE;
}

static gboolean
commit_stream(const KwOutfile *out, GError **error)
{
	enum { BLOCK = 1 << 20 };
	g_autofree char *block = g_malloc(BLOCK);
	off_t at = 0;

	for (;;) {
		gssize n = pread(out->fd, block, BLOCK, at);

		if (n == 0)
			return TRUE;
		if (n < 0)
			return set_io_error(error, "read back", out->where);
		if (!kw_write_all(out->stream, block, (gsize)n, out->name,
				  error))
			return FALSE;
		at += n;
	}
}

gboolean
kw_outfile_commit(KwOutfile *out, GError **error)
{
	return out->stream < 0 ? commit_file(out, error)
			       : commit_stream(out, error);
}

void
kw_outfile_free(KwOutfile *out)
{
	if (out == NULL)
		return;
	if (out->temp != NULL)
		unlink(out->temp);
	if (out->fd >= 0)
		close(out->fd);
	if (out->owns && out->stream >= 0)
		close(out->stream);
	g_free(out->name);
	g_free(out->where);
	g_free(out->final);
	g_free(out->temp);
	g_free(out);
}
