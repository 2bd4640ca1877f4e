// The hptck command. Parses the command line, runs one subcommand, and maps what happened to the documented
// exit codes. All output for people goes through here; everything below returns values.
//
//   0 conformant   1 not conformant   2 inconclusive   3 kit or environment error   64 usage
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <iostream>
#include <limits>
#include <random>
#include <sstream>

#include "conformance/checks/adapter_check/adapter_check.h"
#include "conformance/adapters/adapter_choice.h"
#include "conformance/adapters/builtin/builtin_adapter.h"
#include "conformance/campaign/campaign.h"
#include "reports/command_line/version.h"
#include "conformance/campaign/explanations.h"
#include "conformance/campaign/machine_campaign.h"
#include "conformance/record/configuration_file.h"
#include "conformance/adapters/process/process.h"
#include "conformance/adapters/stdio/server.h"
#include "model/diagnosis.h"
#include "model/oracle.h"
#include "reports/junit.h"
#include "reports/summary.h"

namespace hptck {
namespace {

constexpr int exit_environment = 3, exit_usage = 64;

std::atomic<bool> stop_requested{false};

void request_stop(int) { stop_requested = true; }

// A wrong use of the command line that only shows after parsing.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) throw EnvironmentError(fmt::format("{}: cannot be read", path.string()));
  return text.str();
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw EnvironmentError(fmt::format("{}: cannot be written", path.string()));
}

bool colour_wanted() { return ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr; }

std::string utc_now() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// CLI11 wraps negative numbers round into unsigned options.
std::string whole_number(const std::string& word) {
  const bool digits = !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
  return digits ? "" : word + " is not a whole number";
}

// The adapter named on the command line. Its options are known only once its name is, so the name is looked
// up before the real parse.
class ChosenAdapter {
 public:
  ChosenAdapter(int argc, char** argv) : choices_(adapter_choices()) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view word = argv[i];
      if (word == "--") break;
      if (word == "--adapter" && i + 1 < argc) name_ = argv[i + 1];
      if (word.starts_with("--adapter=")) name_ = word.substr(10);
    }
  }

  void add_to(CLI::App& command) {
    std::string known;
    for (const auto& choice : choices_)
      known += fmt::format("{}{}: {}", known.empty() ? "" : "; ", choice.name, choice.summary);
    command.add_option("--adapter", name_, "how the implementation under test is reached. " + known)
        ->required()
        ->type_name("NAME");
    before_ = command.get_options().size();
    if (const auto* choice = find()) choice->add_options(command);
    command_ = &command;
  }

  const std::string& name() const { return name_; }

  // Takes the adapter's command from the command line. Returns how many words are left.
  int take_command(int argc, char** argv) const {
    const auto* choice = find();
    if (choice == nullptr || !choice->command) return argc;
    const auto end = argv + argc, mark = std::find(argv, end, std::string_view("--"));
    if (mark == end) return argc;
    choice->command->assign(mark + 1, end);
    return static_cast<int>(mark - argv);
  }

  std::unique_ptr<Adapter> make() const {
    if (const auto* choice = find()) {
      if (choice->command && choice->command->empty())
        throw UsageError(
            fmt::format("--adapter {}: the command to start is missing; it comes last: "
                        "--adapter {} OPTION... -- COMMAND ARGUMENT...",
                        name_, name_));
      return choice->make();
    }
    std::string known;
    for (const auto& choice : choices_) known += ' ' + choice.name;
    throw UsageError(fmt::format("--adapter {}: there is no such adapter; there are:{}", name_, known));
  }

  // The adapter's own options, as given, and its command.
  std::vector<std::string> given(const CLI::App& command) const {
    std::vector<std::string> words;
    const auto options = static_cast<const CLI::App&>(command).get_options();
    for (std::size_t i = before_; i < options.size(); ++i) {
      const auto* option = options[i];
      if (own_.contains(option->get_name())) continue;
      for (const auto& result : option->results()) {
        words.push_back(option->get_name());
        if (option->get_items_expected_max() != 0) words.push_back(result);
      }
    }
    if (const auto* choice = find(); choice != nullptr && choice->command) {
      words.push_back("--");
      words.insert(words.end(), choice->command->begin(), choice->command->end());
    }
    return words;
  }

  // Options of the command itself that were added after the adapter's.
  void own(const std::string& name) { own_.insert(name); }

 private:
  const AdapterChoice* find() const {
    for (const auto& choice : choices_) {
      if (choice.name == name_) return &choice;
    }
    return nullptr;
  }

  std::vector<AdapterChoice> choices_;
  std::string name_;
  std::size_t before_ = 0;
  std::set<std::string> own_;
  CLI::App* command_ = nullptr;
};

