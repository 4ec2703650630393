#include "lib/h5.h"

#include <stdarg.h>
#include <string.h>

#include "kw/error.h"

enum {
	MAX_ATTRIBUTE_BYTES = 16 << 20,
	MAX_STRINGS = 1 << 16,
	SIEVE_BYTES = 4096,
};

void
kw_h5_start(void)
{
	static gsize started;

	if (!g_once_init_enter(&started))
		return;
	/*
	 * A file that could not be written cannot be closed either: HDF5 would
	 * try it again at the end of the program, and crash.
	 */
	H5dont_atexit();
	H5open();
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	H5PLset_loading_state(0);
	g_once_init_leave(&started, 1);
}

/* Closing clears HDF5's error stack: keep what it says of a failure before. */
void
kw_hid_close(KwHid id)
{
	hid_t errors = H5I_INVALID_HID;

	if (H5Eget_num(H5E_DEFAULT) > 0)
		errors = H5Eget_current_stack();
	H5Idec_ref(id);
	if (errors >= 0)
		H5Eset_current_stack(errors);
}

/* ---- errors */

/*
 * The system's own words where they are in the text, which then goes on with
 * times and addresses: "..., errno = 28, error message = 'No space left on
 * device', buf = 0x7efe99f8e810, ...".
 */
static char *
plain_cause(const char *text)
{
	static const char mark[] = "error message = '";
	const char *begin = strstr(text, mark);
	const char *end = NULL;

	if (begin != NULL) {
		begin += strlen(mark);
		end = strchr(begin, '\'');
	}
	return end != NULL ? g_strndup(begin, (gsize)(end - begin))
			   : g_strdup(text);
}

/* The innermost entry of the stack comes first: it names the cause. */
static herr_t
note_cause(unsigned n, const H5E_error2_t *entry, void *data)
{
	char **cause = data;

	if (n == 0 && entry->desc != NULL)
		*cause = plain_cause(entry->desc);
	return 0;
}

gboolean
kw_h5_fail(GError **error, gint code, const char *format, ...)
{
	g_autofree char *cause = NULL;
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_cause, &cause);
	H5Eclear2(H5E_DEFAULT);
	g_set_error(error, KW_ERROR, code, "%s%s%s", text, cause ? ": " : "",
		    cause ? cause : "");
	return FALSE;
}

/* ---- files, groups, datasets */

hid_t
kw_h5_open(const char *path, const char *name, GError **error)
{
	kw_h5_start();
	g_auto(KwHid) access = H5Pcreate(H5P_FILE_ACCESS);
	hid_t file = H5I_INVALID_HID;
	htri_t is_hdf5;

	H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
	H5Pset_fapl_sec2(access); /* whatever $HDF5_DRIVER says */
	/* A file system without locks is no reason to fail. */
	H5Pset_file_locking(access, FALSE, TRUE);
	/*
	 * Each dataset that was read from keeps a sieve, of 64 KiB if it is
	 * that large: much for hundreds of shards, and rows come many at once.
	 */
	H5Pset_sieve_buf_size(access, SIEVE_BYTES);
	is_hdf5 = H5Fis_hdf5(path);
	if (is_hdf5 > 0)
		file = H5Fopen(path, H5F_ACC_RDONLY, access);
	if (file >= 0)
		return file;
	if (is_hdf5 < 0)
		kw_h5_fail(error, KW_ERROR_INPUT, "cannot open '%s'", name);
	else if (is_hdf5 == 0)
		kw_h5_fail(error, KW_ERROR_FORMAT, "'%s' is not an HDF5 file",
			   name);
	else
		kw_h5_fail(error, KW_ERROR_FORMAT,
			   "'%s' is damaged or cut short", name);
	return H5I_INVALID_HID;
}

hid_t
kw_h5_create(const char *path, const char *name, GError **error)
{
	kw_h5_start();
	g_auto(KwHid) access = H5Pcreate(H5P_FILE_ACCESS);
	g_auto(KwHid) creation = H5Pcreate(H5P_FILE_CREATE);
	hid_t file;

	H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
	H5Pset_fapl_sec2(access); /* whatever $HDF5_DRIVER says */
	H5Pset_file_locking(access, FALSE, TRUE);
	H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110);
	H5Pset_obj_track_times(creation, FALSE);
	file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
	if (file < 0)
		kw_h5_fail(error, KW_ERROR_IO, "cannot create '%s'", name);
	return file;
}

hid_t
kw_h5_create_group(hid_t parent, const char *name)
{
	g_auto(KwHid) creation = H5Pcreate(H5P_GROUP_CREATE);

	H5Pset_obj_track_times(creation, FALSE);
	return H5Gcreate2(parent, name, H5P_DEFAULT, creation, H5P_DEFAULT);
}

