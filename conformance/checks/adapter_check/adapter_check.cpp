#include "conformance/checks/adapter_check/adapter_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hptck {
namespace {

using namespace std::chrono_literals;

// Thrown to end a check: it failed, or there is nothing to check.
struct Failure {
  std::string reason;
};
struct Skip {
  std::string reason;
};

// A PTEX beyond any hypervisor's table.
constexpr std::uint64_t beyond_any_table = std::uint64_t{1} << 60;
constexpr std::uint64_t unknown_token = 0xfffffffffffffff0;
constexpr Call enter_first{token::H_ENTER, {H_EXACT, 0, HPTE_VALID | HPTE_BOLTED, 0x190}};

// Three calls that no state of a partition answers alike, and that leave it as it is.
Call telling_call(std::size_t n) {
  switch (n % 3) {
    case 0:
      return read_hpte(0);
    case 1:
      return read_hpte(beyond_any_table);
    default:
      return {unknown_token, {n}};
  }
}

// The calls of the resize option with what a careless guest might put into the registers.
Call odd_call(std::size_t n) {
  constexpr std::uint64_t odd[] = {0, 1, 17, 47, 63, 64, ~std::uint64_t{0}, std::uint64_t{1} << 32};
  const auto first = odd[n % std::size(odd)], second = odd[n / 3 % std::size(odd)];
  switch (n % 4) {
    case 0:
      return prepare(first, second);
    case 1:
      return commit(first, second);
    case 2:
      return {unknown_token - n, {first, second, first, second, first, second, first, second, first}};
    default:
      return telling_call(n);
  }
}

bool may_come_any_time(const Response& response) {
  return response.status == status::H_HARDWARE || response.status == status::H_BUSY;
}

std::string text_of(const Fault& fault) {
  constexpr const char* kinds[] = {"died", "hung", "garbled"};
  return fmt::format("{}: {}", kinds[static_cast<std::size_t>(fault.kind)], fault.evidence);
}

// Says which register differs.
void expect_alike(const Call& call, const Response& left, const Response& right, std::string_view where) {
  if (may_come_any_time(left) || may_come_any_time(right)) return;
  const auto first = defined_part(call, left), second = defined_part(call, right);
  // Of a failed call, and of a call without a name, only the status is defined.
  const bool whole = left.status == status::H_SUCCESS && !name_of_token(call.token).starts_with("hcall");
  if (whole ? first == second : left.status == right.status) return;
  throw Failure{fmt::format("{} was answered {}, and {} {}", to_string(call), to_string(first), where,
                            to_string(second))};
}

class Checker {
 public:
  Checker(Adapter& adapter, const std::function<double()>& seconds) : adapter_(adapter), seconds_(seconds) {}

  AdapterReport run() {
    report_.description = adapter_.describe();
    check("describes_itself_twice_alike", [&] { describes_itself_twice_alike(); });
    check("statement_is_in_range", [&] { expect_in_range(adapter_.restart({})); });
    check("restart_gives_a_fresh_partition", [&] { restart_gives_a_fresh_partition(); });
    for (const std::size_t size : {0, 1, 7, 512, 5000})
      check(fmt::format("batch_of_{}_is_answered", size), [&] { batch_is_answered(size); });
    check("answers_come_in_the_order_of_calls", [&] { answers_come_in_the_order_of_calls(); });
    check("one_batch_and_one_by_one_are_answered_alike", [&] { one_batch_and_one_by_one(); });
    check("wait_returns", [&] { wait_returns(); });
    check("reset_leaves_a_partition_that_answers", [&] { reset_leaves_a_partition_that_answers(); });
    check("resizing_can_be_forbidden", [&] { resizing_can_be_forbidden(); });
    check("rate_is_measured", [&] { measure_rate(); });
    return std::move(report_);
  }

 private:
  template <class Check>
  void check(std::string name, Check run) {
    AdapterCheck result{.name = std::move(name), .outcome = AdapterCheck::Outcome::pass, .reason = {}};
    try {
      run();
    } catch (const Failure& failure) {
      result.outcome = AdapterCheck::Outcome::fail;
      result.reason = failure.reason;
    } catch (const Skip& skip) {
      result.outcome = AdapterCheck::Outcome::skipped;
      result.reason = skip.reason;
    }
    report_.checks.push_back(std::move(result));
  }

  bool can(Ability ability) const { return report_.description.abilities.contains(ability); }