// Progress on stderr: one line rewritten on a terminal, else a line every five seconds.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) != 0) {}
  ~ProgressLine() { clear(); }

  void operator()(const Progress& p) {
    const auto interval = terminal_ ? 0.1 : 5.0;
    if (quiet_ || (p.seconds - last_ < interval && last_ >= 0 && p.doing == doing_)) return;
    last_ = p.seconds;
    doing_ = p.doing;
    auto line = fmt::format("{:3.0f} % {:8.1f} s {:>10} calls {:>3} findings  {}", p.fraction * 100,
                            p.seconds, p.calls, p.findings, p.doing);
    if (line.size() > 110) line.resize(110);
    if (terminal_)
      fmt::print(stderr, "\r\x1b[K{}", line);
    else
      fmt::print(stderr, "{}\n", line);
    std::fflush(stderr);
    shown_ = true;
  }

  void clear() {
    if (shown_ && terminal_) fmt::print(stderr, "\r\x1b[K");
    shown_ = false;
  }

 private:
  bool quiet_, terminal_, shown_ = false;
  double last_ = -1;
  std::string doing_;
};

struct CertifyOptions {
  std::uint64_t seed = 0;
  std::uint64_t calls = 100000;
  double seconds = 0;
  std::filesystem::path out = "out";
  Journal::Detail detail = Journal::Detail::full;
  bool quiet = false;
  Deviations under;
  ConfigurationOptions configurations;
};

// "none", "pairwise", "full", or how many of the pairwise ones.
std::string take_cover(const std::string& word, ConfigurationOptions& options) {
  if (word == "none") {
    options.cover = ConfigurationCover::none;
  } else if (word == "full") {
    options.cover = ConfigurationCover::full;
  } else if (word == "pairwise") {
    options.configurations = std::numeric_limits<std::uint64_t>::max();
  } else {
    std::uint64_t count = 0;
    const auto* const end = word.data() + word.size();
    if (const auto [rest, error] = std::from_chars(word.data(), end, count);
        error != std::errc() || rest != end)
      return word + " is neither none, pairwise, full nor a number";
    options.configurations = count;
  }
  return "";
}

int report_result(const CampaignRecord& record, const std::filesystem::path& journal,
                  const std::filesystem::path& out) {
  const auto result = judge(record);
  // The summary first: it needs no disk.
  fmt::print("{}", terminal_summary(record, result, colour_wanted()));
  std::fflush(stdout);
  write_file(out / "junit.xml", junit_xml(record, result));
  write_file(out / "summary.json", json_summary(record, result));
  fmt::print("\n{}, {} written, from {}\n", (out / "junit.xml").string(), (out / "summary.json").string(),
             journal.string());
  return exit_code(result.verdict);
}

int certify(const std::string& self, const CertifyOptions& options, const ChosenAdapter& chosen,
            const CLI::App& command) {
  auto adapter = chosen.make();
  CampaignRecord record;
  record.kit_version = version;
  record.edition = catalogue().edition;
  record.catalogue_hash = catalogue_hash();
  record.adapter = chosen.name();
  record.adapter_options = chosen.given(command);
  record.seed = options.seed;
  record.started = utc_now();

  std::error_code trouble;
  std::filesystem::create_directories(options.out, trouble);
  if (trouble)
    throw EnvironmentError(fmt::format("{}: cannot be made: {}", options.out.string(), trouble.message()));
  // What an earlier run left there would be taken for this one's if this one is killed.
  for (const auto& entry : std::filesystem::directory_iterator(options.out)) {
    const auto name = entry.path().filename().string();
    const auto extension = entry.path().extension();
    if (name == "journal.txt" || name == "junit.xml" || name == "summary.json" ||
        (name.starts_with("finding-") && (extension == ".trace" || extension == ".configuration")))
      std::filesystem::remove(entry.path());
  }

  CampaignOptions campaign;
  campaign.seed = options.seed;
  campaign.calls = options.calls;
  campaign.seconds = options.seconds;
  campaign.out = options.out;
  campaign.stop = &stop_requested;
  campaign.under = options.under;
  campaign.configurations = options.configurations;
  campaign.replay_command = [&](const std::string& file) {
    std::vector<std::string> words{self, "replay", (options.out / file).string(), "--adapter", chosen.name()};
    words.insert(words.end(), record.adapter_options.begin(), record.adapter_options.end());
    return quoted(words);
  };

  ::signal(SIGINT, request_stop);
  ::signal(SIGTERM, request_stop);
  const auto journal_path = options.out / "journal.txt";
  {
    Journal journal(journal_path, options.detail);
    ProgressLine line(options.quiet);
    run_campaign(*adapter, campaign, journal, record, std::ref(line));
  }
  adapter.reset();
  // The report is made from the journal, so that what is shown is what was written down; from memory only
  // when the journal itself could not be written.
  const auto journal_text = read_file(journal_path);
  auto written = record;
  if (record.error.empty()) written = read_journal(journal_text, journal_path.string());
  const auto code = report_result(written, journal_path, options.out);
  if (!record.error.empty()) fmt::print(stderr, "hptck: {}\n", record.error);
  return code;
}

