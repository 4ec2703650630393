#include "kw/error.h"

G_DEFINE_QUARK(kw_error, kw_error)
