#include "lib/infile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kw/app.h"
#include "kw/error.h"
#include "kw/outfile.h"

struct KwInfile {
	char *name; /* for messages */
	char *path; /* to open; NULL as long as there is none */
	int fd;     /* what is read when it has to be copied */
	gboolean spooled;
};

static gboolean
fail_input(const KwInfile *in, GError **error, const char *why)
{
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT, "cannot open '%s': %s",
		    in->name, why);
	return FALSE;
}

/* Copy all that can be read from in->fd. */
static gboolean
copy_to(const KwInfile *in, int spool, GError **error)
{
	enum { BLOCK = 1 << 20 };
	g_autofree char *block = g_malloc(BLOCK);
	g_autofree char *spool_name = kw_spool_name(in->name);
	gboolean first = TRUE;

	while (kw_check_interrupted(error)) {
		gssize n = read(in->fd, block, BLOCK);

		if (n == 0)
			return TRUE;
		/* What is not HDF5 may go on for ever. */
		if (first && n >= 8 &&
		    memcmp(block, "\x89HDF\r\n\x1a\n", 8) != 0) {
			g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
				    "'%s' is not an HDF5 file", in->name);
			return FALSE;
		}
		first = FALSE;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			g_set_error(error, KW_ERROR, KW_ERROR_IO,
				    "cannot read '%s': %s", in->name,
				    g_strerror(errno));
			return FALSE;
		}
		if (!kw_write_all(spool, block, (gsize)n, spool_name, error))
			return FALSE;
	}
	return FALSE;
}

static gboolean
spool(KwInfile *in, GError **error)
{
	struct stat st;
	int fd = kw_spool_open("input", &in->path, error);
	gboolean ok;

	if (fd < 0)
		return FALSE;
	in->spooled = TRUE;
	ok = copy_to(in, fd, error);
	if (ok && fstat(fd, &st) == 0 && st.st_size == 0)
		ok = fail_input(in, error,
				"it is empty; did the program before it fail?");
	close(fd);
	return ok;
}

static gboolean
open_input(KwInfile *in, const char *path, GError **error)
{
	struct stat st;

	if (path == NULL)
		in->fd = STDIN_FILENO;
	else
		in->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0 && errno == EINTR && !kw_check_interrupted(error))
		return FALSE;
	if (in->fd < 0 || fstat(in->fd, &st) != 0)
		return fail_input(in, error, g_strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fail_input(in, error, "it is a folder, not a file");
	if (isatty(in->fd)) {
		g_set_error_literal(error, KW_ERROR, KW_ERROR_USAGE,
				    "the input is a terminal: name a file, or "
				    "send one through a pipe");
		return FALSE;
	}
	/* A file without a name cannot be opened by name. */
	if (!S_ISREG(st.st_mode) || st.st_nlink == 0)
		return spool(in, error);
	if (st.st_size == 0)
		return fail_input(in, error, "it is empty");
	in->path = g_strdup(path != NULL ? path : "/proc/self/fd/0");
	return TRUE;
}

KwInfile *
kw_infile_new(const char *path, GError **error)
{
	g_autoptr(KwInfile) in = g_new0(KwInfile, 1);

	if (g_strcmp0(path, "-") == 0)
		path = NULL;
	in->fd = -1;
	in->name = g_strdup(path != NULL ? path : "standard input");
	return open_input(in, path, error) ? g_steal_pointer(&in) : NULL;
}

const char *
kw_infile_path(const KwInfile *in)
{
	return in->path;
}

const char *
kw_infile_name(const KwInfile *in)
{
	return in->name;
}

void
kw_infile_free(KwInfile *in)
{
	if (in == NULL)
		return;
	if (in->spooled)
		unlink(in->path);
	if (in->fd >= 0 && in->fd != STDIN_FILENO)
		close(in->fd);
	g_free(in->name);
	g_free(in->path);
	g_free(in);
}