// What was seen of a machine or a migration, a line each.
std::string text_of_seen(const machines::Case& one) {
  std::string text;
  const auto& seen = one.seen;
  if (one.destination)
    text +=
        one.migrated.accepted ? "  the guest went on at the destination\n" : "  the migration was refused\n";
  else
    text += seen.started       ? "  it started\n"
            : seen.exit_status ? fmt::format("  it ended with exit status {}\n", *seen.exit_status)
                               : std::string("  it did not start, and did not end by itself\n");
  if (seen.property) {
    const auto read = machines::environment_in(*seen.property);
    text += fmt::format("  ibm,segment-page-sizes {}\n",
                        read.environment ? text_of(*read.environment) : read.fault);
  }
  std::string accepted;
  for (const auto& answer : one.destination ? one.migrated.enter : seen.enter) {
    if (answer.status == status::H_SUCCESS)
      accepted += answer.encoding.large ? fmt::format(" {:#04x}", answer.encoding.lp) : std::string(" 4k");
  }
  if (!accepted.empty()) text += fmt::format("  H_ENTER accepted{}\n", accepted);
  const auto& messages = one.destination ? one.migrated.messages : seen.messages;
  if (!messages.empty()) text += fmt::format("  its messages:\n{}\n", messages);
  return text + '\n';
}

// Starts a machine, or migrates a guest, and says what was seen.
int replay_configuration(const ConfigurationFile& file, const Deviations& under, unsigned attempts,
                         const ChosenAdapter& chosen) {
  auto adapter = chosen.make();
  auto* machines = adapter->machines();
  if (machines == nullptr)
    throw UsageError(
        fmt::format("--adapter {}: it starts no machines of other configurations", chosen.name()));
  if (!file.intent.empty()) fmt::print("{}\n", file.intent);
  for (unsigned attempt = 1;; ++attempt) {
    const auto seen = see_again(*machines, file.configuration, file.destination);
    if (!seen.not_tried.empty()) throw EnvironmentError(seen.not_tried);
    const auto findings = judge(seen.one, under);
    const bool wrong = violates(findings) || seen.fault;
    if (!wrong && attempt < attempts) continue;
    fmt::print(
        "{}\n\n{}",
        file.destination ? text_of(file.configuration, *file.destination) : text_of(file.configuration),
        text_of_seen(seen.one));
    if (seen.fault) fmt::print("{}\n", seen.fault->evidence);
    for (const auto& one : findings) {
      if (one.violated)
        fmt::print("{}: {} Seen: {}\n", id_of(one.clause), text_of(one.clause).text, one.explanation);
    }
    fmt::print("{}\n",
               wrong ? fmt::format("reproduced, in attempt {} of {}: it is against the specification",
                                   attempt, attempts)
                     : fmt::format("not reproduced in {} attempts: the specification allows what was seen",
                                   attempts));
    return wrong ? 1 : 0;
  }
}

