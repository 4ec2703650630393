/*
 * make-hostile DIR [TABLE]
 *
 * Write photos as nobody should send them as DIR/CLASS/FILE, and what is to
 * become of them into TABLE (DIR/../expected.tsv): a line of
 *
 *	CLASS/FILE	read | left out | either	WORDS
 *
 * for each, names as messages show them; the reason for leaving it out holds
 * one of the words between '|', which may be missing.
 */
#include <stdio.h>

#include "kw/app.h"
#include "kw/image.h"
#include "tests/support/hostile.h"

static gboolean
write_table(const GPtrArray *files, const char *path)
{
	FILE *table = fopen(path, "w");

	if (table == NULL)
		return FALSE;
	for (guint i = 0; i < files->len; i++) {
		const HostileFile *file = files->pdata[i];
		g_autofree char *shown = kw_printable(file->path);

		fprintf(table, "%s\t%s\t%s\n", shown,
			hostile_verdict_name(file->verdict),
			file->words != NULL ? file->words : "");
	}
	return fclose(table) == 0;
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) files = NULL;
	g_autofree char *table = NULL;

	if (argc < 2 || argc > 3) {
		g_printerr("usage: make-hostile DIR [TABLE]\n");
		return 1;
	}
	table = argc == 3
			? g_strdup(argv[2])
			: g_build_filename(argv[1], "..", "expected.tsv", NULL);
	if (kw_image_start(argv[0], &error))
		files = hostile_write(argv[1], &error);
	if (files == NULL) {
		g_printerr("make-hostile: %s\n", error->message);
		return 1;
	}
	if (!write_table(files, table)) {
		g_printerr("make-hostile: cannot write '%s'\n", table);
		return 1;
	}
	kw_image_stop();
	return 0;
}
