#include "conformance/record/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "conformance/record/record_json.h"

namespace hptck {
namespace {

// Bytes of the implementation's stderr need not be UTF-8; they are kept as far as they are.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

Journal::Journal(const std::filesystem::path& path, Detail detail) : path_(path), detail_(detail) {
  std::error_code ignored;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file_ < 0)
    throw EnvironmentError(fmt::format("{}: cannot be written: {}", path.string(), std::strerror(errno)));
  line("hptck-journal 1");
}

Journal::~Journal() {
  if (file_ < 0) return;
  try {
    flush();
  } catch (const EnvironmentError&) {
    // Whoever needed to know was told by an earlier flush().
  }
  ::close(file_);
}

void Journal::line(std::string_view text) {
  pending_ += text;
  pending_ += '\n';
}

void Journal::campaign(const CampaignRecord& record) { line("campaign " + dump(to_json(record))); }
void Journal::partition(const Statement& statement) { line(print_statement(statement)); }

void Journal::step(const Step& step) {
  if (detail_ == Detail::sparse) return;
  if (step.wait_ms != 0) line(fmt::format("wait {}", step.wait_ms));
  line(print_step_call(step));
}

void Journal::diagnosis(const std::vector<Deviations>& explanations) {
  Json sets = Json::array();
  for (const auto& deviations : explanations) sets.push_back(to_json(deviations));
  line("diagnosis " + dump({{"explanations", sets}}));
}

void Journal::machines(const ConfigurationRecord& machines) {
  line("machines " + dump({{"cover", machines.cover},
                           {"why_not", machines.why_not},
                           {"accelerators", machines.accelerators},
                           {"types", machines.types}}));
}

void Journal::configuration(const machines::Case& one, std::string_view fault) {
  line((one.destination ? "migration " : "configuration ") + dump(to_json(one, fault)));
}

void Journal::finding(const Finding& finding) { line("finding " + dump(to_json(finding))); }
void Journal::suspicion(const Finding& finding) { line("suspicion " + dump(to_json(finding))); }
void Journal::settled() { line("settled {}"); }
void Journal::tally(const Tally& tally) { line("tally " + dump(to_json(tally))); }
void Journal::error(std::string_view text) { line("error " + dump({{"text", text}})); }
void Journal::end(double seconds) { line("end " + dump({{"seconds", seconds}})); }

void Journal::flush() {
  std::size_t done = 0;
  while (done < pending_.size()) {
    const auto written = ::write(file_, pending_.data() + done, pending_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      pending_.erase(0, done);
      throw EnvironmentError(fmt::format("{}: cannot be written: {}", path_.string(), std::strerror(errno)));
    }
    done += static_cast<std::size_t>(written);
  }
  pending_.clear();
}

}  // namespace hptck
