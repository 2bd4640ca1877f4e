// The page-size rules: which configurations start, what a guest then sees, which page-size encodings H_ENTER
// takes, and which destinations a migration may have. Row by row, as model/resize/rows.h has the rules of the resize
// hypercalls, and with the same three kinds of row; the wording of each clause stands in spec/clauses.xml.
//
// What happens is the answer: `started` or `refused`. So a rule that leaves something open is a `may` row,
// and what follows from a configuration is an `effect` row that the walk passes on its way to its answer. The
// order is that of the series: the value, the effective maximum, the host's memory, what is left of the
// processor's page sizes, and last whether the host has those.
//
// Page sizes are the bits of a mask, one for each pair of base and actual size that a processor has. Lists of
// sizes would be nearer to the property, but no term of them can be compared in two solvers; the mask can,
// and model/machines/judge.cpp turns it into the property.
#pragma once

#include <array>

#include "model/machines/configuration.h"
#include "model/framework/decision_list.h"

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

namespace rows {

using namespace status;

inline constexpr auto is = [](const auto& word, auto value) { return eq(word, lit(value)); };
inline constexpr auto no = [](auto f) {
  return [f](const auto& s, const auto& a) { return negate(f(s, a)); };
};
inline constexpr auto and_ = [](auto f, auto g) {
  return [f, g](const auto& s, const auto& a) { return both(f(s, a), g(s, a)); };
};

inline constexpr auto form_is = [](Form form) {
  return [form](const auto&, const auto& a) { return is(a.form, form); };
};
inline constexpr auto given = no(form_is(Form::absent));
inline constexpr auto newer = [](const auto&, const auto& a) { return is(a.scheme, Scheme::newer); };
inline constexpr auto kvm = [](const auto&, const auto& a) {
  return negate(is(a.accelerator, Accelerator::tcg));
};
inline constexpr auto contiguous = and_(kvm, [](const auto&, const auto& a) { return is(a.contiguous, 1u); });

inline constexpr auto no_power_of_two = [](const auto&, const auto& a) {
  const auto one_bit = eq(and_bits(a.bytes, minus(a.bytes, lit(1))), lit(0));
  return either(eq(a.bytes, lit(0)), negate(one_bit));
};
inline constexpr auto below = [](std::uint8_t shift) {
  return [shift](const auto& s, const auto&) { return ult(s.maximum, lit(shift)); };
};
inline constexpr auto above_backing = [](const auto& s, const auto& a) { return ult(a.backing, s.maximum); };
inline constexpr auto lacks_segments = [](const auto&, const auto& a) {
  return either(negate(is(a.terabyte, 1u)), ult(a.slb_entries, lit(slb_entries_needed)));
};
inline constexpr auto lacks_sizes = [](const auto& s, const auto& a) {
  return negate(eq(and_bits(s.sizes, complement(a.host_pairs)), lit(0)));
};
inline constexpr auto cannot_inhibit = [](const auto& s, const auto& a) {
  return both(ult(a.kernel, lit(16)), any_bit(s.sizes, lit(std::uint64_t{every_pair & ~bit_of(0)})));
};

// The logarithm of the highest bit; 0 of zero. Halving takes six steps, which is what solvers want.
inline constexpr auto log2_of = [](auto bytes, auto log) {
  for (const unsigned half : {32u, 16u, 8u, 4u, 2u, 1u}) {
    const auto above = negate(ult(bytes, lit(std::uint64_t{1} << half)));
    log = ite(above, with_bits(log, lit(half)), log);
    bytes = ite(above, shifted_right(bytes, lit(half)), bytes);
  }
  return log;
};
inline constexpr auto takes_given = [](auto s, const auto& a) {
  s.maximum = log2_of(a.bytes, constant(s.maximum, lit(0)));
  return s;
};
inline constexpr auto takes = [](std::uint8_t shift) {
  return [shift](auto s, const auto&) {
    s.maximum = constant(s.maximum, lit(shift));
    return s;
  };
};
inline constexpr auto follows_host = [](auto s, const auto& a) {
  s.maximum = ite(contiguous(s, a), a.backing, constant(s.maximum, lit(largest_shift)));
  return s;
};
inline constexpr auto warns = [](auto s, const auto&) {
  s.warned = constant(s.warned, lit(1));
  return s;
};
inline constexpr auto has_pairs = [](std::uint8_t mask) {
  return [mask](auto s, const auto&) {
    s.sizes = constant(s.sizes, lit(mask));
    return s;
  };
};
inline constexpr auto gives_slb_encodings = [](auto s, const auto&) {
  for (std::size_t i = 0; i < s.slb.size(); ++i) s.slb[i] = constant(s.slb[i], lit(slb_encodings[i]));
  return s;
};
inline constexpr auto gives_encodings = [](auto s, const auto&) {
  for (std::size_t i = 0; i < pairs.size(); ++i) s.lp[i] = constant(s.lp[i], lit(pairs[i].lp));
  return s;
};
// Leaves the pairs for which keep(machine, pair) holds.
inline constexpr auto filters = [](auto keep) {
  return [keep](auto s, const auto&) {
    auto left = s.sizes;
    for (std::size_t i = 0; i < pairs.size(); ++i)
      left = ite(keep(s, pairs[i]), left, only_bits(left, lit(std::uint64_t{0xff} & ~bit_of(i))));
    s.sizes = left;
    return s;
  };
};
inline constexpr auto within_maximum = [](const auto& s, const Pair& pair) {
  return negate(ult(s.maximum, lit(pair.actual)));
};
inline constexpr auto leaves = [](std::uint8_t mask) {
  return [mask](auto s, const auto&) {
    s.sizes = only_bits(s.sizes, lit(mask));
    return s;
  };
};
// Actual sizes that are the base size, and 16 MiB in smaller ones.
inline constexpr std::uint8_t unmixed = every_pair & ~bit_of(1);
inline constexpr auto writes = [](Written how) {
  return [how](auto s, const auto&) {
    s.written = constant(s.written, lit(how));
    return s;
  };
};

// Whether H_ENTER is asked for a pair of the mask: for any, or for one larger than the memory.
inline constexpr auto asked_for = [](const auto& p, std::size_t i) {
  const auto large = negate(is(p.large, 0u));
  if (pairs[i].actual == 12) return negate(large);
  return both(large, eq(only_bits(p.lp, lit(pairs[i].mask())), lit(pairs[i].lp)));
};
inline constexpr auto among = [](const auto& mask, const auto& p) {
  auto any = negate(eq(mask, mask));
  for (std::size_t i = 0; i < pairs.size(); ++i)
    any = either(any, both(any_bit(mask, lit(bit_of(i))), asked_for(p, i)));
  return any;
};
inline constexpr auto advertised = [](const auto& s, const auto& p) { return among(s.sizes, p); };
inline constexpr auto advertised_by_destination = [](const auto&, const auto& p) {
  return among(p.destination, p);
};
inline constexpr auto larger_than_memory = [](const auto& s, const auto& p) {
  auto any = negate(true_of(s));
  for (std::size_t i = 0; i < pairs.size(); ++i)
    any = either(any, both(asked_for(p, i), ult(p.memory, lit(std::uint64_t{1} << pairs[i].actual))));
  return any;
};
inline constexpr auto older = [](const auto&, const auto& a) { return is(a.older, 1u); };

inline constexpr auto other_definition = [](const auto&, const auto& a) {
  return negate(is(a.same_definition, 1u));
};
inline constexpr auto loses = [](const auto& s, const auto& a) {
  return negate(eq(and_bits(s.sizes, complement(a.sizes)), lit(0)));
};
inline constexpr auto other_maximum = [](const auto& s, const auto& a) {
  return negate(eq(s.maximum, a.maximum));
};

// clang-format off
inline constexpr auto start = decision_list(
    may   (Clause::option_spelling,     form_is(Form::unusual),                             answers(refused), Unchanged{}),
    must  (Clause::option_form,         form_is(Form::malformed),                           answers(refused), Unchanged{}),
    must  (Clause::option_power_of_two, and_(given, no_power_of_two),                       answers(refused), Unchanged{}),
    effect(Clause::maximum_given,       given,                                              takes_given),
    effect(Clause::maximum_default,     and_(no(given), newer),                             takes(default_shift)),
    effect(Clause::maximum_older,       and_(no(given), no(newer)),                         follows_host),
    must  (Clause::option_minimum,      below(least_shift),                                 answers(refused), Unchanged{}),
    effect(Clause::option_warning,      below(warned_below),                                warns),
    must  (Clause::host_backing,        and_(contiguous, above_backing),                    answers(refused), Unchanged{}),
    must  (Clause::host_segments,       and_(kvm, lacks_segments),                          answers(refused), Unchanged{}),
    effect(Clause::sizes_processor,     Always{},                                           has_pairs(every_pair)),
    effect(Clause::sizes_slb,           Always{},                                           gives_slb_encodings),
    effect(Clause::sizes_encoding,      Always{},                                           gives_encodings),
    effect(Clause::sizes_maximum,       Always{},                                           filters(within_maximum)),
    effect(Clause::sizes_mixed,         Always{},                                           leaves(unmixed)),
    effect(Clause::sizes_property,      Always{},                                           writes(Written::proper)),
    must  (Clause::host_page_sizes,     and_(kvm, lacks_sizes),                             answers(refused), Unchanged{}),
    may   (Clause::host_inhibited,      and_(kvm, cannot_inhibit),                          answers(refused), Unchanged{}),
    effect(Clause::sizes_same,          kvm,                                                leaves(every_pair)),
    must  (Clause::machine_starts,      Always{},                                           answers(started), Unchanged{}));

// How a refused one ended.
inline constexpr auto refusal = decision_list(
    must  (Clause::machine_refusal,     Always{},                                           answers(refused_properly), Unchanged{}));

inline constexpr auto enter = decision_list(
    may   (Clause::enter_hardware,      Always{},                                           answers(H_HARDWARE, H_BUSY), Unchanged{}),
    may   (Clause::enter_size_memory,   larger_than_memory,                                 answers(H_PARAMETER), Unchanged{}),
    must  (Clause::enter_size_accepted, advertised,                                         answers(H_SUCCESS), Unchanged{}),
    must  (Clause::enter_size_refused,  Always{},                                           answers(H_PARAMETER), Unchanged{}));

// The machine is the source.
inline constexpr auto migrate = decision_list(
    may   (Clause::migration_definition, other_definition,                                  answers(refused), Unchanged{}),
    may   (Clause::migration_older,      older,                                             answers(started, refused), Unchanged{}),
    must  (Clause::migration_loses,      loses,                                             answers(refused), Unchanged{}),
    may   (Clause::migration_differs,    other_maximum,                                     answers(refused), Unchanged{}),
    must  (Clause::migration_accepted,   Always{},                                          answers(started), Unchanged{}));

// H_ENTER on the destination.
inline constexpr auto enter_after = decision_list(
    may   (Clause::enter_hardware,      Always{},                                           answers(H_HARDWARE, H_BUSY), Unchanged{}),
    may   (Clause::enter_size_memory,   larger_than_memory,                                 answers(H_PARAMETER), Unchanged{}),
    may   (Clause::migration_older,     older,                                              anything,             Unchanged{}),
    must  (Clause::migration_keeps,     advertised,                                         answers(H_SUCCESS),   Unchanged{}),
    may   (Clause::migration_differs,   advertised_by_destination,                          answers(H_SUCCESS),   Unchanged{}),
    must  (Clause::enter_size_refused,  Always{},                                           answers(H_PARAMETER), Unchanged{}));
// clang-format on

}  // namespace rows

/// All of them in one domain.
template <class Domain>
struct PageSizeRules {
  StartList<Domain> start, refusal;
  EnterList<Domain> enter, enter_after;
  MigrateList<Domain> migrate;
};

template <class Domain>
PageSizeRules<Domain> page_size_specification() {
  return {StartList<Domain>(rows::start), StartList<Domain>(rows::refusal), EnterList<Domain>(rows::enter),
          EnterList<Domain>(rows::enter_after), MigrateList<Domain>(rows::migrate)};
}

}  // namespace hptck::machines
