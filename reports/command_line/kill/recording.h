// What the implementations of kill_test write down of each hypercall that they answer, before they answer it:
// so the journal can have no call that is not in here. A record goes out in one write to a file opened with
// O_APPEND; the last one may be cut short by a kill, and was then not answered.
#pragma once

#include "model/hypercall.h"

namespace hptck {

struct Recorded {
  Call call;
  Response response;
};

}  // namespace hptck
