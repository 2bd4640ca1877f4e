#include "model/machines/space.h"

#include <algorithm>
#include <array>

#include "model/machines/facts.h"
#include "model/machines/judge.h"

namespace hptck::machines {
namespace {

// The usual host, and others that lack one thing each.
std::vector<Host> hosts_of(Accelerator accelerator) {
  const auto usual = usual_host(accelerator);
  std::vector<Host> all{usual};
  if (accelerator == Accelerator::tcg) return all;
  const auto with = [&](auto change) {
    auto host = usual;
    change(host);
    all.push_back(host);
  };
  with([](Host& host) { host.kernel_shift = 12; });
  with([](Host& host) { host.terabyte_segments = false; });
  with([](Host& host) { host.slb_entries = 31; });
  with([](Host& host) { host.sizes.segments.erase(host.sizes.segments.begin() + 1); });
  with([](Host& host) { host.sizes.segments[1].sizes[0].encoding = 0x07; });
  with([](Host& host) { host.sizes.segments[1].slb_encoding = 0x10; });
  with([](Host& host) { host.sizes = environment_with(every_pair); });
  with([](Host& host) { host.needs_contiguous = !host.needs_contiguous; });
  return all;
}

Space make_whole() {
  Space space;
  space.machines = {"pseries-7.2"};
  for (const auto* version :
       {"2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "2.10", "2.11", "2.12", "2.12-sxxm",
        "3.0", "3.1", "4.0", "4.1", "4.2", "5.0", "5.1", "5.2", "6.0", "6.1",  "6.2",  "7.0",  "7.1"})
    space.machines.push_back(std::string("pseries-") + version);
  space.processors = {Processor::POWER8, Processor::POWER7, Processor::POWER9, Processor::POWER10};
  space.maxima = {std::nullopt};
  for (unsigned shift = 9; shift <= 35; ++shift)
    space.maxima.emplace_back(size_text(static_cast<std::uint8_t>(shift)));
  for (const auto* text : {"0",
                           "1",
                           "2048",
                           "4095",
                           "4096",
                           "65536",
                           "16777216",
                           "3k",
                           "5k",
                           "48k",
                           "65535",
                           "65537",
                           "15m",
                           "17g",
                           "64K",
                           "16M",
                           "16G",
                           "8589934592g",
                           "9223372036854775808",
                           "17179869183g",
                           "17179869184g",
                           "18446744073709551616",
                           "0x10000",
                           "0x1000000",
                           " 64k",
                           "64k ",
                           "+64k",
                           "064k",
                           "64kB",
                           "64KiB",
                           "0.5m",
                           "1.5k",
                           "65536b",
                           "1t",
                           "1p",
                           "8e",
                           "16e",
                           "",
                           " ",
                           "k",
                           "abc",
                           "-1",
                           "-64k",
                           "64kk",
                           "64 k",
                           "64k,",
                           "max",
                           "4 k",
                           "1e",
                           "0x",
                           "\xc3\xa9"})
    space.maxima.emplace_back(text);
  space.accelerators = {Accelerator::tcg, Accelerator::kvm_hv, Accelerator::kvm_pr};
  space.backings = {12, 16, 21, 24, 30, 34};
  for (const auto accelerator : space.accelerators)
    space.hosts[static_cast<int>(accelerator)] = hosts_of(accelerator);
  return space;
}

Space make_small() {
  auto space = make_whole();
  space.machines = {"pseries-7.2", "pseries-2.12", "pseries-4.0"};
  space.maxima = {std::nullopt, "64k", "16m", "16g", "4k", "32k", "2k", "1m", "48k", "0", "abc"};
  space.backings = {12, 16, 24, 34};
  return space;
}

}  // namespace

std::size_t Space::size() const {
  std::size_t count = 0;
  for (const auto accelerator : accelerators)
    count += machines.size() * processors.size() * maxima.size() * backings.size() *
             hosts[static_cast<int>(accelerator)].size();
  return count;
}

const Space& whole_space() {
  static const Space space = make_whole();
  return space;
}
const Space& small_space() {
  static const Space space = make_small();
  return space;
}

std::span<const PageEncoding> telling_page_encodings() {
  static constexpr std::array list{
      PageEncoding{false, 0},   PageEncoding{true, 0x00}, PageEncoding{true, 0x01}, PageEncoding{true, 0x03},
      PageEncoding{true, 0x07}, PageEncoding{true, 0x08}, PageEncoding{true, 0x11}, PageEncoding{true, 0x38},
      PageEncoding{true, 0x55}, PageEncoding{true, 0x77}};
  return list;
}

// --- Exhibits.

namespace {

// The settings of a configuration in which it differs from another, with the host as part of its accelerator.
unsigned changes(const Configuration& a, const Configuration& b) {
  return (a.machine != b.machine) + (a.processor != b.processor) + (a.maximum != b.maximum) +
         (a.accelerator != b.accelerator) + (a.backing_shift != b.backing_shift) +
         (a.accelerator != Accelerator::tcg &&
          a.host != (a.accelerator == b.accelerator ? b.host : usual_host(a.accelerator)));
}

// All of the small space, those nearest to the usual machine first.
const std::vector<Configuration>& nearest_first() {
  static const auto list = [] {
    std::vector<Configuration> all;
    small_space().for_each([&](const Configuration& one) { all.push_back(one); });
    const Configuration usual;
    std::stable_sort(all.begin(), all.end(),
                     [&](const auto& a, const auto& b) { return changes(a, usual) < changes(b, usual); });
    return all;
  }();
  return list;
}

}  // namespace

std::optional<Exhibit> smallest_exhibit(Deviation deviation) {
  const Deviations wrong{deviation};
  const auto encodings = telling_page_encodings();
  for (const auto& one : nearest_first())
    if (violates(judge(one, predicted(one, wrong, encodings)))) return Exhibit{one, std::nullopt};
  // A pair costs what its source is away from the usual machine, and its destination from its source.
  const Configuration usual;
  for (unsigned cost = 0; cost <= 3; ++cost) {
    for (const auto& source : nearest_first()) {
      const auto of_source = changes(source, usual);
      if (of_source > cost) break;
      if (!outcome_of(source).may_start) continue;
      for (const auto& destination : nearest_first()) {
        if (changes(destination, usual) > of_source + cost) break;
        if (of_source + changes(destination, source) != cost || !outcome_of(destination).may_start) continue;
        if (violates(judge(source, destination, predicted(source, destination, wrong, encodings))))
          return Exhibit{source, destination};
      }
    }
  }
  return std::nullopt;
}

}  // namespace hptck::machines