hid_t
kw_h5_create_dataset(hid_t parent, const char *name, hid_t type, int rank,
		     const hsize_t *dims)
{
	g_auto(KwHid) creation = H5Pcreate(H5P_DATASET_CREATE);
	g_auto(KwHid) space = H5Screate_simple(rank, dims, NULL);

	H5Pset_obj_track_times(creation, FALSE);
	H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
	H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
	return H5Dcreate2(parent, name, type, space, H5P_DEFAULT, creation,
			  H5P_DEFAULT);
}

gboolean
kw_h5_has(hid_t parent, const char *name)
{
	H5L_info_t info;

	return H5Lexists(parent, name, H5P_DEFAULT) > 0 &&
	       H5Lget_info(parent, name, &info, H5P_DEFAULT) >= 0 &&
	       info.type == H5L_TYPE_HARD;
}

hid_t
kw_h5_open_inside(hid_t parent, const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	g_auto(KwHid) object = H5I_INVALID_HID;

	for (char **part = parts; *part != NULL; part++) {
		hid_t from = object >= 0 ? object : parent;
		hid_t next;

		if (**part == '\0')
			continue;
		if (!kw_h5_has(from, *part))
			return H5I_INVALID_HID;
		next = H5Oopen(from, *part, H5P_DEFAULT);
		if (object >= 0)
			H5Idec_ref(object);
		object = next;
		if (object < 0)
			return H5I_INVALID_HID;
	}
	return kw_hid_steal(&object);
}

hid_t
kw_h5_string_type(gsize length)
{
	hid_t type = H5Tcopy(H5T_C_S1);

	H5Tset_size(type, length);
	H5Tset_strpad(type, length == H5T_VARIABLE ? H5T_STR_NULLTERM
						   : H5T_STR_NULLPAD);
	H5Tset_cset(type, H5T_CSET_UTF8);
	return type;
}

/* The file space of `dataset` with n rows from `first` on selected. */
static hid_t
select_rows(hid_t dataset, gsize first, gsize n, hid_t *memory_space)
{
	hsize_t dims[H5S_MAX_RANK], start[H5S_MAX_RANK] = { first };
	hid_t space = H5Dget_space(dataset);
	int rank = H5Sget_simple_extent_dims(space, dims, NULL);

	if (rank >= 1 && first <= dims[0] && n <= dims[0] - first) {
		dims[0] = n;
		*memory_space = H5Screate_simple(rank, dims, NULL);
		if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL,
					dims, NULL) >= 0)
			return space;
	}
	H5Sclose(space);
	return H5I_INVALID_HID;
}

gboolean
kw_h5_read_rows(hid_t dataset, hid_t memory_type, gsize first, gsize n,
		void *rows)
{
	g_auto(KwHid) memory = H5I_INVALID_HID;
	g_auto(KwHid) file = H5I_INVALID_HID;

	if (n == 0)
		return TRUE;
	file = select_rows(dataset, first, n, &memory);
	return file >= 0 && H5Dread(dataset, memory_type, memory, file,
				    H5P_DEFAULT, rows) >= 0;
}

gboolean
kw_h5_write_rows(hid_t dataset, hid_t memory_type, gsize first, gsize n,
		 const void *rows)
{
	g_auto(KwHid) memory = H5I_INVALID_HID;
	g_auto(KwHid) file = H5I_INVALID_HID;

	if (n == 0)
		return TRUE;
	file = select_rows(dataset, first, n, &memory);
	return file >= 0 && H5Dwrite(dataset, memory_type, memory, file,
				     H5P_DEFAULT, rows) >= 0;
}

/* ---- attributes */

static gboolean
set_attribute(hid_t object, const char *name, hid_t file_type,
	      hid_t memory_type, hid_t space, const void *values)
{
	g_auto(KwHid) attribute = H5Acreate2(object, name, file_type, space,
					     H5P_DEFAULT, H5P_DEFAULT);

	return attribute >= 0 && H5Awrite(attribute, memory_type, values) >= 0;
}

gboolean
kw_h5_set_numbers(hid_t object, const char *name, hid_t file_type,
		  hid_t memory_type, const void *values, gsize n)
{
	const hsize_t dims[] = { n };
	g_auto(KwHid) space = H5Screate_simple(1, dims, NULL);

	return set_attribute(object, name, file_type, memory_type, space,
			     values);
}

gboolean
kw_h5_set_scalar(hid_t object, const char *name, hid_t file_type,
		 hid_t memory_type, const void *value)
{
	g_auto(KwHid) space = H5Screate(H5S_SCALAR);

	return set_attribute(object, name, file_type, memory_type, space,
			     value);
}

