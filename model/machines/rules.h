// The page-size rules, read in a domain, and what they are about: a configuration as rows see it, and what
// has been made of it. The rows stand in model/machines/rows.h, their mistakes in
// model/machines/deviations.h; each domain has them instantiated in one file, as for the resize hypercalls
// (model/resize/rules.h).
#pragma once

#include <array>

#include "model/framework/decision_list.h"
#include "model/machines/configuration.h"
#include "spec/deviations.h"

namespace hptck::machines {

/// What a list about configurations or migrations may be answered with.
inline constexpr std::int64_t started = 0, refused = 1;
/// How a refusal ended.
inline constexpr std::int64_t refused_properly = 0, refused_with_zero = 1, refused_silently = 2,
                              refused_by_signal = 3;

/// A page of 2^actual bytes in a segment with base pages of 2^base bytes, and LP for it.
struct Pair {
  std::uint8_t base, actual, lp;
  constexpr std::uint8_t mask() const { return actual == 16 ? 0x0f : 0xff; }  ///< of LP that is encoding
};
/// Of every processor that there is (ambiguity A21). The index is the bit of a mask of sizes.
inline constexpr std::array pairs{Pair{12, 12, 0x00}, Pair{12, 16, 0x07}, Pair{12, 24, 0x38},
                                  Pair{16, 16, 0x01}, Pair{16, 24, 0x08}, Pair{24, 24, 0x00},
                                  Pair{34, 34, 0x03}};
constexpr std::uint8_t bit_of(std::size_t pair) { return static_cast<std::uint8_t>(1u << pair); }
inline constexpr std::uint8_t every_pair = (1u << pairs.size()) - 1;

inline constexpr std::array base_shifts{std::uint8_t{12}, std::uint8_t{16}, std::uint8_t{24},
                                        std::uint8_t{34}};
inline constexpr std::array<std::uint64_t, 4> slb_encodings{0x000, 0x110, 0x100, 0x120};

inline constexpr std::uint8_t least_shift = 12, warned_below = 16, default_shift = 16, largest_shift = 34;
inline constexpr std::uint8_t slb_entries_needed = 32;

/// How the property is written. All but `proper` are mistakes.
enum class Written : std::uint8_t { proper, absent, counts_all, keeps_empty };

/// A configuration, as rows see it.
template <class Domain>
struct Facts {
  using W8 = typename Domain::template Word<8>;
  using W64 = typename Domain::template Word<64>;
  W8 scheme, processor, form;
  W64 bytes;   ///< of the maximum as given; 0 where it is none
  W64 number;  ///< what is written before the suffix
  W8 accelerator, backing;
  W8 contiguous, terabyte, slb_entries, kernel;  ///< of the host; 1 is true
  W8 host_pairs;                                 ///< that it has with the processor's encodings
  W8 host_shapes;                                ///< that it has with any
};

/// What has been made of it. All zero before the first row.
template <class Domain>
struct Machine {
  using W8 = typename Domain::template Word<8>;
  using W64 = typename Domain::template Word<64>;
  W8 maximum;  ///< effective, log2 of bytes
  W8 warned;
  W8 sizes;  ///< advertised: a mask of pairs
  W8 written;
  std::array<W8, pairs.size()> lp;  ///< as the property gives them
  std::array<W64, base_shifts.size()> slb;
  bool operator==(const Machine&) const = default;
};

template <class Domain>
typename Domain::Bool true_of(const Machine<Domain>& s) {
  return eq(s.maximum, s.maximum);
}
template <class Domain>
Machine<Domain> ite(const typename Domain::Bool& c, Machine<Domain> a, const Machine<Domain>& b) {
  a.maximum = ite(c, a.maximum, b.maximum);
  a.warned = ite(c, a.warned, b.warned);
  a.sizes = ite(c, a.sizes, b.sizes);
  a.written = ite(c, a.written, b.written);
  for (std::size_t i = 0; i < a.lp.size(); ++i) a.lp[i] = ite(c, a.lp[i], b.lp[i]);
  for (std::size_t i = 0; i < a.slb.size(); ++i) a.slb[i] = ite(c, a.slb[i], b.slb[i]);
  return a;
}
/// Before the first row; the words are of the domain of these.
template <class Domain>
Machine<Domain> nothing_yet(const Facts<Domain>& facts) {
  const auto zero = constant(facts.form, lit(0));
  const auto wide = constant(facts.bytes, lit(0));
  return {zero, zero, zero, zero, {zero, zero, zero, zero, zero, zero, zero}, {wide, wide, wide, wide}};
}

/// One H_ENTER, after the machine started or, with what the destination advertises, after a migration.
template <class Domain>
struct Probe {
  using W8 = typename Domain::template Word<8>;
  W8 large, lp;
  typename Domain::template Word<64> memory;  ///< bytes
  W8 destination;                             ///< mask of pairs
  W8 older;                                   ///< source and destination are
};

/// The other end of a migration, as its source sees it.
template <class Domain>
struct Arrival {
  using W8 = typename Domain::template Word<8>;
  W8 same_definition;  ///< machine type, CPU type and accelerator
  W8 older;            ///< both
  W8 unsent;           ///< machine types from pseries-3.0 to 4.0: for deviations
  W8 same_backing;     ///< likewise
  W8 maximum, sizes;   ///< of the destination
};

template <class Domain>
using StartList = DecisionList<Domain, Machine<Domain>, Facts<Domain>>;
template <class Domain>
using EnterList = DecisionList<Domain, Machine<Domain>, Probe<Domain>>;
template <class Domain>
using MigrateList = DecisionList<Domain, Machine<Domain>, Arrival<Domain>>;

/// All of them in one domain.
template <class Domain>
struct PageSizeRules {
  StartList<Domain> start, refusal;
  EnterList<Domain> enter, enter_after;
  MigrateList<Domain> migrate;

  static constexpr auto lists() {
    using R = PageSizeRules;
    return std::tuple{NamedList{"start", &R::start}, NamedList{"refusal", &R::refusal},
                      NamedList{"enter", &R::enter}, NamedList{"enter_after", &R::enter_after},
                      NamedList{"migrate", &R::migrate}};
  }
};

/// The specification, read in one domain.
template <class Domain>
PageSizeRules<Domain> page_size_specification();

/// The specification with these deviations.
template <class Domain>
PageSizeRules<Domain> page_size_rules(const Deviations& deviations = {});

extern template PageSizeRules<Concrete> page_size_specification<Concrete>();
extern template PageSizeRules<Concrete> page_size_rules<Concrete>(const Deviations&);

}  // namespace hptck::machines
