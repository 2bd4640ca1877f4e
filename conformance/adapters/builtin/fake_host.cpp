#include "conformance/adapters/builtin/fake_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "model/hypercall.h"

namespace hptck {
namespace {

using machines::Accelerator;
using machines::Configuration;
using machines::EnterAnswer;
using machines::MigrationObservation;
using machines::Observation;
using machines::Processor;
using D = Deviation;

// What an MMU can do, or is allowed to.
struct Page {
  unsigned shift;
  std::uint32_t code;  // in the entry's LP
};
struct Segment {
  unsigned shift;
  std::uint32_t slb;
  std::vector<Page> pages;
  std::size_t in_hardware;  // pages before anything was taken away
};
using Table = std::vector<Segment>;

constexpr unsigned kib4 = 12, kib64 = 16, mib16 = 24, gib16 = 34;

// The hash MMU is the same from POWER7 on.
Table hardware_table() {
  constexpr std::uint32_t slb_l = 0x100, slb_lp01 = 0x10, slb_lp10 = 0x20;
  return {{kib4, 0, {{kib4, 0}, {kib64, 7}, {mib16, 0x38}}, 3},
          {kib64, slb_l | slb_lp01, {{kib64, 1}, {mib16, 8}}, 2},
          {mib16, slb_l, {{mib16, 0}}, 1},
          {gib16, slb_l | slb_lp10, {{gib16, 3}}, 1}};
}

template <class Keep>
void filter(Table& table, Keep keep) {
  for (auto& segment : table)
    std::erase_if(segment.pages, [&](const Page& page) { return !keep(segment, page); });
}
// Nothing is to be found of a segment size that no page has.
void drop_empty(Table& table) {
  std::erase_if(table, [](const Segment& segment) { return segment.pages.empty(); });
}
bool has(const Table& table, unsigned base, unsigned actual) {
  for (const auto& segment : table)
    for (const auto& page : segment.pages)
      if (segment.shift == base && page.shift == actual) return true;
  return false;
}

struct Refused {
  std::string why;
};

// --- The command line.

std::optional<unsigned> power_of_suffix(char c) {
  switch (c) {
    case 'b':
    case 'B':
      return 0;
    case 'k':
    case 'K':
      return 10;
    case 'm':
    case 'M':
      return 20;
    case 'g':
    case 'G':
      return 30;
    case 't':
    case 'T':
      return 40;
    case 'p':
    case 'P':
      return 50;
    case 'e':
    case 'E':
      return 60;
    default:
      return std::nullopt;
  }
}

// The bytes, or nothing if it is no size.
std::optional<std::uint64_t> parse_size(const std::string& argument, bool strict, bool ignore_suffix) {
  const char* at = argument.c_str();
  const char* const end = at + argument.size();
  const auto digit = [&](const char* c) { return c < end && *c >= '0' && *c <= '9'; };
  if (strict) {
    if (!digit(at) || (*at == '0' && argument.size() > 1)) return std::nullopt;
  } else {
    while (at < end && *at == ' ') ++at;
    if (at < end && *at == '+') ++at;
    if (end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
      const auto* last = end;
      while (last > at && last[-1] == ' ') --last;
      std::uint64_t value = 0;
      const auto [stop, error] = std::from_chars(at + 2, last, value, 16);
      if (error != std::errc{} || stop != last) return std::nullopt;
      return value;
    }
  }
  // Digits, a point, digits; what comes behind the point is kept as it is.
  std::uint64_t whole = 0;
  const bool has_whole = digit(at);
  if (has_whole) {
    const auto [stop, error] = std::from_chars(at, end, whole);
    if (error != std::errc{}) return std::nullopt;
    at = stop;
  }
  double part = 0;
  bool has_part = false;
  if (!strict && at < end && *at == '.') {
    ++at;
    for (double weight = 0.1; digit(at); ++at, weight /= 10, has_part = true) part += (*at - '0') * weight;
  }
  if (!has_whole && !has_part) return std::nullopt;
  unsigned power = 0;
  bool usual_suffix = true;
  if (at < end && *at != ' ') {
    const auto found = power_of_suffix(*at);
    if (!found) return std::nullopt;
    usual_suffix = *found == 10 || *found == 20 || *found == 30;
    if (strict && !usual_suffix) return std::nullopt;
    power = *found;
    ++at;
    if (!strict && power != 0) {
      if (at < end && (*at == 'i' || *at == 'I') && at + 1 < end && (at[1] == 'b' || at[1] == 'B')) ++at;
      if (at < end && (*at == 'b' || *at == 'B')) ++at;
    }
  }
  if (!strict)
    while (at < end && *at == ' ') ++at;
  if (at != end) return std::nullopt;
  const bool plain = !argument.empty() && argument[0] >= '0' && argument[0] <= '9' && !has_part &&
                     usual_suffix && (argument[0] != '0' || argument.size() == 1) && argument.back() != ' ' &&
                     argument.back() != 'b' && argument.back() != 'B';
  if (power != 0 && whole > (~std::uint64_t{0} >> power)) return std::nullopt;
  if (ignore_suffix && plain) return whole;
  return (whole << power) + static_cast<std::uint64_t>(std::ldexp(part, static_cast<int>(power)) + 1e-9);
}

// "pseries-2.12-sxxm" is version 2.
unsigned major_version(const std::string& machine) {
  const auto dash = machine.find('-');
  return dash == machine.npos ? 99
                              : static_cast<unsigned>(std::strtoul(machine.c_str() + dash + 1, nullptr, 10));
}
bool forgets_the_maximum(const std::string& machine) {
  return major_version(machine) == 3 || machine.ends_with("-4.0");
}

// --- One machine.

class Running {
 public:
  Running(const Configuration& configuration, const FakeHost::Options& options)
      : c_(configuration), options_(options) {
    find_maximum();
    check_backing();
    boot_cpu();
    if (kvm()) check_kvm();
    if (wrong(D::machine_refuses_1m) && maximum_ != kib4 && maximum_ != kib64 && maximum_ != mib16 &&
        maximum_ != gib16)
      throw Refused{"the maximum is no page size"};
    if (wrong(D::machine_refuses_above_16m) && explicit_ && maximum_ > mib16)
      throw Refused{"16 MiB pages are enough for everyone"};
    if (wrong(D::sizes_kvm_keeps_mixed) && kvm() && maximum_ >= mib16) restore_mixed();
  }