// Issues the trace's calls in a fresh partition and says how each was answered.
int replay_trace(const std::filesystem::path& path, const Deviations& under, unsigned attempts,
                 const ChosenAdapter& chosen) {
  const auto written = read_file(path);
  if (is_configuration_file(written))
    return replay_configuration(parse_configuration_file(written, path.string()), under, attempts, chosen);
  const auto trace = parse_trace(written, path.string());
  auto adapter = chosen.make();
  if (!trace.intent.empty()) fmt::print("{}\n", trace.intent);
  for (unsigned attempt = 1;; ++attempt) {
    const Partition partition{trace.statement.resize != Statement::Resize::disabled};
    Oracle oracle(adapter->restart(partition), under);
    bool refused = false;
    std::string text;
    for (const auto& step : trace.steps) {
      if (step.wait_ms != 0) {
        adapter->wait(std::chrono::milliseconds(step.wait_ms));
        text += fmt::format("  wait {} ms\n", step.wait_ms);
      }
      Response response;
      const auto batch = issue(*adapter, {&step.call, 1}, {&response, 1});
      if (batch.fault) {
        text += fmt::format("  {} -> no answer\n\n{}\n", to_string(step.call), batch.fault->evidence);
        text += oracle.explain(step.call, nullptr).explanation;
        refused = true;
        break;
      }
      text += fmt::format("  {}\n", print_step_call({0, step.call, response}));
      if (oracle.step(step.call, response)) continue;
      text += '\n' + oracle.explain(step.call, &response).explanation;
      refused = true;
      break;
    }
    // Preparation takes its own time, so a trace may need more than one try.
    if (!refused && attempt < attempts) continue;
    fmt::print(
        "{}\n{}\n", text,
        refused
            ? fmt::format("reproduced, in attempt {} of {}: the answer is against the specification", attempt,
                          attempts)
            : fmt::format("not reproduced in {} attempts: the specification allows every answer", attempts));
    return refused ? 1 : 0;
  }
}

// Says whether the adapter is fit to certify with.
int check_the_adapter(const std::filesystem::path& json, const ChosenAdapter& chosen) {
  const auto adapter = chosen.make();
  const auto report = check_adapter(*adapter, [] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  });
  fmt::print("{}", text_of(report));
  if (!json.empty()) write_file(json, json_of(report, chosen.name()));
  return report.passed() ? 0 : 1;
}

// Judges the answers that a trace holds, without an implementation.
int check_trace(const std::filesystem::path& path, const Deviations& under) {
  const auto trace = parse_trace(read_file(path), path.string());
  Oracle oracle(trace.statement, under);
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    const auto& step = trace.steps[i];
    if (step.response && oracle.step(step.call, *step.response)) continue;
    fmt::print("call {} of {} is refused\n{}", i + 1, trace.steps.size(),
               oracle.explain(step.call, step.response ? &*step.response : nullptr).explanation);
    return 1;
  }
  fmt::print("all {} answers are allowed\n", trace.steps.size());
  return 0;
}

// Finds the smallest sets of deviations that explain what a journal holds, its findings' traces first.
int diagnose_journal(const std::filesystem::path& path) {
  std::vector<Trace> partitions;
  std::vector<machines::Case> cases;
  auto record = read_journal(read_file(path), path.string(), &partitions, &cases);
  std::vector<Evidence> evidence;
  for (const auto& finding : record.findings) {
    if (finding.kind == Finding::Kind::violation && finding.configuration.empty())
      evidence.push_back({finding.trace.statement, finding.trace.steps});
  }
  const auto findings = evidence.size();
  std::sort(evidence.begin(), evidence.end(),
            [](const Evidence& a, const Evidence& b) { return a.steps.size() < b.steps.size(); });
  for (const auto& partition : partitions) {
    if (!partition.steps.empty()) evidence.push_back({partition.statement, partition.steps});
  }
  const auto diagnosis = diagnose(evidence);
  record.diagnosis = diagnosis.explanations;
  const auto of_machines = machines::diagnose(cases);
  if (!of_machines.empty()) record.diagnosis = each_with_each(record.diagnosis, of_machines);
  const auto lines = diagnosis_lines(record);
  for (std::size_t i = 0; i < lines.size(); ++i) fmt::print("{}{}\n", i == 0 ? "" : "or as well: ", lines[i]);
  record.diagnosis.front().for_each(
      [](Deviation deviation) { fmt::print("  {}: {}\n", id_of(deviation), text_of(deviation).text); });
  for (const auto index : diagnosis.unexplained) {
    fmt::print("no known deviation explains {} of {} calls\n",
               index < findings ? "a finding" : fmt::format("partition {}", index - findings + 1),
               evidence[index].steps.size());
  }
  if (of_machines.empty()) fmt::print("no known deviations explain the machines together\n");
  fmt::print("{} findings, {} partitions and {} machines looked at\n", record.findings.size(),
             evidence.size() - findings, cases.size());
  return diagnosis.unexplained.empty() && !of_machines.empty() && record.diagnosis.front().empty() ? 0 : 1;
}

