#include "tests/support/hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "kw/error.h"
#include "kw/outfile.h"
#include "tests/support/hostile_parts.h"

static void
file_free(gpointer data)
{
	HostileFile *file = data;

	g_free(file->path);
	g_free(file);
}

const char *
hostile_verdict_name(HostileVerdict verdict)
{
	static const char *const names[] = { "read", "left out", "either" };

	return names[verdict];
}

gboolean
hostile_reason_fits(const HostileFile *file, const char *reason)
{
	g_auto(GStrv) words = NULL;

	if (file->words == NULL)
		return TRUE;
	words = g_strsplit(file->words, "|", -1);
	for (int i = 0; words[i] != NULL; i++)
		if (strstr(reason, words[i]) != NULL)
			return TRUE;
	return FALSE;
}

char *
hostile_expect(Hostile *corpus, const char *name, HostileVerdict verdict,
	       HostileLook look, const char *words)
{
	HostileFile *file = g_new0(HostileFile, 1);
	g_autofree char *folder =
		g_build_filename(corpus->dir, corpus->class, NULL);

	file->path = g_strconcat(corpus->class, "/", name, NULL);
	file->verdict = verdict;
	file->look = look;
	file->words = words;
	g_ptr_array_add(corpus->files, file);
	if (corpus->error == NULL && g_mkdir_with_parents(folder, 0777) != 0)
		g_set_error(&corpus->error, KW_ERROR, KW_ERROR_IO,
			    "cannot make '%s': %s", folder, g_strerror(errno));
	return g_build_filename(folder, name, NULL);
}

/* Not g_file_set_contents(): its temporary name would be too long. */
static void
add(Hostile *corpus, const char *name, HostileVerdict verdict, HostileLook look,
    const char *words, GByteArray *bytes)
{
	g_autofree char *path = NULL;
	int fd;

	if (bytes == NULL || corpus->error != NULL) {
		if (bytes != NULL)
			g_byte_array_unref(bytes);
		return;
	}
	path = hostile_expect(corpus, name, verdict, look, words);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		g_set_error(&corpus->error, KW_ERROR, KW_ERROR_IO,
			    "cannot make '%s': %s", path, g_strerror(errno));
	else
		kw_write_all(fd, bytes->data, bytes->len, path, &corpus->error);
	if (fd >= 0)
		close(fd);
	g_byte_array_unref(bytes);
}

void
hostile_reads(Hostile *corpus, const char *name, HostileLook look,
	      GByteArray *bytes)
{
	add(corpus, name, HOSTILE_READ, look, NULL, bytes);
}

void
hostile_refuses(Hostile *corpus, const char *name, const char *words,
		GByteArray *bytes)
{
	add(corpus, name, HOSTILE_LEFT_OUT, LOOKS_ANY, words, bytes);
}

void
hostile_takes_either(Hostile *corpus, const char *name, HostileLook look,
		     const char *words, GByteArray *bytes)
{
	add(corpus, name, HOSTILE_EITHER, look, words, bytes);
}

GPtrArray *
hostile_write(const char *dir, GError **error)
{
	static const struct {
		const char *class;
		void (*add)(Hostile *corpus);
	} parts[] = {
		{ "bmp", hostile_add_bmp },
		{ "cut", hostile_add_cut },
		{ "exif", hostile_add_exif },
		{ "flat", hostile_add_flat_jpeg },
		{ "gif", hostile_add_gif },
		{ "heif", hostile_add_heif },
		{ "icc", hostile_add_icc },
		{ "jpeg", hostile_add_jpeg },
		{ "names", hostile_add_names },
		{ "none", hostile_add_no_photo },
		{ "png", hostile_add_png },
		{ "tiff", hostile_add_tiff },
		{ "valid", hostile_add_valid },
		{ "webp", hostile_add_webp },
	};
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(file_free);
	Hostile corpus = { .dir = dir, .files = files };

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		corpus.class = parts[i].class;
		parts[i].add(&corpus);
	}
	if (corpus.error != NULL) {
		g_propagate_error(error, corpus.error);
		return NULL;
	}
	return g_steal_pointer(&files);
}
