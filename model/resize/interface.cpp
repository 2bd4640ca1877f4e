#include "model/resize/interface.h"

#include <algorithm>
#include <bit>

namespace hptck {
namespace {

using S = ConcreteState;

// Out of range is one class, below and above; within, each shift is its own.
std::uint64_t shift_class(std::uint64_t shift) {
  const std::uint64_t above = shift > max_shift ? 63 : shift;
  return shift != 0 && shift < min_shift ? 1 : above;
}

}  // namespace

std::vector<ConcreteState> initial_states(const Statement& statement) {
  using W = Concrete::Word<8>;
  using R = Statement::Resize;
  const auto word = [](auto value) { return W(static_cast<std::uint8_t>(value)); };
  std::vector<S> states;
  for (const auto standing : {Standing::permitted, Standing::forbidden, Standing::absent}) {
    if (statement.resize == R::enabled && standing != Standing::permitted) continue;
    if (statement.resize == R::disabled && standing != Standing::forbidden) continue;
    if (statement.resize == R::absent && standing != Standing::absent) continue;
    for (unsigned shift = min_shift; shift <= max_shift; ++shift) {
      if (statement.initial_shift != 0 && shift != statement.initial_shift) continue;
      states.push_back({word(standing), word(Phase::idle), word(0), word(Gone::never), word(shift),
                        word(Table::initial), word(0),
                        word(statement.max_shift == 0 ? max_shift : statement.max_shift)});
    }
  }
  return states;
}

std::uint64_t call_class_of(const Call& call, bool fine) {
  switch (call.token) {
    case token::H_RESIZE_HPT_PREPARE:
    case token::H_RESIZE_HPT_COMMIT: {
      const auto flags = call.args[0], whole = call.args[1];
      const auto low_half =
          static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(whole)));
      const std::uint64_t commits = call.token == token::H_RESIZE_HPT_COMMIT, any = flags != 0,
                          differ = low_half != whole;
      const auto plain =
          commits | any << 1 | differ << 2 | shift_class(low_half) << 3 | shift_class(whole) << 9;
      if (!fine) return plain;
      const std::uint64_t low_word = (flags & 0xffffffff) != 0, low_bit = flags & 1;
      return plain | low_word << 15 | low_bit << 16 | shift_class(whole & 0xff) << 17;
    }
    case token::H_READ: {
      const auto ptex = call.args[1];
      const std::uint64_t power = std::has_single_bit(ptex), last = (ptex & (ptex + 1)) == 0;
      const auto plain = std::uint64_t{1} << 23 | static_cast<std::uint64_t>(std::bit_width(ptex));
      return fine ? plain | power << 7 | last << 8 : plain;
    }
    case token::H_ENTER:
      return std::uint64_t{1} << 23 | 1 << 16 | (call.args[2] & (HPTE_BOLTED | HPTE_VALID));
    case token::reset:
      return std::uint64_t{1} << 23 | 1 << 18;
    default:
      return std::uint64_t{1} << 23 | 1 << 17;
  }
}

std::vector<std::int64_t> ResizeCalls::answers_of(const Answers& answers) {
  if (answers.anything) return {status::H_SUCCESS, status::H_PARAMETER};
  std::vector<std::int64_t> codes(answers.codes.begin(), answers.codes.begin() + answers.count);
  if (answers.long_busy) codes.push_back(status::H_LONG_BUSY_ORDER_10_MSEC);
  return codes;
}

ResizeCalls::Digest ResizeCalls::digest_of(std::span<const S> states) {
  Digest digest;
  if (states.empty()) return digest;
  const auto size = states.front().current;
  if (std::all_of(states.begin(), states.end(), [&](const S& s) { return s.current == size; }))
    digest.current = raw(size);
  for (const auto& s : states)
    if (const unsigned pending = raw(s.pending);
        pending != 0 && (digest.pending == 0 || pending < digest.pending))
      digest.pending = pending;
  return digest;
}

std::vector<S> widened(std::span<const S> states, bool standing_declared, const Call& call,
                       const Response& response) {
  using W = Concrete::Word<8>;
  const auto asked = call.args[1] & 0xffffffff;
  const bool resize = call.token == token::H_RESIZE_HPT_PREPARE || call.token == token::H_RESIZE_HPT_COMMIT;
  const bool asked_a_size = resize && asked >= min_shift && asked <= max_shift;
  // A refused H_READ says that the size is not what it seemed.
  const bool size_unknown = call.token == token::H_READ;
  std::vector<S> next;
  for (const auto& live : states) {
    std::vector<W> sizes{live.current}, pendings;
    if (raw(live.pending) != 0) pendings.push_back(live.pending);
    if (asked_a_size) pendings.push_back(W(static_cast<std::uint8_t>(asked)));
    if (call.token == token::H_RESIZE_HPT_COMMIT) sizes.insert(sizes.end(), pendings.begin(), pendings.end());
    if (size_unknown) {
      sizes.clear();
      for (unsigned shift = min_shift; shift <= max_shift; ++shift)
        sizes.push_back(W(static_cast<std::uint8_t>(shift)));
    }
    for (const auto size : sizes) {
      S s = live;
      s.current = size;
      s.table = constant(s.table, lit(Table::initial));
      next.push_back(s);
      if (!resize) continue;
      s.pending = constant(s.pending, lit(0));
      // Not as dropped by the platform, which would count as seen at work.
      s.phase = constant(s.phase, lit(Phase::idle));
      s.gone = constant(s.gone, lit(Gone::never));
      next.push_back(s);
      for (const auto pending : pendings) {
        s.pending = pending;
        s.gone = constant(s.gone, lit(Gone::none));
        for (const auto phase : {Phase::preparing, Phase::prepared, Phase::collided})
          s.phase = constant(s.phase, lit(phase)), next.push_back(s);
      }
    }
  }
  const auto also_with = [&](Standing standing) {
    for (std::size_t i = 0, count = next.size(); i < count; ++i) {
      auto s = next[i];
      s.standing = constant(s.standing, lit(standing));
      next.push_back(s);
    }
  };
  // An answer that an implementation may not give to anyone says nothing of standing; one that only others
  // get may show that standing was learned from a wrong answer.
  if (!standing_declared) also_with(Standing::permitted);
  // Standing can have been learned wrongly from the very answers that are in doubt.
  if (response.status == status::H_AUTHORITY) also_with(Standing::forbidden);
  if (response.status == status::H_FUNCTION || response.status == status::H_NOT_AVAILABLE)
    also_with(Standing::absent);
  return next;
}

}  // namespace hptck