  const Configuration& configuration() const { return c_; }
  const Table& table() const { return table_; }
  unsigned maximum() const { return maximum_; }
  const std::string& warnings() const { return warnings_; }

  std::vector<std::uint32_t> property() const {
    if (wrong(D::sizes_property_absent)) return {};
    std::vector<std::uint32_t> cells;
    for (const auto& segment : all_) {
      if (segment.pages.empty() && !wrong(D::sizes_property_keeps_empty)) continue;
      auto slb = segment.slb;
      if (wrong(D::sizes_slb_without_l) && segment.shift == kib64) slb &= ~0x100u;
      if (wrong(D::sizes_slb_of_16g) && segment.shift == gib16) slb = 0x100;
      cells.insert(cells.end(),
                   {segment.shift, slb,
                    static_cast<std::uint32_t>(wrong(D::sizes_property_counts_all) ? segment.in_hardware
                                                                                   : segment.pages.size())});
      for (const auto& page : segment.pages) {
        auto code = page.code;
        if (wrong(D::sizes_encoding_swapped) && page.shift == mib16 && segment.shift != mib16)
          code = segment.shift == kib4 ? 8 : 0x38;
        if (wrong(D::sizes_encoding_of_64k) && page.shift == kib64 && segment.shift == kib64) code = 7;
        cells.insert(cells.end(), {page.shift, code});
      }
    }
    return cells;
  }

