// Reading a journal: a line is a record of JSON if its first word is in the table, else a line of the trace
// format.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "conformance/record/journal.h"
#include "conformance/record/record_json.h"

namespace hptck {
namespace {

class Reader {
 public:
  Reader(std::string_view name, std::vector<Trace>* partitions, std::vector<machines::Case>* cases)
      : name_(name), partitions_(partitions), cases_(cases) {}

  void take(std::string_view line) {
    if (++number_ == 1) {
      if (line != "hptck-journal 1") fail(1, "not a journal: the first line is \"hptck-journal 1\"");
      return;
    }
    const auto space = std::min(line.find(' '), line.size());
    const auto keyword = line.substr(0, space);
    if (record_.complete) fail(1, "a record after the end");
    if (!headed_ && keyword != "campaign") fail(1, "expected the \"campaign\" record");
    const auto known = std::ranges::find(records, keyword, &Record::keyword);
    if (keyword == "wait")
      wait_ms_ = parse_wait(line, number_, name_);
    else if (keyword == "partition")
      partition(parse_statement(line, number_, name_));
    else if (known == std::end(records))
      step(parse_step_call(line, number_, name_));
    else
      take_json(*known, line.substr(std::min(space + 1, line.size())), space);
  }

  CampaignRecord finished() {
    for (auto& suspicion : suspicions_) {
      if (std::ranges::find(record_.findings, suspicion.key, &Finding::key) == record_.findings.end())
        record_.findings.push_back(std::move(suspicion));
    }
    if (number_ == 0) throw InputError(name_, 1, 1, "the journal is empty");
    if (!headed_) throw InputError(name_, number_ + 1, 1, "the journal ends before its \"campaign\" record");
    return std::move(record_);
  }

 private:
  struct Record {
    std::string_view keyword;
    void (*take)(Reader& reader, const Json& json);
  };
  static const Record records[11];

  [[noreturn]] void fail(std::size_t column, std::string_view message) const {
    throw InputError(name_, number_, column, message);
  }

  void take_json(const Record& record, std::string_view text, std::size_t space) try {
    record.take(*this, Json::parse(text));
  } catch (const InputError&) {
    throw;
  } catch (const Json::parse_error& error) {
    fail(space + 1 + error.byte, "not JSON");
  } catch (const std::exception& error) {
    fail(space + 2, fmt::format("\"{}\" record: {}", record.keyword, error.what()));
  }

  void partition(const Statement& statement) {
    if (partitions_ != nullptr) {
      partitions_->emplace_back();
      partitions_->back().statement = statement;
    }
    if (std::ranges::find(record_.statements, statement) == record_.statements.end())
      record_.statements.push_back(statement);
  }

  void step(Step step) {
    step.wait_ms = std::exchange(wait_ms_, 0);
    if (partitions_ != nullptr && !partitions_->empty()) partitions_->back().steps.push_back(step);
    if (step.response) ++record_.tally.calls;
  }

  void campaign(const Json& json) {
    if (std::exchange(headed_, true)) fail(1, "a second \"campaign\" record");
    record_ = campaign_from(json);
  }

  // A later record of the same finding tells how often it was met in the end.
  void finding(Finding finding) {
    const auto known = std::ranges::find(record_.findings, finding.key, &Finding::key);
    if (known == record_.findings.end())
      record_.findings.push_back(std::move(finding));
    else
      *known = std::move(finding);
  }

  void seen(const Json& json, std::uint64_t& count) {
    ++count;
    auto one = case_from(json);
    if (cases_ != nullptr) cases_->push_back(std::move(one));
  }

  void diagnosis(const Json& json) {
    record_.diagnosis.clear();
    for (const auto& set : json.at("explanations")) record_.diagnosis.push_back(deviations_from(set));
  }

  std::string_view name_;
  std::vector<Trace>* partitions_;
  std::vector<machines::Case>* cases_;
  CampaignRecord record_;
  std::size_t number_ = 0;  ///< of the line
  bool headed_ = false;
  std::vector<Finding> suspicions_;  ///< that nobody came to minimize
  std::uint32_t wait_ms_ = 0;
};

const Reader::Record Reader::records[] = {
    {"campaign", [](Reader& r, const Json& json) { r.campaign(json); }},
    {"finding", [](Reader& r, const Json& json) { r.finding(finding_from(json)); }},
    {"suspicion", [](Reader& r, const Json& json) { r.suspicions_.push_back(finding_from(json)); }},
    {"settled", [](Reader& r, const Json&) { r.suspicions_.clear(); }},
    {"machines",
     [](Reader& r, const Json& json) {
       r.record_.machines = {json.at("cover"), json.at("why_not"),
                             json.at("accelerators").get<std::map<std::string, std::string>>(),
                             json.value("types", std::vector<std::string>{})};
     }},
    {"configuration", [](Reader& r, const Json& json) { r.seen(json, r.record_.tally.configurations); }},
    {"migration", [](Reader& r, const Json& json) { r.seen(json, r.record_.tally.migrations); }},
    {"diagnosis", [](Reader& r, const Json& json) { r.diagnosis(json); }},
    {"tally", [](Reader& r, const Json& json) { r.record_.tally = tally_from(json); }},
    {"error", [](Reader& r, const Json& json) { r.record_.error = json.at("text"); }},
    {"end",
     [](Reader& r, const Json& json) {
       r.record_.seconds = json.at("seconds");
       r.record_.complete = true;
     }},
};

}  // namespace

CampaignRecord read_journal(std::string_view text, std::string_view name, std::vector<Trace>* partitions,
                            std::vector<machines::Case>* cases) {
  Reader reader(name, partitions, cases);
  // A last line without its newline is what a killed kit leaves.
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string_view::npos; at = end + 1)
    reader.take(text.substr(at, end - at));
  return reader.finished();
}

}  // namespace hptck
