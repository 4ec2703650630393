#include "kw/error.h"

G_DEFINE_QUARK(kw - error, kw_error)
