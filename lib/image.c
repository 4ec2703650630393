#include "kw/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

/* Not complete without the one before. */
#include <vips/vector.h>

#include "kw/error.h"
#include "lib/image_decode.h"
#include "lib/vips_error.h"

/*
 * libvips has one error buffer for all threads, so that after a failure among
 * several loads nobody knows whose text it holds.  Loads share `loading`; one
 * that failed is repeated as its only holder.  The gate is passed by both, and
 * keeps a stream of readers from shutting the writer out.
 */
static GMutex gate;
static GRWLock loading;

/* What libvips logged during a repeated load; NULL otherwise. */
static GString *log_text;
static GMutex log_lock;
static guint log_handler;

const char *const kw_fit_names[] = { "stretch", "crop", "pad", NULL };

gboolean
kw_fit_parse(const char *name, KwFit *fit)
{
	for (int i = 0; kw_fit_names[i] != NULL; i++) {
		if (strcmp(name, kw_fit_names[i]) == 0) {
			*fit = (KwFit)i;
			return TRUE;
		}
	}
	return FALSE;
}

/* ---- start and end */

/* libvips warns from any thread; its warnings must not reach the terminal. */
static void
note_log(const char *domain, GLogLevelFlags level, const char *message,
	 void *data)
{
	(void)domain;
	(void)data;
	/* It also tells what it does well. */
	if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL |
		      G_LOG_LEVEL_WARNING)) == 0)
		return;
	g_mutex_lock(&log_lock);
	if (log_text != NULL)
		g_string_append_printf(log_text, "%s\n", message);
	g_mutex_unlock(&log_lock);
}

gboolean
kw_image_start(const char *name, GError **error)
{
	if (VIPS_INIT(name) != 0) {
		kw_vips_error(error, "libvips does not start");
		return FALSE;
	}
	log_handler =
		g_log_set_handler("VIPS", G_LOG_LEVEL_MASK, note_log, NULL);
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	vips_block_untrusted_set(TRUE);
	/* libvips before 8.15 compiles its vector code with Orc, whose memory
	 * two threads cannot free at a time (0.4.33 crashes in
	 * orc_code_free()). */
	if (vips_version(0) == 8 && vips_version(1) < 15)
		vips_vector_set_enabled(FALSE);
	return TRUE;
}

void
kw_image_thread_end(void)
{
	vips_thread_shutdown();
}

void
kw_image_stop(void)
{
	vips_shutdown();
	g_log_remove_handler("VIPS", log_handler);
}

/* ---- what a failure means */

static gboolean
holds_any(const char *text, const char *const *phrases)
{
	for (; *phrases != NULL; phrases++)
		if (strstr(text, *phrases) != NULL)
			return TRUE;
	return FALSE;
}

/*
 * libjpeg goes on after damage with a warning, and fills in gray.  Others of
 * its warnings ("extraneous bytes before marker") cost no pixel.
 */
static gboolean
pixels_were_made_up(const char *text)
{
	static const char *const phrases[] = { "premature end of data segment",
					       "bad Huffman code",
					       "bad arithmetic code",
					       "instead of RST", NULL };
	static const char several[] = "read gave ";
	const char *count = text;

	/* Of several, libvips shows the first only. */
	while ((count = strstr(count, several)) != NULL) {
		count += strlen(several);
		if (g_ascii_strtoll(count, NULL, 10) > 1)
			return TRUE;
	}
	return holds_any(text, phrases);
}

/*
 * The first line that is about the photo, not about where in the file libvips
 * tried to look, and without the name of the descriptor, which differs from run
 * to run.
 */
static char *
first_line(const char *text)
{
	enum { LONGEST = 150 };
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const char *found = "it ends early";

	for (int i = 0; lines[i] != NULL; i++) {
		if (*g_strstrip(lines[i]) != '\0' &&
		    strstr(lines[i], ": bad seek to ") == NULL) {
			found = lines[i];
			break;
		}
	}
	return g_strndup(found, MIN(strcspn(found, "`"), LONGEST));
}

static void
set_handle_error(GError **error)
{
	g_set_error_literal(error, KW_ERROR, KW_ERROR_IO,
			    "too many open files; use fewer threads (-j), or "
			    "raise the limit (ulimit -n)");
}

/* What happened, and behind it the first line that libvips said about it. */
static void
set_load_error(GError **error, const char *text)
{
	/* What a libvips built without a type's library says. */
	static const char *const missing[] = { "\" not found", NULL };
	static const char *const truncated[] = {
		/* JPEG, PNG, GIF, TIFF */
		"Premature end of input", "remature end of JPEG",
		"not enough data", "end of stream", "nexpected end of GIF",
		"Read error at",
		/* WebP, HEIF */
		"unable to parse image", "nd of file", NULL
	};
	/* No fault of the photo. */
	const char *const handles[] = { g_strerror(EMFILE), g_strerror(ENFILE),
					NULL };
	g_autofree char *line = first_line(text);

	if (holds_any(text, handles))
		set_handle_error(error);
	else if (holds_any(text, missing))
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "of a type that this libvips cannot read");
	else
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT, "%s (%s)",
			    holds_any(text, truncated) ? "truncated"
						       : "damaged",
			    line);
}