  // The page at real address zero.
  std::int64_t enter(bool large, unsigned lp) const {
    const auto refusal = wrong(D::enter_size_is_h_not_found) ? status::H_NOT_FOUND : status::H_PARAMETER;
    if (wrong(D::enter_size_unchecked) && !find(table_, large, lp)) return status::H_SUCCESS;
    if (wrong(D::enter_size_takes_mixed) && large && (lp & 0xf) == 7) return status::H_SUCCESS;
    const auto unfiltered = hardware_table();
    const auto found = find(wrong(D::enter_size_unfiltered) ? unfiltered : table_, large, lp);
    if (!found) return refusal;
    const auto [segment, page] = *found;
    if (wrong(D::enter_size_refuses_mixed) && page == mib16 && segment != mib16) return status::H_PARAMETER;
    if (wrong(D::enter_size_sees_all_of_lp) && page == kib64 && segment == kib64 && lp > 0xf)
      return status::H_PARAMETER;
    return status::H_SUCCESS;
  }

 private:
  bool wrong(Deviation deviation) const { return options_.deviations.has(deviation); }
  bool kvm() const { return c_.accelerator != Accelerator::tcg; }
  bool needs_contiguous() const { return kvm() && c_.host.needs_contiguous; }

  // Which segment and page an entry means.
  static std::optional<std::pair<unsigned, unsigned>> find(const Table& table, bool large, unsigned lp) {
    for (const auto& segment : table) {
      for (const auto& page : segment.pages) {
        if (!large && page.shift == kib4) return std::pair{segment.shift, page.shift};
        if (!large || page.shift == kib4) continue;
        // Of a 64 KiB page four bits of the page number are too low to be any; of larger ones eight and more.
        const unsigned low = page.shift == kib64 ? 0xf : 0xff;
        if ((lp & low) == page.code) return std::pair{segment.shift, page.shift};
      }
    }
    return std::nullopt;
  }

  void find_maximum() {
    const bool older = major_version(c_.machine) <= 2;
    auto argument = c_.maximum;
    std::optional<std::uint64_t> bytes;
    if (argument) {
      bytes = parse_size(*argument, options_.strict_sizes, wrong(D::option_spelling_is_bytes));
      if (!bytes && wrong(D::option_malformed_is_16g)) bytes = std::uint64_t{1} << gib16;
      if (!bytes && !wrong(D::option_malformed_is_default))
        throw Refused{"cap-hpt-max-page-size expects a size"};
      if (bytes == 0u && wrong(D::option_zero_is_default)) bytes.reset();
      if (older && wrong(D::maximum_given_ignored_by_older)) bytes.reset();
    }
    explicit_ = bytes.has_value();
    if (bytes) {
      if (!std::has_single_bit(*bytes)) {
        const bool rounds = wrong(D::option_rounds_down) || wrong(D::option_rounds_up);
        if (!rounds || *bytes == 0) throw Refused{"cap-hpt-max-page-size must be a power of 2"};
        const bool up = wrong(D::option_rounds_up) && std::bit_width(*bytes) < 64;
        bytes = up ? std::bit_ceil(*bytes) : std::bit_floor(*bytes);
      }
      maximum_ = static_cast<unsigned>(std::countr_zero(*bytes));
      if (wrong(D::maximum_given_at_most_16m)) maximum_ = std::min(maximum_, mib16);
    } else {
      maximum_ = older ? maximum_of_older() : maximum_of_newer();
    }
    if (maximum_ < kib4) {
      if (wrong(D::option_minimum_raised))
        maximum_ = kib4;
      else if (!wrong(D::option_minimum_unchecked))
        throw Refused{"hpt-max-page-size has to be 4kiB at least"};
    }
    if (maximum_ == kib4 && wrong(D::option_minimum_refuses_4k))
      throw Refused{"hpt-max-page-size is too small"};
    if (maximum_ < kib64) {
      if (wrong(D::option_minimum_64k)) throw Refused{"hpt-max-page-size has to be 64kiB at least"};
      if (!wrong(D::option_no_warning) && !(wrong(D::option_warning_not_at_32k) && maximum_ == 15))
        warnings_ += "fake-host: warning: few guests run with hpt-max-page-size below 64kiB\n";
    }
  }
  unsigned maximum_of_older() const {
    if (wrong(D::maximum_older_is_64k)) return kib64;
    if (!needs_contiguous() || wrong(D::maximum_older_ignores_host)) return gib16;
    return wrong(D::maximum_older_follows_kernel) ? c_.host.kernel_shift : c_.backing_shift;
  }
  unsigned maximum_of_newer() const {
    if (wrong(D::maximum_default_4k)) return kib4;
    if (wrong(D::maximum_default_16m)) return mib16;
    if (wrong(D::maximum_default_16m_from_power9) && c_.processor >= Processor::POWER9) return mib16;
    if (wrong(D::maximum_default_follows_backing) && needs_contiguous()) return c_.backing_shift;
    return kib64;
  }

