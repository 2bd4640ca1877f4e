// The hypervisor of scheme B as "hptck serve" serves it, which also records what it answers (recording.h).
//
//     recording_server FILE [DEVIATION]...
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "conformance/adapters/builtin/builtin_adapter.h"
#include "conformance/adapters/stdio/server.h"
#include "reports/command_line/kill/recording.h"

namespace hptck {
namespace {

class Recording final : public Adapter {
 public:
  Recording(std::unique_ptr<Adapter> adapter, int file) : adapter_(std::move(adapter)), file_(file) {}

  Description describe() override { return adapter_->describe(); }
  Statement restart(const Partition& partition) override { return adapter_->restart(partition); }
  std::optional<Fault> reset() override { return adapter_->reset(); }
  void wait(std::chrono::milliseconds time) override { adapter_->wait(time); }

  BatchResult batch(std::span<const Call> calls, std::span<Response> responses) override {
    auto result = adapter_->batch(calls, responses);
    for (std::size_t i = 0; i < result.answered; ++i) {
      const Recorded record{calls[i], responses[i]};
      if (::write(file_, &record, sizeof record) != sizeof record) std::abort();
    }
    return result;
  }

 private:
  std::unique_ptr<Adapter> adapter_;
  int file_;
};

}  // namespace
}  // namespace hptck

int main(int argc, char** argv) {
  const int file = argc > 1 ? ::open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
  if (file < 0) return 64;
  hptck::BuiltinOptions options;
  options.scheme = hptck::Scheme::b;
  for (int i = 2; i < argc; ++i) options.deviations.add(hptck::deviation_named(argv[i]).value());
  hptck::Recording recording(hptck::make_builtin_adapter(options), file);
  hptck::stdio::serve(recording, STDIN_FILENO, STDOUT_FILENO);
  return 0;
}
