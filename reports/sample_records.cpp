// Every sample starts from the passing one and says only what is different about it. A clause that is added
// to the catalogue joins the samples by itself, as PASS or NOT APPLICABLE after its modality and status. No
// number depends on how many clauses there are, so that golden files need not change then.
#include "reports/sample_records.h"

#include <algorithm>

namespace hptck {
namespace {

using namespace std::string_literals;

ClauseResult& at(SampleCampaign& sample, Clause clause) {
  return sample.result.clauses[static_cast<std::size_t>(clause)];
}

void set(SampleCampaign& sample, Clause clause, Verdict verdict, std::uint64_t exercised, std::string reason,
         std::vector<std::size_t> findings = {}) {
  at(sample, clause) = {clause, verdict, exercised, std::move(findings), std::move(reason)};
  sample.record.tally.exercised[static_cast<std::size_t>(clause)] = exercised;
}

SampleCampaign passing() {
  SampleCampaign sample;
  sample.name = "passing";
  sample.record.kit_version = "0.1.0";
  sample.record.edition = "LoPAR 2.9";
  sample.record.catalogue_hash = "2f1c7f3d8e5a4b6c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e";
  sample.record.seed = 18446744073709551615u;
  sample.record.adapter = "qemu";
  sample.record.adapter_options = {"--machine", "pseries-7.2", "--memory", "512"};
  sample.record.description = {
      "QEMU", "7.2.22", {{"cpu", "POWER9"}, {"machine", "pseries-7.2"}, {"memory", "512 MiB"}}, {}};
  sample.record.started = "2026-01-31T12:34:56Z";
  sample.record.seconds = 12.3456;
  sample.record.statements = {{Statement::Resize::enabled, 22, 24}, {Statement::Resize::disabled, 22, 0}};
  sample.record.tally.calls = 250000;
  sample.record.complete = true;
  for (int i = 0; i < clause_count; ++i) {
    const auto clause = static_cast<Clause>(i);
    sample.result.clauses.push_back({});
    if (text_of(clause).status == ClauseStatus::unjudged) {
      set(sample, clause, Verdict::not_applicable, 0, "the kit does not judge it: " + text_of(clause).reason);
    } else if (text_of(clause).modality == Modality::must) {
      set(sample, clause, Verdict::pass, 1000 + 10 * id_of(clause).size(), "");
    } else {
      set(sample, clause, Verdict::not_applicable, 0, "a permission that the implementation never used");
    }
  }
  sample.result.verdict = Verdict::pass;
  sample.result.reason = "Every judged clause was exercised and none was violated.";
  return sample;
}

Trace trace_of(std::vector<Step> steps) {
  Trace trace;
  trace.statement = {Statement::Resize::enabled, 22, 24};
  trace.steps = std::move(steps);
  return trace;
}

// The hypervisor writes what is fit for no report.
Finding death() {
  Finding died;
  died.kind = Finding::Kind::died;
  died.key = "died:commit.success";
  died.clauses = {Clause::commit_success};
  died.headline = "The implementation died in answer to H_RESIZE_HPT_COMMIT 0x0 0x12";
  died.explanation = "A legal guest made the call; nothing that a guest does may end the platform.";
  died.evidence =
      "ended by signal 11 (Segmentation fault)\nstderr, last lines:\n\x1b[31mred\x1b[0m \x9b"
      "2J \xc2\x9b"
      "2J bell \x07 nul \0 "
      "half \xe2\x82 overlong \xc0\xaf surrogate \xed\xa0\x80 not a character \xef\xbf\xbf reordered "
      "\xe2\x80\xae"
      "end\r\n]]> </failure> <![CDATA[ & \"quoted\" 'single' \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\ttab\n"s;
  died.trace = trace_of(
      {{0, prepare(0, 18), Response{status::H_LONG_BUSY_ORDER_10_MSEC, {}}}, {0, commit(0, 18), {}}});
  died.minimality = Finding::Minimality::not_reproduced;
  died.replays = 1;
  died.first_call = 200001;
  died.file = "finding-2.trace";
  died.replay_command = "hptck replay out/finding-2.trace --adapter qemu --machine pseries-7.2 --memory 512";
  return died;
}

SampleCampaign failing() {
  auto sample = passing();
  sample.name = "failing";

  Finding flags;
  flags.key = "commit.flags:H_PARAMETER";
  flags.clauses = {Clause::commit_flags, Clause::commit_shift};
  flags.headline = "H_RESIZE_HPT_COMMIT 0x1 0x13 was answered with H_PARAMETER; H_CLOSED was due";
  flags.explanation =
      "There was one live state when the call was made:\n"
      "  enabled, HPT of 2^22 bytes, Pending HPT of 2^19 bytes with flags 0x0, fully prepared: refused by "
      "commit.flags, "
      "which allows only H_CLOSED\n"
      "No other row applies: flags other than zero are refused before the Pending HPT is looked at.";
  flags.trace =
      trace_of({{0, prepare(0, 19), Response{}}, {5, commit(1, 19), Response{status::H_PARAMETER, {}}}});
  flags.trace.expect = Trace::Expect::refused;
  flags.trace.refused_clause = Clause::commit_flags;
  flags.minimality = Finding::Minimality::one_minimal;
  flags.replays = 37;
  flags.first_call = 412;
  flags.occurrences = 88;
  flags.file = "finding-1.trace";
  flags.replay_command = "hptck replay out/finding-1.trace --adapter qemu --machine pseries-7.2 --memory 512";

  Finding garbled;
  garbled.kind = Finding::Kind::garbled;
  garbled.key = "garbled";
  garbled.headline = "The mailbox was overwritten in answer to hcall 0xf000";
  garbled.explanation = "The call is beyond the catalogue, so no clause stands for it.";
  garbled.evidence = "slot 3 holds sequence number 0xffffffff";
  garbled.trace = trace_of({{0, Call{0xf000, {1}}, {}}});
  garbled.minimality = Finding::Minimality::budget_ended;
  garbled.replays = 200;
  garbled.first_call = 249999;
  garbled.occurrences = 2;
  garbled.file = "finding-3.trace";
  garbled.replay_command =
      "hptck replay out/finding-3.trace --adapter qemu --machine pseries-7.2 --memory 512";

  sample.record.findings = {flags, death(), garbled};
  set(sample, Clause::commit_flags, Verdict::fail, 88, "", {0});
  set(sample, Clause::commit_success, Verdict::fail, 501, "", {1});
  set(sample, Clause::commit_collided, Verdict::inconclusive, 0,
      "it was never seen at work: no preparation ended on two bolted HPTEs that need one slot, neither "
      "between two "
      "calls nor in one");
  sample.result.verdict = Verdict::fail;
  sample.result.reason = "2 clauses broken, in 3 ways";
  return sample;
}

SampleCampaign cut_short() {
  auto sample = passing();
  sample.name = "cut_short";
  sample.record.complete = false;
  sample.record.seconds = 0;
  sample.record.tally.calls = 4096;
  for (auto& clause : sample.result.clauses) {
    if (clause.verdict == Verdict::pass && group_of(clause.clause) >= Group::H_READ)
      set(sample, clause.clause, Verdict::inconclusive, 0, "it was never seen at work");
  }
  sample.result.verdict = Verdict::inconclusive;
  sample.result.reason = "The journal was cut short; what it holds shows no violation.";
  return sample;
}

SampleCampaign error() {
  auto sample = passing();
  sample.name = "error";
  sample.record.tally = {};
  sample.record.statements.clear();
  sample.record.description = {};
  sample.record.error =
      "qemu-system-ppc64 could not be started: No such file or directory\nInstall it, or give --qemu PATH.";
  for (auto& clause : sample.result.clauses) {
    clause = {clause.clause, Verdict::error, 0, {}, "the campaign ended before the clause could be judged"};
  }
  sample.result.verdict = Verdict::error;
  sample.result.reason = "The kit or its environment failed; nothing is said about the implementation.";
  return sample;
}

}  // namespace

std::vector<SampleCampaign> sample_campaigns() { return {passing(), failing(), cut_short(), error()}; }

std::vector<SampleCampaign> abridged_campaigns() {
  static constexpr Clause shown[] = {
      Clause::prepare_hardware, Clause::prepare_flags,  Clause::prepare_discard, Clause::pending_dropped,
      Clause::commit_flags,     Clause::commit_shift,   Clause::commit_collided, Clause::commit_unbolted,
      Clause::commit_success,   Clause::read_no_table,  Clause::read_within,     Clause::enter_bolted,
      Clause::bulk_parameter,   Clause::reset_size,     Clause::maximum_early,   Clause::machine_refusal,
      Clause::sizes_slb,        Clause::migration_loses};
  auto samples = sample_campaigns();
  for (auto& sample : samples)
    std::erase_if(sample.result.clauses, [](const ClauseResult& one) {
      return std::ranges::find(shown, one.clause) == std::end(shown);
    });
  return samples;
}

}  // namespace hptck