gboolean
kw_h5_set_string(hid_t object, const char *name, const char *value)
{
	g_auto(KwHid) type = kw_h5_string_type(H5T_VARIABLE);

	return kw_h5_set_scalar(object, name, type, type, &value);
}

gboolean
kw_h5_set_strings(hid_t object, const char *name, const char *const *values,
		  gsize n)
{
	g_auto(KwHid) type = kw_h5_string_type(H5T_VARIABLE);

	return kw_h5_set_numbers(object, name, type, type, values, n);
}

/* Open an attribute and count its values; negative if it is not sane. */
static hid_t
open_attribute(hid_t object, const char *name, gsize *n)
{
	g_auto(KwHid) attribute = H5I_INVALID_HID;
	g_auto(KwHid) space = H5I_INVALID_HID;
	hssize_t points;

	if (H5Aexists(object, name) <= 0)
		return H5I_INVALID_HID;
	attribute = H5Aopen(object, name, H5P_DEFAULT);
	space = attribute < 0 ? H5I_INVALID_HID : H5Aget_space(attribute);
	points = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
	if (points < 0 || points > MAX_ATTRIBUTE_BYTES ||
	    H5Sget_simple_extent_ndims(space) > 1)
		return H5I_INVALID_HID;
	*n = (gsize)points;
	return kw_hid_steal(&attribute);
}

static GStrv
read_variable_strings(hid_t attribute, gsize n)
{
	g_auto(KwHid) type = H5Aget_type(attribute);
	g_auto(KwHid) space = H5Aget_space(attribute);
	g_autofree char **raw = NULL;
	GStrv values;

	if (n > MAX_STRINGS)
		return NULL;
	raw = g_new0(char *, n + 1);
	if (H5Aread(attribute, type, raw) < 0)
		return NULL;
	values = g_new0(char *, n + 1);
	for (gsize i = 0; i < n; i++)
		values[i] = g_strdup(raw[i] != NULL ? raw[i] : "");
	H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
	return values;
}

static GStrv
read_fixed_strings(hid_t attribute, gsize n)
{
	g_auto(KwHid) type = H5Aget_type(attribute);
	gsize length = H5Tget_size(type);
	g_autofree char *raw = NULL;
	GStrv values;

	if (length == 0 || n > MAX_ATTRIBUTE_BYTES / length)
		return NULL;
	raw = g_malloc0(n * length + 1);
	if (H5Aread(attribute, type, raw) < 0)
		return NULL;
	values = g_new0(char *, n + 1);
	/* A full string of fixed length has no NUL at its end. */
	for (gsize i = 0; i < n; i++)
		values[i] = g_strndup(raw + i * length, length);
	return values;
}

GStrv
kw_h5_get_strings(hid_t object, const char *name)
{
	gsize n = 0;
	g_auto(KwHid) attribute = open_attribute(object, name, &n);
	g_auto(KwHid) type =
		attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);

	if (type < 0)
		return NULL;
	if (n == 0)
		return g_new0(char *, 1);
	if (H5Tget_class(type) != H5T_STRING)
		return NULL;
	return H5Tis_variable_str(type) > 0
		       ? read_variable_strings(attribute, n)
		       : read_fixed_strings(attribute, n);
}

GStrv
kw_h5_get_names(hid_t object, const char *name)
{
	g_autoptr(GStrvBuilder) all = NULL;
	GStrv names = kw_h5_get_strings(object, name);

	if (names != NULL)
		return names;
	for (int i = 0;; i++) {
		g_autofree char *part_name = g_strdup_printf("%s%d", name, i);
		g_auto(GStrv) part = kw_h5_get_strings(object, part_name);

		if (part == NULL)
			return all ? g_strv_builder_end(all) : NULL;
		if (all == NULL)
			all = g_strv_builder_new();
		g_strv_builder_addv(all, (const char **)part);
	}
}

char *
kw_h5_get_string(hid_t object, const char *name)
{
	g_auto(GStrv) values = kw_h5_get_strings(object, name);

	if (values == NULL || g_strv_length(values) != 1)
		return NULL;
	return g_strdup(values[0]);
}

gboolean
kw_h5_get_numbers(hid_t object, const char *name, hid_t memory_type,
		  void *values, gsize n)
{
	gsize found = 0;
	g_auto(KwHid) attribute = open_attribute(object, name, &found);
	g_auto(KwHid) type =
		attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);

	return type >= 0 && found == n &&
	       H5Tget_class(type) == H5Tget_class(memory_type) &&
	       H5Aread(attribute, memory_type, values) >= 0;
}
