#include "kw/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "kw/error.h"

typedef DIR Dir;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dir, closedir)

char *
kw_folder_join(const char *folder, const char *name)
{
	return g_str_has_suffix(folder, "/")
		       ? g_strconcat(folder, name, NULL)
		       : g_strconcat(folder, "/", name, NULL);
}

void
kw_folder_free(KwFolder *folder)
{
	if (folder == NULL)
		return;
	g_ptr_array_unref(folder->folders);
	g_ptr_array_unref(folder->files);
	g_free(folder);
}

static gboolean
is_folder(const char *parent, const char *name)
{
	g_autofree char *path = kw_folder_join(parent, name);
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static gboolean
is_hidden(const char *name)
{
	return name[0] == '.' || g_ascii_strcasecmp(name, "Thumbs.db") == 0 ||
	       g_ascii_strcasecmp(name, "desktop.ini") == 0;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add_name(KwFolder *folder, const char *path, const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return;
	if (is_hidden(name))
		folder->n_hidden++;
	else
		g_ptr_array_add(is_folder(path, name) ? folder->folders
						      : folder->files,
				g_strdup(name));
}

static void
set_read_error(GError **error)
{
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT, "%s", g_strerror(errno));
}

KwFolder *
kw_folder_list(const char *path, GError **error)
{
	g_autoptr(Dir) dir = opendir(path);
	g_autoptr(KwFolder) folder = NULL;
	struct dirent *entry;

	if (dir == NULL) {
		set_read_error(error);
		return NULL;
	}
	folder = g_new0(KwFolder, 1);
	folder->folders = g_ptr_array_new_with_free_func(g_free);
	folder->files = g_ptr_array_new_with_free_func(g_free);
	while (errno = 0, (entry = readdir(dir)) != NULL)
		add_name(folder, path, entry->d_name);
	if (errno != 0) {
		set_read_error(error);
		return NULL;
	}
	g_ptr_array_sort(folder->folders, compare_names);
	g_ptr_array_sort(folder->files, compare_names);
	return g_steal_pointer(&folder);
}

GHashTable *
kw_folder_visits_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

gboolean
kw_folder_visit(GHashTable *visits, const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 ||
	       g_hash_table_add(visits,
				g_strdup_printf("%jx %jx", (uintmax_t)st.st_dev,
						(uintmax_t)st.st_ino));
}
