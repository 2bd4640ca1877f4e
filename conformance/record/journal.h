// The journal: everything a campaign did and was answered, as it happened. Conformance ends here; reports
// read nothing else, so any report can be made again later and elsewhere.
//
// It is text, a record a line: the trace format's own lines for what went over the wire, and "KEYWORD {json}"
// for the rest. docs/journal-format.md describes it. Each batch is handed to the kernel in one write as soon
// as its answers are in, so killing the kit loses at most the batch in flight; what a killed kit leaves is
// read back up to the last whole line and marked incomplete.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "conformance/record/verdict.h"
#include "model/machines/observation.h"

namespace hptck {

class Journal {
 public:
  enum class Detail : std::uint8_t {
    full,    ///< every call and answer
    sparse,  ///< all but calls and answers; for campaigns of many millions of calls
  };

  /// Creates the file, and its directory. Throws EnvironmentError.
  Journal(const std::filesystem::path& path, Detail detail);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void campaign(const CampaignRecord& record);
  void partition(const Statement& statement);
  void step(const Step& step);
  /// How the page-size rules are tried.
  void machines(const ConfigurationRecord& machines);
  /// What was seen of a machine, or of a migration. `fault` empty: there was none.
  void configuration(const machines::Case& one, std::string_view fault);
  void finding(const Finding& finding);
  /// A finding that is yet to be minimized. It stands if the journal ends before settled().
  void suspicion(const Finding& finding);
  void settled();
  void diagnosis(const std::vector<Deviations>& explanations);
  void tally(const Tally& tally);
  void error(std::string_view text);
  void end(double seconds);

  /// Hands what was recorded to the kernel. Throws EnvironmentError when the disk is full.
  void flush();

 private:
  void line(std::string_view text);
  std::filesystem::path path_;
  Detail detail_;
  int file_ = -1;
  std::string pending_;
};

/// Reads a journal back; `partitions`, when given, gets every partition with its calls, `cases` what was seen
/// of machines and migrations. Throws InputError for one that is damaged anywhere but at its very end.
CampaignRecord read_journal(std::string_view text, std::string_view name,
                            std::vector<Trace>* partitions = nullptr,
                            std::vector<machines::Case>* cases = nullptr);

}  // namespace hptck