int list_deviations() {
  for (const auto& deviation : deviation_texts())
    fmt::print("  {:<40} {}\n  {:<40} breaks {}; {}\n", deviation.id, deviation.text, "", deviation.breaks,
               deviation.kind);
  fmt::print("\n{} deviations\n", deviation_count);
  return 0;
}

int list_clauses(bool ambiguities) {
  std::string group;
  for (const auto& clause : catalogue().clauses) {
    if (clause.group != group) fmt::print("{}{}\n", group.empty() ? "" : "\n", clause.group);
    group = clause.group;
    fmt::print("  {:<28} {:<4} {}\n", clause.id, clause.modality == Modality::must ? "must" : "may",
               clause.text);
    fmt::print("  {:<33} {}, {}{}\n", "", clause.source == "lopar" ? "LoPAR" : "RFC", clause.place,
               clause.ambiguity.empty() ? "" : "; ambiguity " + clause.ambiguity);
    if (!clause.reason.empty())
      fmt::print("  {:<33} {}: {}\n", "",
                 clause.status == ClauseStatus::partial ? "judged in part" : "not judged", clause.reason);
  }
  if (ambiguities) {
    for (const auto& ambiguity : catalogue().ambiguities) {
      fmt::print("\n{} {}\n  {}\n", ambiguity.id, ambiguity.title, ambiguity.question);
      for (const auto& reading : ambiguity.readings) fmt::print("  - {}\n", reading);
      fmt::print("  chosen: {}\n", ambiguity.chosen);
    }
  }
  fmt::print("\n{} clauses of {}; catalogue {}\n", catalogue().clauses.size(), catalogue().edition,
             catalogue_hash());
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app{"hptck: does a hypervisor keep the PAPR rules for resizing a guest's hash page table?"};
  app.set_version_flag("--version", std::string("hptck ") + version);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 conformant, 1 not conformant, 2 inconclusive, 3 kit or environment error, 64 usage.");
  ChosenAdapter chosen(argc, argv);
  argc = chosen.take_command(argc, argv);

  auto* certify_command =
      app.add_subcommand("certify", "try an implementation under test and report a verdict for every clause");
  CertifyOptions certify_options;
  bool sparse = false, seed_given = false;
  certify_command
      ->add_option("--seed", certify_options.seed,
                   "seed of the random plans; default: a new one each time, reported")
      ->check(whole_number)
      ->each([&](const std::string&) { seed_given = true; });
  certify_command
      ->add_option("--calls", certify_options.calls,
                   "end after this many hypercalls; the tours that show every rule once, some thousands, are "
                   "made in any case; 0: no limit")
      ->check(whole_number)
      ->capture_default_str();
  certify_command
      ->add_option("--seconds", certify_options.seconds,
                   "end after this many seconds, minimizing not counted; 0: no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  certify_command->add_option("--out", certify_options.out, "directory for journal, reports and traces")
      ->capture_default_str();
  certify_command
      ->add_option_function<std::string>(
          "--configurations",
          [&](const std::string& word) { take_cover(word, certify_options.configurations); },
          "machines to start for the rules about page sizes: pairwise (any two settings meet), full, none, "
          "or "
          "how many of the pairwise ones; default: as many as take some seconds")
      ->check([](const std::string& word) {
        ConfigurationOptions ignored;
        return take_cover(word, ignored);
      })
      ->type_name("WHICH");
  certify_command
      ->add_option("--migrations", certify_options.configurations.migrations,
                   "guests to migrate between machines; default: as many as take some seconds")
      ->check(whole_number);
  certify_command->add_flag("--sparse-journal", sparse,
                            "leave calls and answers out of the journal; for many millions of calls");
  certify_command->add_flag("--quiet", certify_options.quiet, "no progress");

  auto* replay_command = app.add_subcommand(
      "replay",
      "issue a trace's calls in a fresh partition and judge the answers; exit 1: a clause is broken");
  std::filesystem::path trace_file;
  unsigned attempts = 5;
  replay_command->add_option("TRACE", trace_file, "trace file")->required();
  replay_command->add_option("--attempts", attempts, "tries until an answer is refused")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();

  auto* adapter_check_command = app.add_subcommand("adapter-check",
                                                   "say whether an adapter carries hypercalls as it should, "
                                                   "whatever they are answered; exit 1: it does not");
  std::filesystem::path adapter_check_json;
  adapter_check_command->add_option("--json", adapter_check_json, "file for the result as JSON");

  auto* check_command = app.add_subcommand(
      "check",
      "judge the answers recorded in a trace, without an implementation; exit 1: a clause is broken");
  std::filesystem::path check_file;
  check_command->add_option("TRACE", check_file, "trace file")->required();

  std::vector<std::string> under_ids;
  for (auto* command : {certify_command, replay_command, check_command}) {
    command
        ->add_option("--under", under_ids,
                     "judge by the specification with this deviation; may be repeated (see hptck deviations)")
        ->check([](const std::string& id) {
          return deviation_named(id) ? "" : id + " is not a deviation; see hptck deviations";
        })
        ->type_name("ID")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  auto* diagnose_command = app.add_subcommand(
      "diagnose",
      "name the smallest sets of known deviations that explain a journal; exit 0: nothing to explain");
  std::filesystem::path diagnosed_journal;
  diagnose_command->add_option("JOURNAL", diagnosed_journal, "journal file, not a sparse one")->required();
  auto* deviations_command =
      app.add_subcommand("deviations", "list the known ways to be wrong, with the clauses that they break");

  auto* report_command = app.add_subcommand("report", "make the reports again from a journal");
  std::filesystem::path journal_file, report_out = "out";
  report_command->add_option("JOURNAL", journal_file, "journal file")->required();
  report_command->add_option("--out", report_out, "directory for the reports")->capture_default_str();

  const auto served = builtin_adapter();
  auto* serve_command = app.add_subcommand(
      "serve",
      "be the built-in hypervisor for --adapter stdio: answer JSON-RPC on standard input and output");
  served.add_options(*serve_command);

  auto* clauses_command =
      app.add_subcommand("clauses", "list the clauses, with their places in the specification");
  bool ambiguities = false;
  clauses_command->add_flag("--ambiguities", ambiguities, "list the ambiguity register too");

  // The adapter's options go to whichever command was named; both take the same.
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "replay") {
      chosen.add_to(*replay_command);
      break;
    }
    if (word == "adapter-check") {
      chosen.add_to(*adapter_check_command);
      break;
    }
    if (word == "certify" || i + 1 == argc) {
      chosen.add_to(*certify_command);
      break;
    }
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error, std::cout, std::cerr);
    return code == 0 ? 0 : exit_usage;
  }
  if (*certify_command) {
    if (certify_options.calls == 0 && certify_options.seconds == 0)
      throw UsageError("--calls 0 needs --seconds");
    // CLI11 takes "nan" and "inf" for numbers.
    if (!std::isfinite(certify_options.seconds)) throw UsageError("--seconds: not a finite number");
    if (!seed_given) certify_options.seed = std::random_device{}();
    if (sparse) certify_options.detail = Journal::Detail::sparse;
    for (const auto& id : under_ids) certify_options.under.add(*deviation_named(id));
    return certify(argv[0], certify_options, chosen, *certify_command);
  }
  Deviations under;
  for (const auto& id : under_ids) under.add(*deviation_named(id));
  if (*replay_command) return replay_trace(trace_file, under, attempts, chosen);
  if (*check_command) return check_trace(check_file, under);
  if (*adapter_check_command) return check_the_adapter(adapter_check_json, chosen);
  if (*diagnose_command) return diagnose_journal(diagnosed_journal);
  if (*deviations_command) return list_deviations();
  if (*serve_command) {
    stdio::serve(*served.make(), STDIN_FILENO, STDOUT_FILENO);
    return 0;
  }
  if (*report_command) {
    const auto record = read_journal(read_file(journal_file), journal_file.string());
    std::filesystem::create_directories(report_out);
    return report_result(record, journal_file, report_out);
  }
  return list_clauses(ambiguities);
}

}  // namespace
}  // namespace hptck

int main(int argc, char** argv) {
  try {
    return hptck::run(argc, argv);
  } catch (const hptck::UsageError& error) {
    fmt::print(stderr, "hptck: {}\n", error.what());
    return hptck::exit_usage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "hptck: {}\n", error.what());
    return hptck::exit_environment;
  }
}
