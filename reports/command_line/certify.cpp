// hptck certify: a campaign, its journal, and the reports that are made from that journal.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <charconv>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <limits>
#include <random>

#include "conformance/adapters/process/process.h"
#include "conformance/campaign/campaign.h"
#include "reports/command_line/options.h"
#include "reports/command_line/progress_line.h"
#include "reports/command_line/subcommands.h"
#include "reports/command_line/version.h"
#include "reports/report_formats.h"

namespace hptck::command_line {
namespace {

std::atomic<bool> stop_requested{false};

void request_stop(int) { stop_requested = true; }

struct Options {
  CampaignOptions campaign;
  std::optional<std::uint64_t> seed;
  bool sparse = false, quiet = false;
};

std::string utc_now() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

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

// What an earlier run left in the directory would be taken for this one's if this one is killed.
void make_clean(const std::filesystem::path& out) {
  std::error_code trouble;
  std::filesystem::create_directories(out, trouble);
  if (trouble) throw EnvironmentError(fmt::format("{}: cannot be made: {}", out.string(), trouble.message()));
  const auto is_ours = [](const std::filesystem::path& path) {
    const auto name = path.filename().string();
    const auto is_report = [&](const ReportFormat& format) { return name == format.file; };
    return name == "journal.txt" || std::ranges::any_of(report_formats(), is_report) ||
           (name.starts_with("finding-") &&
            (path.extension() == ".trace" || path.extension() == ".configuration"));
  };
  for (const auto& entry : std::filesystem::directory_iterator(out)) {
    if (is_ours(entry.path())) std::filesystem::remove(entry.path());
  }
}

int run(Options options, const AdapterOption& chosen, const std::string& program) {
  auto& campaign = options.campaign;
  if (campaign.calls == 0 && campaign.seconds == 0) throw UsageError("--calls 0 needs --seconds");
  // CLI11 takes "nan" and "inf" for numbers.
  if (!std::isfinite(campaign.seconds)) throw UsageError("--seconds: not a finite number");
  auto adapter = chosen.make();
  CampaignRecord record;
  record.kit_version = version;
  record.edition = catalogue().edition;
  record.catalogue_hash = catalogue_hash();
  record.adapter = chosen.name();
  record.adapter_options = chosen.given();
  record.seed = campaign.seed = options.seed ? *options.seed : std::random_device{}();
  record.started = utc_now();
  make_clean(campaign.out);
  campaign.stop = &stop_requested;
  campaign.replay_command = [&](const std::string& file) {
    std::vector<std::string> words{program, "replay", (campaign.out / file).string(), "--adapter",
                                   chosen.name()};
    words.insert(words.end(), record.adapter_options.begin(), record.adapter_options.end());
    return quoted(words);
  };

  ::signal(SIGINT, request_stop);
  ::signal(SIGTERM, request_stop);
  const auto journal_path = campaign.out / "journal.txt";
  {
    Journal journal(journal_path, options.sparse ? Journal::Detail::sparse : Journal::Detail::full);
    ProgressLine line(options.quiet);
    run_campaign(*adapter, campaign, journal, record, std::ref(line));
  }
  adapter.reset();
  // The report is made from the journal, so that what is shown is what was written down; from memory only
  // when the journal itself could not be written.
  const auto journal_text = read_file(journal_path);
  auto written = record;
  if (record.error.empty()) written = read_journal(journal_text, journal_path.string());
  const auto code = report_result(written, journal_path, campaign.out);
  if (!record.error.empty()) fmt::print(stderr, "hptck: {}\n", record.error);
  return code;
}

void add_configuration_options(CLI::App& command, ConfigurationOptions& options) {
  command
      .add_option_function<std::string>(
          "--configurations", [&options](const std::string& word) { take_cover(word, options); },
          "machines to start for the rules about page sizes: pairwise (any two settings meet), full, none, "
          "or "
          "how many of the pairwise ones; default: as many as take some seconds")
      ->check([](const std::string& word) {
        ConfigurationOptions ignored;
        return take_cover(word, ignored);
      })
      ->type_name("WHICH");
  command
      .add_option("--migrations", options.migrations,
                  "guests to migrate between machines; default: as many as take some seconds")
      ->check(whole_number);
}

}  // namespace

Action certify(CLI::App& command, AdapterOption& adapter) {
  const auto options = std::make_shared<Options>();
  auto& campaign = options->campaign;
  campaign.out = "out";
  command
      .add_option("--seed", options->seed, "seed of the random plans; default: a new one each time, reported")
      ->check(whole_number);
  command
      .add_option("--calls", campaign.calls,
                  "end after this many hypercalls; the tours that show every rule once, some thousands, are "
                  "made in any case; 0: no limit")
      ->check(whole_number)
      ->capture_default_str();
  command
      .add_option("--seconds", campaign.seconds,
                  "end after this many seconds, minimizing not counted; 0: no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--out", campaign.out, "directory for journal, reports and traces")
      ->capture_default_str();
  add_configuration_options(command, campaign.configurations);
  command.add_flag("--sparse-journal", options->sparse,
                   "leave calls and answers out of the journal; for many millions of calls");
  command.add_flag("--quiet", options->quiet, "no progress");
  add_under(command, campaign.under);
  adapter.add_to(command);
  return [options, &adapter] { return run(*options, adapter, adapter.program()); };
}

}  // namespace hptck::command_line
