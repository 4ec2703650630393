/*
 * HDF5 with handles that close themselves and errors that are values.  Private
 * to the few files that know a file format; HDF5 is used from one thread.
 */
#ifndef KW_H5_H
#define KW_H5_H

#include <glib.h>
#include <hdf5.h>

/* Any HDF5 handle: g_auto(KwHid) gives it back, whatever its kind. */
typedef hid_t KwHid;

void kw_hid_close(KwHid id);
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(KwHid, kw_hid_close, H5I_INVALID_HID)

/* The handle, which the variable no longer owns. */
static inline hid_t
kw_hid_steal(hid_t *id)
{
	hid_t stolen = *id;

	*id = H5I_INVALID_HID;
	return stolen;
}

/*
 * Before the first use of HDF5: error stacks are not printed, and no file can
 * make the process load a filter plug-in.
 */
void kw_h5_start(void);

/*
 * Set an error of `code`; the message is the formatted text, then the cause of
 * the last failure as HDF5 or the system tells it, if it does.  Always FALSE.
 */
gboolean kw_h5_fail(GError **error, gint code, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/*
 * Open a file for reading; `name` stands for it in messages.  Its handle for
 * H5Fget_vfd_handle() is a file descriptor.
 * KW_ERROR_INPUT when it cannot be opened, KW_ERROR_FORMAT when it is not HDF5,
 * damaged or cut short.
 */
hid_t kw_h5_open(const char *path, const char *name, GError **error);

/*
 * Create a file (truncating), with object times off and formats that HDF5 1.10
 * reads, so that equal content gives equal bytes.  Its handle for
 * H5Fget_vfd_handle() is a file descriptor.
 */
hid_t kw_h5_create(const char *path, const char *name, GError **error);

/* Create a group without object times.  Negative on failure. */
hid_t kw_h5_create_group(hid_t parent, const char *name);

/* Contiguous dataset, no fill, no object times.  Negative on failure. */
hid_t kw_h5_create_dataset(hid_t parent, const char *name, hid_t type, int rank,
			   const hsize_t *dims);

/* Is `name` a hard link in `parent` (not missing, soft or external)? */
gboolean kw_h5_has(hid_t parent, const char *name);

/*
 * Open the group or dataset at a path below `parent` over hard links only, so
 * that it lies in this very file.  Negative when there is none.
 */
hid_t kw_h5_open_inside(hid_t parent, const char *path);

/* A string type of `length` bytes (H5T_VARIABLE: variable), UTF-8. */
hid_t kw_h5_string_type(gsize length);

/* Read or write rows first..first+n-1 (first axis) of a dataset; n may be 0. */
gboolean kw_h5_read_rows(hid_t dataset, hid_t memory_type, gsize first, gsize n,
			 void *rows);
gboolean kw_h5_write_rows(hid_t dataset, hid_t memory_type, gsize first,
			  gsize n, const void *rows);

/*
 * Attributes.  Writers take a one-dimensional array, or a scalar for
 * kw_h5_set_string().  FALSE on failure.
 */
gboolean kw_h5_set_string(hid_t object, const char *name, const char *value);
gboolean kw_h5_set_strings(hid_t object, const char *name,
			   const char *const *values, gsize n);
gboolean kw_h5_set_numbers(hid_t object, const char *name, hid_t file_type,
			   hid_t memory_type, const void *values, gsize n);
gboolean kw_h5_set_scalar(hid_t object, const char *name, hid_t file_type,
			  hid_t memory_type, const void *value);

/*
 * Readers; fixed-length and variable-length strings of any padding are read.
 * NULL or FALSE when the attribute is missing, is of another kind, is longer
 * than is sane (16 MiB, 65,536 strings), or for numbers does not hold exactly n
 * values. kw_h5_get_strings() gives an empty array where a numeric attribute of
 * no elements stands, as old Keras files have it.  Free the results.
 */
char *kw_h5_get_string(hid_t object, const char *name);
GStrv kw_h5_get_strings(hid_t object, const char *name);
gboolean kw_h5_get_numbers(hid_t object, const char *name, hid_t memory_type,
			   void *values, gsize n);

/* As kw_h5_get_strings(); Keras splits long lists into NAME0, NAME1, ... */
GStrv kw_h5_get_names(hid_t object, const char *name);

#endif
