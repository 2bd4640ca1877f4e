#include "conformance/record/finding_sink.h"

#include <fmt/format.h>

#include <fstream>

namespace hptck {
FindingSink sink_to(Journal& journal, std::filesystem::path out,
                    std::function<std::string(const std::string& file)> replay_command) {
  FindingSink sink;
  sink.suspicion = [&journal](const Finding& finding) {
    journal.suspicion(finding);
    journal.flush();
  };
  sink.settled = [&journal] { journal.settled(); };
  sink.finding = [&journal, out = std::move(out), replay_command = std::move(replay_command)](
                     Finding& finding, std::size_t number, const std::string& text) {
    finding.file = fmt::format("finding-{}-{}.{}", number,
                               finding.clauses.empty() ? "unknown" : id_of(finding.clauses.front()),
                               finding.configuration.empty() ? "trace" : "configuration");
    if (replay_command) finding.replay_command = replay_command(finding.file);
    if (!out.empty()) {
      std::ofstream file(out / finding.file, std::ios::binary);
      file << text;
      if (!file.flush())
        throw EnvironmentError(fmt::format("{}: cannot be written", (out / finding.file).string()));
    }
    journal.finding(finding);
    journal.flush();
  };
  return sink;
}

}  // namespace hptck