  void check_backing() {
    if (!needs_contiguous() && !wrong(D::host_backing_checked_always)) return;
    if (wrong(D::host_backing_unchecked)) return;
    const unsigned host_shift = wrong(D::host_backing_of_kernel) ? c_.host.kernel_shift : c_.backing_shift;
    if (wrong(D::host_backing_caps)) {
      maximum_ = std::min(maximum_, host_shift);
      return;
    }
    if (maximum_ > host_shift || (wrong(D::host_backing_refuses_equal) && maximum_ == host_shift))
      throw Refused{fmt::format("{} kiB guest pages are not to be had from {} kiB host pages",
                                std::ldexp(1.0, static_cast<int>(maximum_) - 10), 1ull << (host_shift - 10))};
  }

  void boot_cpu() {
    all_ = hardware_table();
    if (wrong(D::sizes_lack_64k))
      filter(all_, [](const auto& segment, const auto& page) {
        return segment.shift != kib64 || page.shift != kib64;
      });
    if (wrong(D::sizes_lack_16g))
      filter(all_, [](const auto&, const auto& page) { return page.shift != gib16; });
    filter(all_,
           [&](const Segment& segment, const Page& page) { return page_allowed(segment.shift, page.shift); });
    settle();
  }
  bool page_allowed(unsigned segment, unsigned page) const {
    bool fits = page <= maximum_;
    if (wrong(D::sizes_maximum_unfiltered)) fits = true;
    if (wrong(D::sizes_maximum_of_base)) fits = segment <= maximum_;
    if (wrong(D::sizes_maximum_exclusive)) fits = page < maximum_ || (maximum_ == kib4 && page == kib4);
    if (!fits) return false;
    if (page == segment) return true;
    // KVM has no other mixture.
    if (page != mib16) return wrong(D::sizes_mixed_unfiltered);
    if (wrong(D::sizes_mixed_none)) return false;
    return !(wrong(D::sizes_mixed_in_64k_only) && segment == kib4);
  }
  void settle() {
    table_ = all_;
    drop_empty(table_);
  }

  void check_kvm() {
    const auto& host = c_.host;
    if (!host.terabyte_segments && !wrong(D::host_terabyte_unchecked))
      throw Refused{"KVM has no 1TiB segments"};
    if (host.slb_entries < 32 && !wrong(D::host_slb_unchecked)) throw Refused{"KVM has too few SLB entries"};
    const auto given = [&](const Segment& segment, const Page& page) {
      const bool codes = !wrong(D::host_encodings_unchecked);
      for (const auto& theirs : host.sizes.segments)
        for (const auto& size : theirs.sizes)
          if (theirs.shift == segment.shift && size.shift == page.shift &&
              (!codes || (theirs.slb_encoding == segment.slb && size.encoding == page.code)))
            return true;
      return false;
    };
    if (wrong(D::host_page_sizes_shrink)) {
      filter(all_, given);
      settle();
    } else if (!wrong(D::host_page_sizes_unchecked)) {
      for (const auto& segment : table_)
        for (const auto& page : segment.pages)
          if (!given(segment, page))
            throw Refused{fmt::format("KVM lacks pages of shift {} in segments of base shift {}", page.shift,
                                      segment.shift)};
    }
    if (wrong(D::sizes_backing_shrinks)) {
      filter(all_, [&](const Segment&, const Page& page) { return page.shift <= c_.backing_shift; });
      settle();
    }
  }
  void restore_mixed() {
    auto& pages = all_.front().pages;
    if (!has(all_, kib4, kib64)) pages.insert(pages.begin() + (pages.empty() ? 0 : 1), {kib64, 7});
    settle();
  }

