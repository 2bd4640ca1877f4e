// Progress on stderr: one line rewritten on a terminal, else a line every five seconds.
#pragma once

#include <string>

#include "conformance/campaign/campaign.h"

namespace hptck::command_line {

class ProgressLine {
 public:
  explicit ProgressLine(bool quiet);
  ~ProgressLine();
  void operator()(const Progress& progress);

 private:
  bool quiet_, terminal_, shown_ = false;
  double last_ = -1;
  std::string doing_;
};

}  // namespace hptck::command_line