  // Fails the check unless all calls are answered. The responses are first filled with what no adapter would
  // answer by chance.
  std::vector<Response> answers(const std::vector<Call>& calls) {
    constexpr std::uint64_t untouched = 0x5a17ed0000000000;
    std::vector<Response> responses(calls.size());
    for (auto& response : responses) {
      response.status = static_cast<std::int64_t>(untouched);
      response.out.fill(untouched);
    }
    const auto result = adapter_.batch(calls, responses);
    if (result.fault)
      throw Failure{fmt::format("call {} of {}, {}: {}", result.answered + 1, calls.size(),
                                result.answered < calls.size() ? to_string(calls[result.answered]) : "none",
                                text_of(*result.fault))};
    if (result.answered != calls.size())
      throw Failure{
          fmt::format("without a fault, {} of {} calls count as answered", result.answered, calls.size())};
    for (std::size_t n = 0; n < calls.size(); ++n)
      if (responses[n].status == static_cast<std::int64_t>(untouched))
        throw Failure{fmt::format("call {} of {}, {}, counts as answered but has no answer", n + 1,
                                  calls.size(), to_string(calls[n]))};
    return responses;
  }

  static void expect_in_range(const Statement& statement) {
    const auto expect_size = [](const char* name, unsigned shift) {
      if (shift != 0 && (shift < min_shift || shift > max_shift))
        throw Failure{
            fmt::format("{} is {}; it is {} to {}, or 0 if not declared", name, shift, min_shift, max_shift)};
    };
    if (statement.resize > Statement::Resize::absent)
      throw Failure{"resize is no value of Statement::Resize"};
    expect_size("initial_shift", statement.initial_shift);
    expect_size("max_shift", statement.max_shift);
    if (statement.max_shift != 0 && statement.max_shift < statement.initial_shift)
      throw Failure{fmt::format("max_shift is {}, and initial_shift is {}: more than is permitted",
                                statement.max_shift, statement.initial_shift)};
    if (statement.pages && *statement.pages > 0x3f)
      throw Failure{fmt::format("pages is {:#x}; only bits 0 to 5 have a meaning", *statement.pages)};
  }

  void describes_itself_twice_alike() {
    const auto& first = report_.description;
    const auto second = adapter_.describe();
    if (first.name.empty()) throw Failure{"the name is empty"};
    if (first.name != second.name) throw Failure{fmt::format("name: {}, then {}", first.name, second.name)};
    if (first.version != second.version)
      throw Failure{fmt::format("version: {}, then {}", first.version, second.version)};
    if (first.identity != second.identity) throw Failure{"the identity is another one the second time"};
    if (first.abilities != second.abilities) throw Failure{"the abilities are others the second time"};
  }

  // An HPTE that was entered shows whether the partition is still the same one. With a hypervisor that enters
  // nothing this cannot be checked.
  void restart_gives_a_fresh_partition() {
    const auto declared = adapter_.restart({});
    const std::vector probes{read_hpte(0), read_hpte(beyond_any_table)};
    const auto fresh = answers(probes);
    bool entered = false;
    for (int round = 0; round < 2; ++round) {
      entered = answers({enter_first})[0].status == status::H_SUCCESS || entered;
      answers({prepare(0, 19)});
      const auto again = adapter_.restart({});
      if (again != declared)
        throw Failure{fmt::format("declared is \"{}\", and after restart() \"{}\"", print_statement(declared),
                                  print_statement(again))};
      const auto now = answers(probes);
      for (std::size_t n = 0; n < probes.size(); ++n)
        expect_alike(probes[n], fresh[n], now[n], "after restart()");
    }
    if (!entered) throw Skip{"H_ENTER enters nothing, so that nothing shows whether a partition is fresh"};
  }

  void batch_is_answered(std::size_t size) {
    adapter_.restart({});
    std::vector<Call> calls;
    for (std::size_t n = 0; n < size; ++n) calls.push_back(odd_call(n));
    answers(calls);
  }

  void answers_come_in_the_order_of_calls() {
    adapter_.restart({});
    std::array<Response, 3> expected;
    for (std::size_t n = 0; n < 3; ++n) expected[n] = answers({telling_call(n)})[0];
    std::vector<Call> calls;
    for (std::size_t n = 0; n < 1000; ++n) calls.push_back(telling_call(n));
    const auto given = answers(calls);
    for (std::size_t n = 0; n < calls.size(); ++n)
      expect_alike(calls[n], expected[n % 3], given[n], fmt::format("as call {} of a batch", n + 1));
    if (expected[0].status == expected[1].status && expected[1].status == expected[2].status)
      throw Skip{
          "three calls that should be answered differently are not, so that their order does not show"};
  }

