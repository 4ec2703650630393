#include "augment/outputs.h"

#include <string.h>
#include <unistd.h>

#include "augment/save.h"
#include "kw/error.h"
#include "kw/image_save.h"
#include "kw/outfile.h"
#include "kw/space.h"

/*
 * A sheet or image files may be all that is wanted: then a terminal is no
 * reason to refuse, and no dataset is written.
 */
static gboolean
will_write_dataset(const AugmentOptions *o)
{
	if (o->dry_run)
		return FALSE;
	return o->common.output != NULL || !isatty(STDOUT_FILENO) ||
	       (o->preview == NULL && o->save_to == NULL);
}

static gboolean
fail_one_file(const char *a, const char *b, const char *path, GError **error)
{
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
		    "%s and %s both go to '%s'; name another file for one", a,
		    b, path);
	return FALSE;
}

/*
 * Nor may it replace what is read, not even with -f: only the dataset that is
 * replayed may be made again in its place.
 */
static gboolean
check_unread(const char *name, const char *path, const AugmentOptions *o,
	     GError **error)
{
	const gboolean is_dataset = strcmp(name, "--output") == 0;
	const char *const read[] = { o->input, o->policy,
				     is_dataset ? NULL : o->replay };

	for (gsize i = 0; i < G_N_ELEMENTS(read); i++) {
		if (g_strcmp0(read[i], "-") == 0 ||
		    !kw_outfile_same(read[i], path))
			continue;
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "%s would replace '%s', which is read; name "
			    "another file",
			    name, path);
		return FALSE;
	}
	return TRUE;
}

/*
 * No two outputs are one file, or both go to standard output, and none is what
 * is read.
 */
static gboolean
check_distinct(const AugmentOutputs *outputs, const AugmentOptions *o,
	       GError **error)
{
	const char *const names[] = { "--output", "--summary", "--preview" };
	const char *const paths[] = {
		!outputs->writes_dataset   ? NULL
		: o->common.output != NULL ? o->common.output
					   : "-",
		o->summary,
		o->preview,
	};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		if (!check_unread(names[i], paths[i], o, error))
			return FALSE;
		for (gsize k = 0; k < i; k++)
			if (kw_outfile_same(paths[i], paths[k]))
				return fail_one_file(names[k], names[i],
						     paths[i], error);
	}
	return TRUE;
}

/* What is not to be written is to be possible, as far as that is known. */
static gboolean
prepare_dataset(AugmentOutputs *outputs, const AugmentOptions *o, guint shards,
		GError **error)
{
	const char *path = o->common.output;

	if (!outputs->writes_dataset)
		return shards == 0 ||
		       augment_output_check_shards(path, shards, error);
	outputs->dataset =
		augment_output_new(path, o->common.force, shards, error);
	if (outputs->dataset == NULL)
		return FALSE;
	if (augment_output_has_shard(outputs->dataset, o->summary))
		return fail_one_file("a shard", "--summary", o->summary, error);
	if (augment_output_has_shard(outputs->dataset, o->preview))
		return fail_one_file("a shard", "--preview", o->preview, error);
	return TRUE;
}

static gboolean
prepare_file(KwOutfile **out, const char *path, gboolean force, GError **error)
{
	if (path == NULL)
		return TRUE;
	*out = kw_outfile_new(path, force, error);
	return *out != NULL;
}

AugmentOutputs *
augment_outputs_new(const AugmentOptions *o, GError **error)
{
	g_autoptr(AugmentOutputs) outputs = g_new0(AugmentOutputs, 1);
	const gboolean force = o->common.force;

	outputs->writes_dataset = will_write_dataset(o);
	if (o->preview != NULL && !kw_image_can_save(o->preview, error)) {
		g_prefix_error(error, "--preview: ");
		return NULL;
	}
	if (o->save_to != NULL && !o->dry_run &&
	    !augment_save_check(o->save_to, error))
		return NULL;
	if (!check_distinct(outputs, o, error) ||
	    !prepare_file(&outputs->preview, o->preview, force, error) ||
	    !prepare_file(&outputs->summary, o->summary, force, error))
		return NULL;
	if (o->shard_size == 0 &&
	    !prepare_dataset(outputs, o, o->shards, error))
		return NULL;
	return g_steal_pointer(&outputs);
}

