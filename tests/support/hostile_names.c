/*
 * Names that are hard to print, to open or to tell from an option, and things
 * with the name of a photo that are no regular files.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "kw/error.h"
#include "tests/support/hostile_parts.h"

static const char *const good[] = {
	"a png.jpg",
	"no suffix",
	"two\nlines.jpg",
	"tab\there.jpg",
	"back\\slash.jpg",
	"quote'quote\".jpg",
	"-v",
	"--help",
	"a[1].jpg",
	"b[shrink=8]",
	"c.png[page=7]",
	"d.jpg ",
	" e.jpg",
	"*?.jpg",
	"$HOME `id` ;.jpg",
	"%s%n%d.jpg",
	"\xff\xfe.jpg",
	"half \xe2\x82.jpg",
	"\x1b[31mred.jpg",
	"\x7f.jpg",
	"\xe2\x80\xaegpj.jpg",
	"\xc3\xa9.JPG",
	"http:",
	"fd:3",
	"f.jpg\r",
	"g.svg",
	"h.pdf",
	"i.v",
	"j.mat",
	"k.csv",
	"l.ppm",
	"m.h5",
};

static const char *const bad[] = {
	"bad\nname.jpg",  "bad\ttab.jpg", "bad\\n.jpg",   "bad \xff.jpg",
	"bad\x1b[2J.jpg", "-bad",         "bad %s%n.jpg",
};

/* A name of `n` bytes. */
static char *
long_name(gsize n, char first)
{
	char *name = g_strnfill(n, first);

	memcpy(name + n - 4, ".jpg", 4);
	return name;
}

static void
add_names(Hostile *corpus)
{
	g_autofree char *longest = long_name(255, 'n');
	g_autofree char *longest_bad = long_name(255, 'b');

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		hostile_reads(corpus, good[i], LOOKS_DRAWN,
			      bytes_sample(".png"));
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		hostile_refuses(corpus, bad[i], "not a photo",
				bytes_text("text"));
	hostile_reads(corpus, longest, LOOKS_DRAWN, bytes_sample(".png"));
	hostile_refuses(corpus, longest_bad, "not a photo", bytes_text("text"));
}

static void
check(Hostile *corpus, const char *path, gboolean ok)
{
	if (!ok && corpus->error == NULL)
		g_set_error(&corpus->error, KW_ERROR, KW_ERROR_IO,
			    "cannot make '%s': %s", path, g_strerror(errno));
}

static void
add_link(Hostile *corpus, const char *name, const char *target,
	 const char *words)
{
	g_autofree char *path = hostile_expect(
		corpus, name, words == NULL ? HOSTILE_READ : HOSTILE_LEFT_OUT,
		LOOKS_DRAWN, words);

	check(corpus, path, symlink(target, path) == 0);
}

static void
add_links(Hostile *corpus)
{
	g_autofree char *folder = g_build_filename(corpus->dir, corpus->class,
						   "a folder.jpg", NULL);

	add_link(corpus, "dangling.jpg", "nowhere", "No such file");
	add_link(corpus, "itself.jpg", "itself.jpg", "symbolic links");
	add_link(corpus, "there.jpg", "back.jpg", "symbolic links");
	add_link(corpus, "back.jpg", "there.jpg", "symbolic links");
	add_link(corpus, "through a file.jpg", "a png.jpg/x",
		 "Not a directory");
	add_link(corpus, "to a photo.jpg", "a png.jpg", NULL);
	add_link(corpus, "zeros without end.jpg", "/dev/zero",
		 "not a regular file");
	add_link(corpus, "nothing.jpg", "/dev/null", "not a regular file");
	check(corpus, folder, mkdir(folder, 0777) == 0);
	/* Folders are not listed: a folder of photos, and the way back. */
	hostile_reads(corpus, "a folder.jpg/a photo.jpg", LOOKS_DRAWN,
		      bytes_sample(".png"));
	g_autofree char *loop = g_build_filename(folder, "loop.jpg", NULL);
	check(corpus, loop, symlink("..", loop) == 0);
}

static void
add_specials(Hostile *corpus)
{
	g_autofree char *fifo =
		hostile_expect(corpus, "fifo.jpg", HOSTILE_LEFT_OUT, LOOKS_ANY,
			       "not a regular file");
	g_autofree char *name =
		hostile_expect(corpus, "socket.jpg", HOSTILE_LEFT_OUT,
			       LOOKS_ANY, "not a regular file");
	g_autofree char *parent = g_path_get_dirname(name);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	check(corpus, fifo, mkfifo(fifo, 0666) == 0);
	/* The address of a socket is short: bind it there, then move it. */
	g_snprintf(address.sun_path, sizeof address.sun_path,
		   "/tmp/kw-socket-%d", getpid());
	check(corpus, name,
	      fd >= 0 &&
		      bind(fd, (struct sockaddr *)&address, sizeof address) ==
			      0 &&
		      rename(address.sun_path, name) == 0);
	if (fd >= 0)
		close(fd);
}

/* Root reads it all the same. */
static void
add_locked(Hostile *corpus)
{
	g_autofree char *path = NULL;

	if (geteuid() == 0)
		return;
	hostile_refuses(corpus, "locked.jpg", "Permission denied",
			bytes_sample(".png"));
	path = g_build_filename(corpus->dir, corpus->class, "locked.jpg", NULL);
	check(corpus, path, chmod(path, 0) == 0);
}

/* Much larger than the disk would like: only its beginning exists. */
static void
add_sparse(Hostile *corpus)
{
	static const struct {
		const char *name, *suffix;
		HostileVerdict verdict;
		const char *words;
		int cut;
	} files[] = {
		{ "256 MB behind.jpg", ".jpg", HOSTILE_READ, NULL, 0 },
		{ "256 MB behind half.jpg", ".jpg", HOSTILE_LEFT_OUT,
		  "truncated", 2 },
		{ "256 MB behind.png", ".png", HOSTILE_READ, NULL, 0 },
		{ "256 MB behind half.png", ".png", HOSTILE_LEFT_OUT, NULL, 2 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		GByteArray *bytes = bytes_sample(files[i].suffix);
		g_autofree char *path = g_build_filename(
			corpus->dir, corpus->class, files[i].name, NULL);

		if (files[i].cut != 0)
			bytes_cut(bytes, bytes->len / 2);
		if (files[i].verdict == HOSTILE_READ)
			hostile_reads(corpus, files[i].name, LOOKS_DRAWN,
				      bytes);
		else
			hostile_refuses(corpus, files[i].name, files[i].words,
					bytes);
		check(corpus, path, truncate(path, 1 << 28) == 0);
	}
}

void
hostile_add_names(Hostile *corpus)
{
	add_names(corpus);
	add_links(corpus);
	add_specials(corpus);
	add_locked(corpus);
	add_sparse(corpus);
}
