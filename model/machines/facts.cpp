// What the rows are told of a configuration, and what is read off a machine that they have made.
#include "model/machines/facts.h"

#include <algorithm>
#include <cctype>

#include "model/machines/rows.h"

namespace hptck::machines {
namespace {

using W8 = Concrete::Word<8>;
using W64 = Concrete::Word<64>;
using ConcreteMachine = Machine<Concrete>;

}  // namespace

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::optional<std::size_t> index_of(std::uint32_t base, std::uint32_t actual) {
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if (pairs[i].base == base && pairs[i].actual == actual) return i;
  return std::nullopt;
}

std::vector<std::uint32_t> written_by(const ConcreteMachine& machine) {
  const auto written = static_cast<Written>(raw(machine.written));
  if (written == Written::absent) return {};
  std::vector<std::uint32_t> cells;
  for (std::size_t b = 0; b < base_shifts.size(); ++b) {
    std::vector<std::uint32_t> sizes;
    std::uint32_t of_processor = 0;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (pairs[i].base != base_shifts[b]) continue;
      ++of_processor;
      if ((raw(machine.sizes) & bit_of(i)) != 0)
        sizes.insert(sizes.end(), {pairs[i].actual, raw(machine.lp[i])});
    }
    if (sizes.empty() && written != Written::keeps_empty) continue;
    const auto count = static_cast<std::uint32_t>(sizes.size() / 2);
    cells.insert(cells.end(), {base_shifts[b], static_cast<std::uint32_t>(raw(machine.slb[b])),
                               written == Written::counts_all ? of_processor : count});
    cells.insert(cells.end(), sizes.begin(), sizes.end());
  }
  return cells;
}

Facts<Concrete> facts_of(const Configuration& c) {
  const auto maximum = maximum_in(c.maximum);
  auto number = maximum.bytes;
  if (maximum.form == Form::size) {
    const auto suffix = lowered(c.maximum->substr(c.maximum->size() - 1));
    number >>= suffix == "k" ? 10 : suffix == "m" ? 20 : suffix == "g" ? 30 : 0;
  }
  std::uint8_t with_encodings = 0;
  for (const auto& segment : c.host.sizes.segments) {
    for (const auto& size : segment.sizes) {
      const auto i = index_of(segment.shift, size.shift);
      if (!i || size.encoding != pairs[*i].lp) continue;
      const auto base =
          std::find(base_shifts.begin(), base_shifts.end(), segment.shift) - base_shifts.begin();
      if (segment.slb_encoding == slb_encodings[static_cast<std::size_t>(base)]) with_encodings |= bit_of(*i);
    }
  }
  const auto word = [](auto value) { return W8(static_cast<std::uint8_t>(value)); };
  return {word(scheme_of(c.machine)),
          word(c.processor),
          word(maximum.form),
          W64(maximum.bytes),
          W64(number),
          word(c.accelerator),
          word(c.backing_shift),
          word(c.host.needs_contiguous),
          word(c.host.terabyte_segments),
          word(c.host.slb_entries),
          word(c.host.kernel_shift),
          word(with_encodings),
          word(pairs_in(c.host.sizes))};
}

Arrival<Concrete> arrival_of(const Configuration& from, const Configuration& to,
                             const ConcreteMachine& destination) {
  const bool same =
      from.machine == to.machine && from.processor == to.processor && from.accelerator == to.accelerator;
  const bool older = scheme_of(from.machine) == Scheme::older && scheme_of(to.machine) == Scheme::older;
  const auto& machine = from.machine;
  const bool unsent = machine.starts_with("pseries-3.") || machine == "pseries-4.0";
  return {W8(same),
          W8(older),
          W8(unsent),
          W8(from.backing_shift == to.backing_shift),
          destination.maximum,
          destination.sizes};
}

Environment environment_of(const ConcreteMachine& machine) {
  auto proper = machine;
  proper.written = W8(static_cast<std::uint8_t>(Written::proper));
  return environment_in(written_by(proper)).environment.value_or(Environment{});
}

Environment environment_with(std::uint8_t mask) {
  const auto facts = facts_of({});
  auto machine = rows::gives_encodings(rows::gives_slb_encodings(nothing_yet(facts), facts), facts);
  machine.sizes = W8(mask);
  return environment_of(machine);
}

std::uint8_t pairs_in(const Environment& environment) {
  std::uint8_t mask = 0;
  for (const auto& segment : environment.segments)
    for (const auto& size : segment.sizes)
      if (const auto i = index_of(segment.shift, size.shift)) mask |= bit_of(*i);
  return mask;
}

}  // namespace hptck::machines
