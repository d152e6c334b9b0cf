#include "revision.h"

const char *const swemu_revision = SWEMU_REVISION;