/* Everything that libvips had to say, errors first. */
static char *
take_text(void)
{
	g_autofree char *errors = vips_error_buffer_copy();
	g_autofree char *warnings = NULL;

	g_mutex_lock(&log_lock);
	warnings = g_string_free(log_text, FALSE);
	log_text = NULL;
	g_mutex_unlock(&log_lock);
	return g_strconcat(errors, warnings, NULL);
}

/* ---- loading */

/* What a load is about. */
typedef struct {
	const char *path;
	char file[32]; /* a name that libvips opens */
	KwImageType type;
	const KwImageRequest *request;
	guint8 *pixels;
	KwPhotoFacts facts;
} Load;

static KwDecoding
decode(Load *load)
{
	return kw_image_decode(load->file, load->type, load->request,
			       load->pixels, &load->facts);
}

/*
 * The first try.  libjpeg's warnings stay in the error text of a load that
 * succeeded: while there is any text, nobody knows that it is not about this
 * photo, and the second try must tell.
 */
static KwDecoding
decode_shared(Load *load)
{
	KwDecoding result;

	g_mutex_lock(&gate);
	g_rw_lock_reader_lock(&loading);
	g_mutex_unlock(&gate);
	result = decode(load);
	if (result == KW_DECODED && *vips_error_buffer() != '\0')
		result = KW_UNDECODED;
	g_rw_lock_reader_unlock(&loading);
	return result;
}

/* The second try: alone, so that every word is about this photo. */
static KwDecoding
decode_alone(Load *load, char **text)
{
	KwDecoding result;

	g_mutex_lock(&gate);
	g_rw_lock_writer_lock(&loading);
	g_mutex_unlock(&gate);
	vips_error_clear();
	g_mutex_lock(&log_lock);
	log_text = g_string_new(NULL);
	g_mutex_unlock(&log_lock);
	result = decode(load);
	*text = take_text();
	g_rw_lock_writer_unlock(&loading);
	return result == KW_DECODED && pixels_were_made_up(*text) ? KW_UNDECODED
								  : result;
}

static gboolean
decode_or_say_why(Load *load, GError **error)
{
	g_autofree char *text = NULL;
	KwDecoding result = decode_shared(load);

	if (result == KW_UNDECODED)
		result = decode_alone(load, &text);
	if (result == KW_UNDECODED)
		set_load_error(error, text);
	if (result == KW_TOO_LARGE)
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "too large (%d x %d pixels; allowed are "
			    "%" G_GUINT64_FORMAT ", and 65535 a side)",
			    load->facts.width, load->facts.height,
			    load->request->max_pixels);
	if (result == KW_NO_MEMORY)
		g_set_error(error, KW_ERROR, KW_ERROR_MEMORY,
			    "not enough memory to decode '%s'; use fewer "
			    "threads (-j)",
			    load->path);
	return result == KW_DECODED;
}

/* Open for reading; -1 with an error unless it is a file with bytes in it. */
static int
open_photo(const char *path, GError **error)
{
	/* A FIFO must not keep us waiting for somebody to write to it. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *reason = NULL;
	struct stat st;

	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		set_handle_error(error);
		return -1;
	}
	if (fd < 0 && errno == ENXIO) /* a socket */
		reason = "not a regular file";
	else if (fd < 0 || fstat(fd, &st) != 0)
		reason = g_strerror(errno);
	else if (!S_ISREG(st.st_mode))
		reason = "not a regular file";
	else if (st.st_size == 0)
		reason = "empty file";
	if (reason == NULL)
		return fd;
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT, "%s", reason);
	if (fd >= 0)
		close(fd);
	return -1;
}

gboolean
kw_image_is_photo(const char *path)
{
	int fd = open_photo(path, NULL);
	KwImageType type;
	gboolean is_photo;

	if (fd < 0)
		return FALSE;
	is_photo = kw_image_find_type(fd, &type);
	close(fd);
	return is_photo;
}

gboolean
kw_image_load(const char *path, const KwImageRequest *request, guint8 *pixels,
	      KwPhotoFacts *facts, GError **error)
{
	Load load = { .path = path, .request = request, .pixels = pixels };
	int fd = open_photo(path, error);
	gboolean ok;

	if (fd < 0)
		return FALSE;
	/*
	 * libvips takes "[...]" at the end of a name for options, and chooses
	 * some decoders by the name; this one says nothing.
	 */
	g_snprintf(load.file, sizeof load.file, "/proc/self/fd/%d", fd);
	ok = kw_image_probe(fd, &load.type, error) &&
	     decode_or_say_why(&load, error);
	close(fd);
	if (ok && facts != NULL)
		*facts = load.facts;
	return ok;
}
