/*
 * jpeg-limit [-j N] [-s DENOMINATOR] FILE...
 *
 * Decode JPEG files with libjpeg-turbo at the scale 1/DENOMINATOR (8), throw
 * the pixels away, and print the seconds that passed and the CPU seconds: as
 * fast as any program can be that has libjpeg-turbo decode its photos.
 */
#include <argp.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Needs the FILE of stdio.h. */
#include <jpeglib.h>

typedef struct {
	int threads;
	unsigned denominator;
	char **files;
	int n;
} Options;

static const struct argp_option options[] = {
	{ "threads", 'j', "N", 0, "Threads (1)", 0 },
	{ "scale", 's', "DENOMINATOR", 0, "1, 2, 4 or 8 (8)", 0 },
	{ 0 },
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	Options *o = state->input;

	switch (key) {
	case 'j':
		o->threads = atoi(arg);
		return 0;
	case 's':
		o->denominator = (unsigned)atoi(arg);
		return 0;
	case ARGP_KEY_ARGS:
		o->files = state->argv + state->next;
		o->n = state->argc - state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* libjpeg ends the program where a file is no JPEG. */
static gboolean
decode(const char *path, unsigned denominator)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	g_autofree char *bytes = NULL;
	gsize n = 0;
	JSAMPARRAY row;

	if (!g_file_get_contents(path, &bytes, &n, NULL))
		return FALSE;
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, (const unsigned char *)bytes, n);
	jpeg_read_header(&jpeg, TRUE);
	jpeg.scale_num = 1;
	jpeg.scale_denom = denominator;
	jpeg_start_decompress(&jpeg);
	row = jpeg.mem->alloc_sarray(
		(j_common_ptr)&jpeg, JPOOL_IMAGE,
		jpeg.output_width * (JDIMENSION)jpeg.output_components, 1);
	while (jpeg.output_scanline < jpeg.output_height)
		jpeg_read_scanlines(&jpeg, row, 1);
	jpeg_finish_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
	return TRUE;
}

static double
read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, "FILE...", "Time a bare decode of JPEG files.",
		NULL,    NULL,  NULL
	};
	Options o = { .threads = 1, .denominator = 8 };
	gboolean ok = TRUE;
	double passed, cpu;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	passed = read_clock(CLOCK_MONOTONIC);
	cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
#pragma omp parallel for num_threads(o.threads) schedule(dynamic, 1) \
	reduction(&& : ok)
	for (int i = 0; i < o.n; i++)
		ok = decode(o.files[i], o.denominator) && ok;
	printf("%.6f %.6f\n", read_clock(CLOCK_MONOTONIC) - passed,
	       read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	if (!ok)
		g_printerr("jpeg-limit: cannot read every file\n");
	return ok ? 0 : 1;
}
