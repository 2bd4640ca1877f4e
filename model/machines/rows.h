// The page-size rules: which configurations start, what a guest then sees, which page-size encodings H_ENTER
// takes, and which destinations a migration may have. Row by row, as model/resize/rows.h has the rules of the
// resize hypercalls, and with the same three kinds of row; the wording of each clause stands in
// spec/clauses.xml.
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

#include "model/framework/conditions.h"
#include "model/machines/rules.h"

namespace hptck::machines {

namespace rows {

using namespace conditions;
using namespace status;

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

template <class Domain>
PageSizeRules<Domain> page_size_specification() {
  return {StartList<Domain>(rows::start), StartList<Domain>(rows::refusal), EnterList<Domain>(rows::enter),
          EnterList<Domain>(rows::enter_after), MigrateList<Domain>(rows::migrate)};
}

}  // namespace hptck::machines
