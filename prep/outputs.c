#include "prep/outputs.h"

#include <string.h>

#include "kw/image_save.h"
#include "prep/summary.h"

/* Can it be written?  It is made when it is: nothing lies about until then. */
static gboolean
check(const char *path, gboolean force, GError **error)
{
	g_autoptr(KwOutfile) out = NULL;

	return path == NULL ||
	       (out = kw_outfile_new(path, force, error)) != NULL;
}

static gboolean
prepare(KwOutfile **out, const char *path, gboolean force, GError **error)
{
	if (path == NULL)
		return TRUE;
	*out = kw_outfile_new(path, force, error);
	return *out != NULL;
}

Outputs *
outputs_new(const Options *o, GError **error)
{
	g_autoptr(Outputs) outputs = g_new0(Outputs, 1);
	gboolean force = o->common.force;

	if (o->preview != NULL && !kw_image_can_save(o->preview, error)) {
		g_prefix_error(error, "--preview: ");
		return NULL;
	}
	if (!o->dry_run) {
		outputs->dataset =
			kw_outfile_new(o->common.output, force, error);
		if (outputs->dataset == NULL)
			return NULL;
	}
	if (!check(o->rejects, force, error) ||
	    !check(o->summary, force, error) ||
	    !check(o->preview, force, error))
		return NULL;
	return g_steal_pointer(&outputs);
}

void
outputs_free(Outputs *outputs)
{
	if (outputs == NULL)
		return;
	kw_outfile_free(outputs->dataset);
	kw_outfile_free(outputs->rejects);
	kw_outfile_free(outputs->summary);
	kw_outfile_free(outputs->preview);
	g_free(outputs);
}

gboolean
outputs_prepare_reports(Outputs *outputs, const Options *o, GError **error)
{
	gboolean force = o->common.force;

	return prepare(&outputs->rejects, o->rejects, force, error) &&
	       prepare(&outputs->summary, o->summary, force, error) &&
	       prepare(&outputs->preview, o->preview, force, error);
}

static gboolean
write_text(KwOutfile *out, const char *text, GError **error)
{
	return out == NULL || kw_outfile_write(out, text, strlen(text), error);
}

static gboolean
commit(KwOutfile *out, GError **error)
{
	return out == NULL || kw_outfile_commit(out, error);
}

gboolean
outputs_commit(Outputs *outputs, const Report *report, GError **error)
{
	g_autofree char *rejects = summary_rejects(report);
	g_autofree char *summary = summary_json(report);

	return write_text(outputs->rejects, rejects, error) &&
	       write_text(outputs->summary, summary, error) &&
	       commit(outputs->rejects, error) &&
	       commit(outputs->summary, error) &&
	       commit(outputs->preview, error) &&
	       commit(outputs->dataset, error);
}
