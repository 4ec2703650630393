#include "train/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "train/safetensors_header.h"

/* The format's own limit; the header of a VGG19 has 4 kB. */
enum { MAX_HEADER = 100000000, PREFIX = 8, STAGE = 65536 };

struct Safetensors {
	char *path;
	int fd;
	guint64 data; /* where the values begin */
	GPtrArray *tensors;
};

/* ---- bytes */

/* TRUE when all n bytes were there; errno is 0 at the end of the file. */
static gboolean
read_at(int fd, void *bytes, gsize n, guint64 at)
{
	gsize done = 0;

	while (done < n) {
		gssize got = pread(fd, (char *)bytes + done, n - done,
				   (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got == 0 ? 0 : errno;
			return FALSE;
		}
		done += (gsize)got;
	}
	return TRUE;
}

static gboolean
fail_to_read(const char *path, GError **error)
{
	if (errno == 0)
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "'%s' is cut short", path);
	else
		g_set_error(error, KW_ERROR, KW_ERROR_IO,
			    "cannot read '%s': %s", path, g_strerror(errno));
	return FALSE;
}

gboolean
safetensors_seems(const char *path)
{
	char bytes[PREFIX + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	gboolean seems;

	if (fd < 0)
		return FALSE;
	seems = read_at(fd, bytes, sizeof bytes, 0) && bytes[PREFIX] == '{';
	close(fd);
	return seems;
}

/* ---- opening */

/* Read and check the header of a file of `size` bytes. */
static gboolean
read_header(Safetensors *file, guint64 size, GError **error)
{
	g_autofree char *text = NULL;
	guint64 length;

	if (size < PREFIX || !read_at(file->fd, &length, PREFIX, 0)) {
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "'%s' is too short for a safetensors file",
			    file->path);
		return FALSE;
	}
	length = GUINT64_FROM_LE(length);
	if (length > MAX_HEADER || length > size - PREFIX) {
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "'%s' is cut short, or no safetensors file: a "
			    "header of %" G_GUINT64_FORMAT
			    " bytes in %" G_GUINT64_FORMAT,
			    file->path, length, size);
		return FALSE;
	}
	text = kw_alloc(length + 1, 1, "the header of a file", error);
	if (text == NULL)
		return FALSE;
	if (!read_at(file->fd, text, length, PREFIX))
		return fail_to_read(file->path, error);
	text[length] = '\0';
	file->data = PREFIX + length;
	file->tensors = safetensors_parse(text, length, size - file->data,
					  file->path, error);
	return file->tensors != NULL;
}

Safetensors *
safetensors_open(const char *path, GError **error)
{
	g_autoptr(Safetensors) file = g_new0(Safetensors, 1);
	struct stat st;

	file->path = g_strdup(path);
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 || fstat(file->fd, &st) != 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "cannot read '%s': %s", path, g_strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "cannot read '%s': not a regular file", path);
		return NULL;
	}
	return read_header(file, (guint64)st.st_size, error)
		       ? g_steal_pointer(&file)
		       : NULL;
}

void
safetensors_free(Safetensors *file)
{
	if (file == NULL)
		return;
	if (file->tensors != NULL)
		g_ptr_array_unref(file->tensors);
	if (file->fd >= 0)
		close(file->fd);
	g_free(file->path);
	g_free(file);
}

const GPtrArray *
safetensors_tensors(const Safetensors *file)
{
	return file->tensors;
}

/* ---- values */

static float
float_of_bits(guint32 bits)
{
	float value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

/* IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
static float
float_of_half(guint16 half)
{
	const guint32 sign = (guint32)(half & 0x8000) << 16;
	const guint32 exponent = (half >> 10) & 31, fraction = half & 1023;

	if (exponent == 0) /* fraction * 2^-24, exact as float32 */
		return sign ? -ldexpf((float)fraction, -24)
			    : ldexpf((float)fraction, -24);
	if (exponent == 31) /* infinite or not a number */
		return float_of_bits(sign | 0x7f800000 | fraction << 13);
	return float_of_bits(sign | (exponent + 127 - 15) << 23 |
			     fraction << 13);
}

/* The i-th of stored values. */
static float
convert(TensorType type, const guint8 *bytes, gsize i)
{
	guint16 two;
	guint32 four;
	guint64 eight;
	double value;

	switch (type) {
	case TENSOR_F16:
	case TENSOR_BF16:
		memcpy(&two, bytes + 2 * i, sizeof two);
		two = GUINT16_FROM_LE(two);
		/* bfloat16: the upper half of a float32 */
		return type == TENSOR_F16 ? float_of_half(two)
					  : float_of_bits((guint32)two << 16);
	case TENSOR_F32:
		memcpy(&four, bytes + 4 * i, sizeof four);
		return float_of_bits(GUINT32_FROM_LE(four));
	case TENSOR_F64:
		memcpy(&eight, bytes + 8 * i, sizeof eight);
		eight = GUINT64_FROM_LE(eight);
		memcpy(&value, &eight, sizeof value);
		/* Larger than any float32 becomes infinite, and is refused. */
		return fabs(value) > (double)G_MAXFLOAT ? INFINITY
							: (float)value;
	}
	return NAN;
}

gboolean
safetensors_read(const Safetensors *file, const Tensor *tensor, gsize first,
		 gsize n, float *values, GError **error)
{
	const gsize size = tensor_type_size(tensor->type);
	const guint64 begin = file->data + tensor->begin + first * size;
	guint8 stage[STAGE];

	for (gsize done = 0; done < n;) {
		const gsize part = MIN(n - done, STAGE / size);

		if (!read_at(file->fd, stage, part * size, begin + done * size))
			return fail_to_read(file->path, error);
		for (gsize i = 0; i < part; i++) {
			values[done + i] = convert(tensor->type, stage, i);
			if (isfinite(values[done + i]))
				continue;
			g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
				    "'%s' is damaged: '%s' has values that are "
				    "not finite as float32",
				    file->path, tensor->name);
			return FALSE;
		}
		done += part;
	}
	return TRUE;
}
