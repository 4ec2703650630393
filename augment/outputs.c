#include "augment/outputs.h"

#include <string.h>
#include <unistd.h>

#include "augment/save.h"
#include "kw/image_save.h"
#include "kw/space.h"

/*
 * A sheet or image files may be all that is wanted: then a terminal is no
 * reason to refuse, and no dataset is written.
 */
static gboolean
wants_dataset(const AugmentOptions *o)
{
	if (o->dry_run)
		return FALSE;
	return o->common.output != NULL || !isatty(STDOUT_FILENO) ||
	       (o->preview == NULL && o->save_to == NULL);
}

static gboolean
prepare_dataset(AugmentOutputs *outputs, const AugmentOptions *o, guint shards,
		GError **error)
{
	outputs->dataset = augment_output_new(o->common.output, o->common.force,
					      shards, error);
	return outputs->dataset != NULL;
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

	if (o->preview != NULL && !kw_image_can_save(o->preview, error)) {
		g_prefix_error(error, "--preview: ");
		return NULL;
	}
	if (o->save_to != NULL && !o->dry_run &&
	    !augment_save_check(o->save_to, error))
		return NULL;
	if (!prepare_file(&outputs->preview, o->preview, force, error) ||
	    !prepare_file(&outputs->summary, o->summary, force, error))
		return NULL;
	if (wants_dataset(o) && o->shard_size == 0 &&
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

	if (wants_dataset(o))
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

	if (wants_dataset(o) && outputs->dataset == NULL &&
	    !prepare_dataset(outputs, o, job->shards, error))
		return FALSE;
	if (!check_room(outputs, job, dataset_bytes, error))
		return FALSE;
	return outputs->dataset == NULL ||
	       augment_output_create(outputs->dataset, job->info, job->outputs,
				     job->source_length, error);
}

/* ---- the end of it */

static gboolean
commit_file(KwOutfile *out, GError **error)
{
	return out == NULL || kw_outfile_commit(out, error);
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
	return commit_file(outputs->summary, error) &&
	       commit_file(outputs->preview, error) &&
	       (outputs->dataset == NULL ||
		augment_output_commit(outputs->dataset, error));
}
