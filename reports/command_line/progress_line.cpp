#include "reports/command_line/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace hptck::command_line {

ProgressLine::ProgressLine(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
  if (shown_ && terminal_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressLine::operator()(const Progress& progress) {
  const auto interval = terminal_ ? 0.1 : 5.0;
  if (quiet_ || (progress.seconds - last_ < interval && last_ >= 0 && progress.doing == doing_)) return;
  last_ = progress.seconds;
  doing_ = progress.doing;
  auto line = fmt::format("{:3.0f} % {:8.1f} s {:>10} calls {:>3} findings  {}", progress.fraction * 100,
                          progress.seconds, progress.calls, progress.findings, progress.doing);
  if (line.size() > 110) line.resize(110);
  if (terminal_)
    fmt::print(stderr, "\r\x1b[K{}", line);
  else
    fmt::print(stderr, "{}\n", line);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace hptck::command_line
