#include "conformance/stdio/stdio_adapter.h"
