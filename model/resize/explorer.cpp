#include "model/resize/explorer.h"

#include <algorithm>

#include "model/resize/rules.h"
#include "model/table/hashing.h"

namespace hptck {
namespace {

// A bolted HPTE of a 4 KiB page in the HPTEG of its VSID, in a slot that no probe of the size looks at.
Call bolted_hpte(std::uint64_t vsid) {
  constexpr std::uint64_t slot = 3, memory_coherent = 0x10;
  return {token::H_ENTER, {H_EXACT, vsid * 8 + slot, vsid << 12 | HPTE_BOLTED | HPTE_VALID, memory_coherent}};
}

// To the rows one bolted HPTE may collide; in a table there have to be two.
void add_step(Trace& trace, const Call& call, std::int64_t answer) {
  trace.steps.push_back({0, call, Response{answer, {}}});
  if (call.token != token::H_ENTER || answer != status::H_SUCCESS) return;
  const unsigned shift = trace.statement.initial_shift;
  const auto other = bolted_hpte(std::uint64_t{1} << (shift - hashing::hpteg_shift - 1));
  trace.steps.push_back({0, other, Response{answer, {}}});
  for (auto step = trace.steps.end() - 2; step != trace.steps.end(); ++step)
    step->response->out[0] = step->call.args[1];
}

}  // namespace

Explored explore(const Rules<Concrete>& rules, std::span<const ConcreteState> initial,
                 std::span<const Call> calls, const std::function<void(const ConcreteState&)>& visit,
                 unsigned start_shift) {
  return explore_states(ResizeCalls{rules, false, start_shift}, initial, calls, visit);
}

std::vector<Call> telling_calls(unsigned initial_shift, unsigned limit) {
  std::vector<std::uint64_t> shifts{0, min_shift - 1, min_shift, max_shift, max_shift + 1};
  for (const auto shift : {initial_shift - 1, initial_shift, initial_shift + 1, limit - 1, limit, limit + 1})
    shifts.push_back(shift);
  shifts.push_back(0x100 | (initial_shift + 1));
  shifts.push_back(0x100);
  std::sort(shifts.begin(), shifts.end());
  shifts.erase(std::unique(shifts.begin(), shifts.end()), shifts.end());
  std::vector<Call> calls;
  for (const auto shift : shifts) calls.push_back(prepare(0, shift));
  for (const auto shift : shifts) calls.push_back(commit(0, shift));
  for (const std::uint64_t flags : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1} << 32}) {
    for (const std::uint64_t shift : {0u, initial_shift - 1, initial_shift + 1}) {
      calls.push_back(prepare(flags, shift));
      calls.push_back(commit(flags, shift));
    }
  }
  for (const auto shift : {min_shift - 1, min_shift, initial_shift - 1, initial_shift, initial_shift + 1}) {
    calls.push_back(read_hpte((std::uint64_t{1} << (shift - 4)) - 1));
    calls.push_back(read_hpte(std::uint64_t{1} << (shift - 4)));
  }
  calls.push_back(bolted_hpte(0));
  calls.push_back(reset_guest());
  return calls;
}

std::vector<Statement> telling_statements() {
  using R = Statement::Resize;
  return {{R::enabled, 24, 30}, {R::disabled, 24, 30}, {R::absent, 24, 30}};
}

Difference shortest_difference(const Deviations& wrong, const Deviations& right,
                               std::span<const Statement> statements, std::size_t most_nodes) {
  const auto wrong_rules = rules<Concrete>(wrong), right_rules = rules<Concrete>(right);
  std::vector<Comparison<ResizeCalls>> comparisons;
  for (const auto& statement : statements)
    comparisons.push_back({{wrong_rules, true, statement.initial_shift},
                           {right_rules, true, statement.initial_shift},
                           initial_states(statement),
                           telling_calls(statement.initial_shift, statement.max_shift)});
  const auto found = ProductSearch<ResizeCalls>(comparisons).run(most_nodes);
  Difference result{std::nullopt, found.exhausted, found.nodes};
  if (!found.start) return result;
  result.trace.emplace().statement = statements[*found.start];
  for (const auto& [call, answer] : found.path)
    add_step(*result.trace, comparisons[*found.start].calls[call], answer);
  return result;
}

}  // namespace hptck
