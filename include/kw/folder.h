/*
 * Folders that people keep photos in: what is in them, in an order that does
 * not depend on the file system.  Any thread.
 */
#ifndef KW_FOLDER_H
#define KW_FOLDER_H

#include <glib.h>

/* What a folder holds: char *, names without the folder, sorted bytewise. */
typedef struct {
	GPtrArray *folders; /* symbolic links to folders too */
	GPtrArray *files;   /* all else */
	gsize n_hidden;     /* names that a system hides, left out */
} KwFolder;

/*
 * List a folder.  Left out are names that begin with a dot ("._NAME" is where
 * macOS keeps what is not a photo), and what Windows leaves in folders.
 * KW_ERROR_INPUT with the reason alone: the caller knows the name.
 */
KwFolder *kw_folder_list(const char *path, GError **error);
void kw_folder_free(KwFolder *folder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwFolder, kw_folder_free)

/* "FOLDER/NAME", with one '/'.  Free it. */
char *kw_folder_join(const char *folder, const char *name);

/* Folders that a walk has been in, whatever their names. */
GHashTable *kw_folder_visits_new(void);

/*
 * Note a visit.  FALSE when it is not the first: symbolic links may lead to one
 * folder in many ways, or in circles.
 */
gboolean kw_folder_visit(GHashTable *visits, const char *path);

#endif