void
augment_outputs_free(AugmentOutputs *outputs)
{
	if (outputs == NULL)
		return;
	augment_output_free(outputs->dataset);
	kw_outfile_free(outputs->preview);
	kw_outfile_free(outputs->summary);
	g_free(outputs);
}

/* ---- room */

/* The folder itself, or the one that it is to be made in.  Free it. */
static char *
existing_folder(const char *path)
{
	char *folder = g_strdup(path);

	while (!g_file_test(folder, G_FILE_TEST_EXISTS)) {
		char *parent = g_path_get_dirname(folder);

		g_free(folder);
		folder = parent;
	}
	return folder;
}

/* A stream needs room for its spool, a file for itself. */
static KwSpaceNeed
need_of_dataset(const AugmentOptions *o, guint64 bytes)
{
	if (o->common.output == NULL || strcmp(o->common.output, "-") == 0)
		return (KwSpaceNeed){ kw_spool_folder(), TRUE, bytes,
				      "set TMPDIR to a folder on a larger "
				      "disk" };
	return (KwSpaceNeed){ o->common.output, FALSE, bytes,
			      "ask for fewer --copies" };
}

/* A PNG may be as large as its pixels; a JPEG of a photo is not nearly. */
static guint64
bytes_of_image_files(const AugmentJob *job)
{
	const gboolean png = job->options->save_format == 0;
	const guint64 bytes =
		job->outputs[KW_TRAIN] * kw_dataset_image_size(job->info);

	return png ? bytes : bytes / 4;
}

static gboolean
check_room(const AugmentOutputs *outputs, const AugmentJob *job, guint64 bytes,
	   GError **error)
{
	const AugmentOptions *o = job->options;
	g_autofree char *folder = NULL;
	KwSpaceNeed needs[2];
	gsize n = 0;

	if (outputs->writes_dataset)
		needs[n++] = need_of_dataset(o, bytes);
	if (o->save_to != NULL && !o->dry_run) {
		folder = existing_folder(o->save_to);
		needs[n++] =
			(KwSpaceNeed){ folder, TRUE, bytes_of_image_files(job),
				       "ask for fewer --copies" };
	}
	return kw_space_check(needs, n, error);
}

gboolean
augment_outputs_create(AugmentOutputs *outputs, const AugmentJob *job,
		       guint64 dataset_bytes, GError **error)
{
	const AugmentOptions *o = job->options;

	if (o->shard_size != 0 &&
	    !prepare_dataset(outputs, o, job->shards, error))
		return FALSE;
	if (!check_room(outputs, job, dataset_bytes, error))
		return FALSE;
	return outputs->dataset == NULL ||
	       augment_output_create(outputs->dataset, job->info, job->outputs,
				     job->source_length, error);
}

/* ---- the end of it */

/* Those of the files that are streams, or the others; NULL is none. */
static gboolean
commit_file(KwOutfile *out, gboolean streams, GError **error)
{
	return out == NULL || kw_outfile_is_stream(out) != streams ||
	       kw_outfile_commit(out, error);
}

static gboolean
commit_dataset(AugmentOutput *out, gboolean streams, GError **error)
{
	return out == NULL || augment_output_is_stream(out) != streams ||
	       augment_output_commit(out, error);
}

gboolean
augment_outputs_commit(AugmentOutputs *outputs, const AugmentReport *report,
		       GError **error)
{
	g_autofree char *summary = augment_report_json(report);

	if (outputs->summary != NULL &&
	    !kw_outfile_write(outputs->summary, summary, strlen(summary),
			      error))
		return FALSE;
	return commit_dataset(outputs->dataset, TRUE, error) &&
	       commit_file(outputs->summary, TRUE, error) &&
	       commit_file(outputs->preview, TRUE, error) &&
	       commit_file(outputs->summary, FALSE, error) &&
	       commit_file(outputs->preview, FALSE, error) &&
	       commit_dataset(outputs->dataset, FALSE, error);
}