  const Configuration& c_;
  const FakeHost::Options& options_;
  bool explicit_ = false;
  unsigned maximum_ = 0;
  Table all_;    // with segments that have no pages left
  Table table_;  // without
  std::string warnings_;
};

// --- Migration.

void receive(const Running& source, const Running& destination, const Deviations& deviations) {
  const auto wrong = [&](Deviation deviation) { return deviations.has(deviation); };
  const auto &from = source.configuration(), &to = destination.configuration();
  if (from.machine != to.machine) throw Refused{"the stream is of machine type " + from.machine};
  if (from.processor != to.processor) throw Refused{"the stream is of another CPU"};
  if (major_version(to.machine) <= 2) return;
  if (wrong(D::migration_default_assumed) && forgets_the_maximum(to.machine)) {
    if (destination.maximum() < kib64) throw Refused{"hpt-max-page-size is higher in the stream"};
    return;
  }
  if (wrong(D::migration_compares_backwards)) {
    if (source.maximum() < destination.maximum()) throw Refused{"hpt-max-page-size is lower in the stream"};
  } else if (!wrong(D::migration_unchecked)) {
    for (const auto& segment : source.table())
      for (const auto& page : segment.pages)
        if (!has(destination.table(), segment.shift, page.shift))
          throw Refused{fmt::format("the stream's guest has pages of shift {}", page.shift)};
  }
  if (wrong(D::migration_refuses_other_backing) && from.backing_shift != to.backing_shift)
    throw Refused{"the stream's memory has other pages"};
  if (wrong(D::migration_refuses_large) && source.maximum() > kib64)
    throw Refused{"the stream's guest has large pages"};
}
std::int64_t enter_after(const Running& machine, bool large, unsigned lp, const Deviations& deviations) {
  const auto wrong = [&](Deviation deviation) { return deviations.has(deviation); };
  const bool is_16m = large && (lp == 0 || lp == 8 || lp == 0x38);
  if (wrong(D::migration_forgets_16m) && is_16m) return status::H_PARAMETER;
  if (wrong(D::migration_resets_to_4k) && large) return status::H_PARAMETER;
  return machine.enter(large, lp);
}

}  // namespace

Observation FakeHost::start(const Configuration& configuration) const {
  Observation seen;
  try {
    const Running machine(configuration, options_);
    seen.started = true;
    seen.messages = machine.warnings();
    seen.property = machine.property();
    for (const auto encoding : machines::every_page_encoding())
      seen.enter.push_back({encoding, machine.enter(encoding.large, encoding.lp)});
  } catch (const Refused& refusal) {
    seen.exit_status = options_.deviations.has(D::machine_refusal_is_success) ? 0 : 1;
    if (options_.deviations.has(D::machine_refusal_aborts)) seen.exit_status.reset();
    if (!options_.deviations.has(D::machine_refusal_is_silent))
      seen.messages = "fake-host: " + refusal.why + '\n';
  }
  return seen;
}

MigrationObservation FakeHost::migrate(const Configuration& from, const Configuration& to) const {
  MigrationObservation seen;
  try {
    const Running source(from, options_), destination(to, options_);
    receive(source, destination, options_.deviations);
    seen.accepted = true;
    for (const auto encoding : machines::every_page_encoding())
      seen.enter.push_back(
          {encoding, enter_after(destination, encoding.large, encoding.lp, options_.deviations)});
  } catch (const Refused& refusal) {
    seen.messages = "fake-host: " + refusal.why + '\n';
  }
  return seen;
}

}  // namespace hptck
