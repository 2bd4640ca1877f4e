// How long the kit waits for a child.
#pragma once

#include <algorithm>
#include <chrono>

namespace hptck {

/// The kit may be suspended, or get no processor, for any time, and the child probably got none either. So
/// what counts towards a deadline is not the time on the clock: each interval between two looks counts with
/// at most `longest_look`.
class Patience {
 public:
  static constexpr std::chrono::milliseconds longest_look{50};

  explicit Patience(std::chrono::steady_clock::duration limit) : limit_(limit) {}
  void look() {
    const auto now = std::chrono::steady_clock::now();
    waited_ += std::min<std::chrono::steady_clock::duration>(now - last_look_, longest_look);
    last_look_ = now;
  }
  void renew() { waited_ = {}; }
  bool ended() const { return waited_ > limit_; }
  std::chrono::milliseconds waited() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(waited_);
  }

 private:
  std::chrono::steady_clock::duration limit_, waited_{};
  std::chrono::steady_clock::time_point last_look_ = std::chrono::steady_clock::now();
};

}  // namespace hptck