  void one_batch_and_one_by_one() {
    std::vector<Call> calls;
    for (std::size_t n = 0; n < 64; ++n) {
      calls.push_back(n % 4 == 0 ? prepare(0, 0) : n == 21 ? enter_first : telling_call(n));
    }
    adapter_.restart({});
    const auto together = answers(calls);
    adapter_.restart({});
    for (std::size_t n = 0; n < calls.size(); ++n) {
      const auto alone = answers({calls[n]})[0];
      // What follows depends on whether it was entered.
      if (calls[n] == enter_first && (may_come_any_time(alone) || may_come_any_time(together[n])))
        throw Skip{"H_ENTER was answered with H_HARDWARE or H_BUSY"};
      expect_alike(calls[n], together[n], alone, "by itself");
    }
  }

  void wait_returns() {
    adapter_.restart({});
    adapter_.wait(1ms);
    answers({prepare(0, 0)});
  }

  void reset_leaves_a_partition_that_answers() {
    if (!can(Ability::reset)) throw Skip{"the adapter does not have the ability"};
    adapter_.restart({});
    for (int round = 0; round < 2; ++round) {
      if (const auto fault = adapter_.reset()) throw Failure{text_of(*fault)};
      answers({prepare(0, 0), read_hpte(0)});
    }
  }

  void resizing_can_be_forbidden() {
    if (!can(Ability::forbid_resize)) throw Skip{"the adapter does not have the ability"};
    const auto before = adapter_.restart({});
    const auto forbidden = adapter_.restart({.may_resize = false});
    expect_in_range(forbidden);
    answers({prepare(0, 0)});
    const auto after = adapter_.restart({});
    if (forbidden.resize == Statement::Resize::enabled)
      throw Failure{"restart() with may_resize = false declares a partition that may resize"};
    if (before != after)
      throw Failure{fmt::format("declared is \"{}\", and after a partition that may not resize \"{}\"",
                                print_statement(before), print_statement(after))};
    if (forbidden.resize == Statement::Resize::unknown)
      throw Skip{"the statement does not say whether that partition may resize"};
  }

  void measure_rate() {
    constexpr double enough = 0.5;  // seconds
    adapter_.restart({});
    const std::vector<Call> calls(512, read_hpte(beyond_any_table));
    const auto start = seconds_();
    double taken = 0;
    std::size_t answered = 0;
    while (taken < enough) {
      answered += answers(calls).size();
      taken = seconds_() - start;
    }
    report_.calls_per_second = static_cast<double>(answered) / taken;
  }

  Adapter& adapter_;
  const std::function<double()>& seconds_;
  AdapterReport report_;
};

}  // namespace

std::string_view name_of(AdapterCheck::Outcome outcome) {
  switch (outcome) {
    case AdapterCheck::Outcome::pass:
      return "PASS";
    case AdapterCheck::Outcome::fail:
      return "FAIL";
    case AdapterCheck::Outcome::skipped:
      return "skipped";
  }
  return "";
}

bool AdapterReport::passed() const {
  return std::none_of(checks.begin(), checks.end(),
                      [](const AdapterCheck& check) { return check.outcome == AdapterCheck::Outcome::fail; });
}

AdapterReport check_adapter(Adapter& adapter, const std::function<double()>& seconds) {
  return Checker(adapter, seconds).run();
}

std::string text_of(const AdapterReport& report) {
  auto text = fmt::format("{} {}\n\n", report.description.name, report.description.version);
  for (const auto& check : report.checks) {
    text += fmt::format("  {:<46} {}", check.name, name_of(check.outcome));
    text += check.reason.empty() ? "\n" : fmt::format(": {}\n", check.reason);
  }
  if (report.calls_per_second > 0)
    text += fmt::format("\n{:.0f} hypercalls a second in batches of 512\n", report.calls_per_second);
  return text;
}

std::string json_of(const AdapterReport& report, const std::string& adapter) {
  auto checks = nlohmann::json::array();
  for (const auto& check : report.checks)
    checks.push_back({{"name", check.name}, {"outcome", name_of(check.outcome)}, {"reason", check.reason}});
  const nlohmann::json json{{"adapter", adapter},
                            {"name", report.description.name},
                            {"version", report.description.version},
                            {"identity", report.description.identity},
                            {"checks", checks},
                            {"passed", report.passed()},
                            {"hypercalls_per_second", report.calls_per_second}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace hptck
