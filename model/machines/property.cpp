// The property says more than one answer: each of its parts is held against the clause that gives or takes
// it, so that a page size too many is the filter's fault and a wrong encoding is not.
#include <fmt/format.h>

#include "model/machines/facts.h"
#include "model/machines/findings.h"
#include "model/machines/rows.h"

namespace hptck::machines {
namespace {

std::string pair_text(std::uint32_t base, std::uint32_t actual) {
  const auto size = [](std::uint32_t shift) {
    return shift < 64 ? size_text(static_cast<std::uint8_t>(shift)) : fmt::format("2^{}", shift);
  };
  return base == actual ? fmt::format("{} pages", size(base))
                        : fmt::format("{} pages in {} segments", size(actual), size(base));
}

void judge_slb(const Machine<Concrete>& machine, const SegmentPageSizes& segment, Collected& findings) {
  const auto base = std::find(base_shifts.begin(), base_shifts.end(), segment.shift);
  if (base == base_shifts.end()) return;
  const auto wanted = raw(machine.slb[static_cast<std::size_t>(base - base_shifts.begin())]);
  if (segment.slb_encoding != wanted)
    findings.violated(Clause::sizes_slb,
                      fmt::format("the SLB encoding of {} is given as {:#x}, not {:#x}",
                                  pair_text(segment.shift, segment.shift), segment.slb_encoding, wanted));
  findings.exercised(Clause::sizes_slb);
}

// One that the machine should advertise.
void judge_encoding(const Machine<Concrete>& machine, std::size_t pair, std::uint32_t encoding,
                    Collected& findings) {
  const auto wanted = raw(machine.lp[pair]);
  if (encoding != wanted)
    findings.violated(Clause::sizes_encoding,
                      fmt::format("the encoding of {} is given as {:#x}, not {:#x}",
                                  pair_text(pairs[pair].base, pairs[pair].actual), encoding, wanted));
  findings.exercised(Clause::sizes_encoding);
}

// One that it should not.
void judge_surplus(const Machine<Concrete>& machine, std::optional<std::size_t> pair, std::uint32_t base,
                   std::uint32_t actual, Collected& findings) {
  const auto shown = pair_text(base, actual) + " are advertised, ";
  const auto maximum = raw(machine.maximum);
  if (!pair)
    findings.violated(Clause::sizes_processor, shown + "which the processor does not have");
  else if (actual > maximum)
    findings.violated(Clause::sizes_maximum,
                      fmt::format("{}above the maximum, {}", shown, size_text(maximum)));
  else if ((rows::unmixed & bit_of(*pair)) == 0)
    findings.violated(Clause::sizes_mixed, shown + "which differ from the base size and are not of 16 MiB");
  else
    findings.violated(Clause::sizes_processor, shown + "against what the deviation does");
}

}  // namespace

void judge_property(const Configuration& configuration, const Machine<Concrete>& machine,
                    const std::vector<std::uint32_t>& cells, Collected& findings) {
  if (static_cast<Written>(raw(machine.written)) != Written::proper) {
    if (cells != written_by(machine))
      findings.violated(Clause::sizes_property, "ibm,segment-page-sizes is not as the deviation has it");
    return;
  }
  // Of a machine that should have been refused nothing may be left to advertise.
  if (raw(machine.sizes) == 0 && cells.empty()) return;
  const auto read = environment_in(cells);
  if (!read.environment) {
    findings.violated(Clause::sizes_property, read.fault);
    return;
  }
  findings.exercised(Clause::sizes_property);
  std::uint8_t seen = 0;
  for (const auto& segment : read.environment->segments) {
    judge_slb(machine, segment, findings);
    for (const auto& size : segment.sizes) {
      const auto pair = index_of(segment.shift, size.shift);
      if (pair) seen |= bit_of(*pair);
      if (pair && (raw(machine.sizes) & bit_of(*pair)) != 0)
        judge_encoding(machine, *pair, size.encoding, findings);
      else
        judge_surplus(machine, pair, segment.shift, size.shift, findings);
    }
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if ((raw(machine.sizes) & ~seen & bit_of(i)) == 0) continue;
    const bool on_kvm = configuration.accelerator != Accelerator::tcg;
    findings.violated(on_kvm ? Clause::sizes_same : Clause::sizes_processor,
                      pair_text(pairs[i].base, pairs[i].actual) + " are not advertised");
  }
  findings.exercised(Clause::sizes_processor);
}

}  // namespace hptck::machines
