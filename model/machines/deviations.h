// Deviations of the page-size rules as edits of their rows, the way model/resize/deviations.h makes those of
// the resize hypercalls. What a hypervisor with the mistake does is what the edited rows say; where it is
// something that no guest sees (what is done, but too late), it is no deviation.
#pragma once

#include "model/machines/rows.h"
#include "spec/deviations.h"

namespace hptck::machines {

namespace mistakes {

using namespace rows;

// Misreadings of a configuration.
inline constexpr auto malformed_is = [](Form form, std::uint64_t bytes) {
  return [form, bytes](const auto& s, auto a) {
    const auto here = form_is(Form::malformed)(s, a);
    a.form = ite(here, constant(a.form, lit(form)), a.form);
    a.bytes = ite(here, constant(a.bytes, lit(bytes)), a.bytes);
    a.number = ite(here, constant(a.number, lit(bytes)), a.number);
    return a;
  };
};
inline constexpr auto suffix_overlooked = [](const auto& s, auto a) {
  a.bytes = ite(form_is(Form::size)(s, a), a.number, a.bytes);
  return a;
};
inline constexpr auto zero_is_absent = [](const auto& s, auto a) {
  const auto zero = both(given(s, a), both(no(form_is(Form::malformed))(s, a), eq(a.bytes, lit(0))));
  a.form = ite(zero, constant(a.form, lit(Form::absent)), a.form);
  return a;
};
inline constexpr auto given_overlooked_by_older = [](const auto& s, auto a) {
  const auto here = both(negate(newer(s, a)), negate(form_is(Form::malformed)(s, a)));
  a.form = ite(here, constant(a.form, lit(Form::absent)), a.form);
  return a;
};
inline constexpr auto host_encodings_overlooked = [](const auto&, auto a) {
  a.host_pairs = a.host_shapes;
  return a;
};

// Conditions.
inline constexpr auto not_zero = [](const auto&, const auto& a) { return negate(eq(a.bytes, lit(0))); };
inline constexpr auto above_kernel = [](const auto& s, const auto& a) { return ult(a.kernel, s.maximum); };
inline constexpr auto at_backing = [](const auto& s, const auto& a) { return eq(a.backing, s.maximum); };
inline constexpr auto maximum_is = [](std::uint8_t shift) {
  return [shift](const auto& s, const auto&) { return eq(s.maximum, lit(shift)); };
};
inline constexpr auto above = [](std::uint8_t shift) {
  return [shift](const auto& s, const auto&) { return ult(lit(shift), s.maximum); };
};
inline constexpr auto no_page_size = [](const auto& s, const auto&) {
  auto any = true_of(s);
  for (const auto shift : base_shifts) any = both(any, negate(eq(s.maximum, lit(shift))));
  return any;
};
inline constexpr auto terabyte_missing = [](const auto&, const auto& a) { return eq(a.terabyte, lit(0)); };
inline constexpr auto slb_too_small = [](const auto&, const auto& a) {
  return ult(a.slb_entries, lit(slb_entries_needed));
};

// Next states.
inline constexpr auto rounds_up = [](auto s, const auto& a) {
  s.maximum = log2_of(a.bytes, constant(s.maximum, lit(0)));
  // One more, unless it is a power of two.
  auto next = s.maximum;
  for (unsigned i = 0; i < 63; ++i) next = ite(eq(s.maximum, lit(i)), constant(next, lit(i + 1)), next);
  s.maximum = ite(no_power_of_two(s, a), next, s.maximum);
  return s;
};
inline constexpr auto at_most = [](std::uint8_t shift) {
  return [shift](auto s, const auto& a) {
    s = takes_given(s, a);
    s.maximum = ite(ult(lit(shift), s.maximum), constant(s.maximum, lit(shift)), s.maximum);
    return s;
  };
};
inline constexpr auto default_follows_backing = [](auto s, const auto& a) {
  s.maximum = ite(contiguous(s, a), a.backing, constant(s.maximum, lit(default_shift)));
  return s;
};
inline constexpr auto default_by_processor = [](auto s, const auto& a) {
  const auto early = ult(a.processor, lit(Processor::POWER9));
  s.maximum = ite(early, constant(s.maximum, lit(default_shift)), constant(s.maximum, lit(24)));
  return s;
};
inline constexpr auto follows_kernel = [](auto s, const auto& a) {
  s.maximum = ite(contiguous(s, a), a.kernel, constant(s.maximum, lit(largest_shift)));
  return s;
};
inline constexpr auto lowers_to_backing = [](auto s, const auto& a) {
  s.maximum = a.backing;
  return s;
};
inline constexpr auto raises = [](auto s, const auto&) {
  s.maximum = constant(s.maximum, lit(least_shift));
  return s;
};
inline constexpr auto unwarns = [](auto s, const auto&) {
  s.warned = constant(s.warned, lit(0));
  return s;
};
inline constexpr auto below_maximum = [](const auto& s, const Pair& pair) {
  return either(ult(lit(pair.actual), s.maximum),
                both(eq(s.maximum, lit(least_shift)), eq(s.maximum, lit(pair.actual))));
};
inline constexpr auto base_within_maximum = [](const auto& s, const Pair& pair) {
  return negate(ult(s.maximum, lit(pair.base)));
};
inline constexpr auto shrinks_to_host = [](auto s, const auto& a) {
  s.sizes = and_bits(s.sizes, a.host_pairs);
  return s;
};
inline constexpr auto shrinks_to_backing = [](auto s, const auto& a) {
  for (std::size_t i = 0; i < pairs.size(); ++i)
    s.sizes = ite(ult(a.backing, lit(pairs[i].actual)),
                  only_bits(s.sizes, lit(std::uint64_t{0xff} & ~bit_of(i))), s.sizes);
  return s;
};
inline constexpr auto keeps_mixed = [](auto s, const auto&) {
  s.sizes = ite(ult(s.maximum, lit(24)), s.sizes, with_bits(s.sizes, lit(bit_of(1))));
  return s;
};
inline constexpr auto gives_lp = [](std::size_t pair, std::uint8_t lp) {
  return [pair, lp](auto s, const auto&) {
    s.lp[pair] = constant(s.lp[pair], lit(lp));
    return s;
  };
};
inline constexpr auto gives_slb = [](std::size_t base, std::uint64_t encoding) {
  return [base, encoding](auto s, const auto&) {
    s.slb[base] = constant(s.slb[base], lit(encoding));
    return s;
  };
};

// H_ENTER.
inline constexpr auto asked_for_any_of = [](std::uint8_t mask) {
  return [mask](const auto& s, const auto& p) { return among(constant(s.sizes, lit(mask)), p); };
};
inline constexpr auto high_lp_of_64k = [](const auto& s, const auto& p) {
  return both(asked_for_any_of(bit_of(3))(s, p), any_bit(p.lp, lit(0xf0)));
};

// Migrations.
inline constexpr auto unsent = [](const auto&, const auto& a) { return eq(a.unsent, lit(1)); };
inline constexpr auto arrives_below_default = [](const auto&, const auto& a) {
  return ult(a.maximum, lit(default_shift));
};
inline constexpr auto other_backing = [](const auto&, const auto& a) { return eq(a.same_backing, lit(0)); };
inline constexpr auto arrives_smaller = [](const auto& s, const auto& a) {
  return ult(s.maximum, a.maximum);
};

}  // namespace mistakes

/// Turns the deviation's rows wrong; deviations that are of other rules change nothing.
template <class Domain>
void deviate(PageSizeRules<Domain>& rules, Deviation deviation) {
  using namespace mistakes;
  using C = Clause;
  using D = Deviation;
  auto& start = rules.start;
  auto& enter = rules.enter;
  auto& after = rules.enter_after;
  auto& migrate = rules.migrate;
  const auto set = RowKind::effect;
  constexpr std::uint8_t mixed_16m = bit_of(2) | bit_of(4), of_16m = mixed_16m | bit_of(5);
  // H_ENTER is as wrong after a migration as before.
  const auto accepts_also = [&](auto when) {
    for (auto* list : {&enter, &after})
      list->before(C::enter_size_refused, must(C::enter_size_refused, when, answers(H_SUCCESS), Unchanged{}));
  };
  const auto refuses_also = [&](auto when) {
    const auto row = must(C::enter_size_accepted, when, answers(H_PARAMETER), Unchanged{});
    enter.before(C::enter_size_accepted, row);
    after.before(C::migration_keeps, row);
  };
  // A destination that should have refused has what it has.
  const auto keeps_what_it_has = [&] { after.unless(C::migration_keeps, no(advertised_by_destination)); };
  // clang-format off
  switch (deviation) {
    case D::option_malformed_is_default:      start.misread(malformed_is(Form::absent, 0)); return;
    case D::option_malformed_is_16g:          start.misread(malformed_is(Form::size, std::uint64_t{1} << 34)); return;
    case D::option_spelling_is_bytes:         start.misread(suffix_overlooked); return;
    case D::option_rounds_down:               start.unless(C::option_power_of_two, not_zero); return;
    case D::option_rounds_up:                 start.unless(C::option_power_of_two, not_zero); start.then(C::maximum_given, set, rounds_up); return;
    case D::option_zero_is_default:           start.misread(zero_is_absent); return;
    case D::option_minimum_unchecked:         start.never(C::option_minimum); return;
    case D::option_minimum_raised:            start.before(C::option_minimum, effect(C::option_minimum, below(least_shift), raises)); return;
    case D::option_minimum_refuses_4k:        start.also(C::option_minimum, maximum_is(12)); return;
    case D::option_minimum_64k:               start.also(C::option_minimum, below(warned_below)); return;
    case D::option_no_warning:                start.then(C::option_warning, set, unwarns); return;
    case D::option_warning_not_at_32k:        start.unless(C::option_warning, maximum_is(15)); return;
    case D::maximum_given_ignored_by_older:   start.misread(given_overlooked_by_older); return;
    case D::maximum_given_at_most_16m:        start.then(C::maximum_given, set, at_most(24)); return;
    case D::maximum_default_4k:               start.then(C::maximum_default, set, takes(12)); return;
    case D::maximum_default_16m:              start.then(C::maximum_default, set, takes(24)); return;
    case D::maximum_default_follows_backing:  start.then(C::maximum_default, set, default_follows_backing); return;
    case D::maximum_default_16m_from_power9:  start.then(C::maximum_default, set, default_by_processor); return;
    case D::maximum_older_is_64k:             start.then(C::maximum_older, set, takes(default_shift)); return;
    case D::maximum_older_ignores_host:       start.then(C::maximum_older, set, takes(largest_shift)); return;
    case D::maximum_older_follows_kernel:     start.then(C::maximum_older, set, follows_kernel); return;
    case D::host_backing_unchecked:           start.never(C::host_backing); return;
    case D::host_backing_caps:                start.before(C::host_backing, effect(C::host_backing, and_(contiguous, above_backing), lowers_to_backing)); return;
    case D::host_backing_checked_always:      start.also(C::host_backing, above_backing); return;
    case D::host_backing_refuses_equal:       start.also(C::host_backing, and_(contiguous, at_backing)); return;
    case D::host_backing_of_kernel:
      start.unless(C::host_backing, no(above_kernel));
      start.also(C::host_backing, and_(contiguous, above_kernel));
      return;
    case D::host_terabyte_unchecked:          start.unless(C::host_segments, and_(terabyte_missing, no(slb_too_small))); return;
    case D::host_slb_unchecked:               start.unless(C::host_segments, and_(slb_too_small, no(terabyte_missing))); return;
    case D::host_page_sizes_unchecked:        start.never(C::host_page_sizes); return;
    case D::host_encodings_unchecked:         start.misread(host_encodings_overlooked); return;
    case D::host_page_sizes_shrink:           start.never(C::host_page_sizes); start.also_then(C::sizes_same, shrinks_to_host); return;
    case D::machine_refuses_1m:               start.before(C::machine_starts, must(C::machine_starts, no_page_size, answers(refused), Unchanged{})); return;
    case D::machine_refuses_above_16m:        start.before(C::machine_starts, must(C::machine_starts, and_(given, above(24)), answers(refused), Unchanged{})); return;
    case D::machine_refusal_is_success:       rules.refusal.answer(C::machine_refusal, answers(refused_with_zero)); return;
    case D::machine_refusal_is_silent:        rules.refusal.answer(C::machine_refusal, answers(refused_silently)); return;
    case D::machine_refusal_aborts:           rules.refusal.answer(C::machine_refusal, answers(refused_by_signal)); return;

    case D::sizes_property_counts_all:        start.then(C::sizes_property, set, writes(Written::counts_all)); return;
    case D::sizes_property_absent:            start.then(C::sizes_property, set, writes(Written::absent)); return;
    case D::sizes_property_keeps_empty:       start.then(C::sizes_property, set, writes(Written::keeps_empty)); return;
    case D::sizes_lack_64k:                   start.also_then(C::sizes_processor, leaves(every_pair & ~bit_of(3))); return;
    case D::sizes_lack_16g:                   start.also_then(C::sizes_processor, leaves(every_pair & ~bit_of(6))); return;
    case D::sizes_slb_without_l:              start.also_then(C::sizes_slb, gives_slb(1, 0x10)); return;
    case D::sizes_slb_of_16g:                 start.also_then(C::sizes_slb, gives_slb(3, 0x100)); return;
    case D::sizes_encoding_swapped:
      start.also_then(C::sizes_encoding, gives_lp(2, 0x08));
      start.also_then(C::sizes_encoding, gives_lp(4, 0x38));
      return;
    case D::sizes_encoding_of_64k:            start.also_then(C::sizes_encoding, gives_lp(3, 0x07)); return;
    case D::sizes_maximum_unfiltered:         start.then(C::sizes_maximum, set, Unchanged{}); return;
    case D::sizes_maximum_exclusive:          start.then(C::sizes_maximum, set, filters(below_maximum)); return;
    case D::sizes_maximum_of_base:            start.then(C::sizes_maximum, set, filters(base_within_maximum)); return;
    case D::sizes_mixed_unfiltered:           start.then(C::sizes_mixed, set, Unchanged{}); return;
    case D::sizes_mixed_none:                 start.also_then(C::sizes_mixed, leaves(every_pair & ~mixed_16m)); return;
    case D::sizes_mixed_in_64k_only:          start.also_then(C::sizes_mixed, leaves(every_pair & ~bit_of(2))); return;
    case D::sizes_backing_shrinks:            start.also_then(C::sizes_same, shrinks_to_backing); return;
    case D::sizes_kvm_keeps_mixed:            start.also_then(C::sizes_same, keeps_mixed); return;

    case D::enter_size_unfiltered:            accepts_also(asked_for_any_of(every_pair)); return;
    case D::enter_size_takes_mixed:           accepts_also(asked_for_any_of(bit_of(1))); return;
    case D::enter_size_unchecked:
    case D::enter_size_is_h_not_found:
      for (auto* list : {&enter, &after}) list->answer(C::enter_size_refused, answers(deviation == D::enter_size_unchecked ? H_SUCCESS : H_NOT_FOUND));
      return;
    case D::enter_size_refuses_mixed:         refuses_also(asked_for_any_of(mixed_16m)); return;
    case D::enter_size_sees_all_of_lp:        refuses_also(high_lp_of_64k); return;

    case D::migration_unchecked:              migrate.never(C::migration_loses); keeps_what_it_has(); return;
    case D::migration_default_assumed:
      keeps_what_it_has();
      migrate.before(C::migration_loses, must(C::migration_loses, and_(unsent, arrives_below_default), answers(refused), Unchanged{}));
      migrate.before(C::migration_loses, must(C::migration_loses, unsent, answers(started), Unchanged{}));
      return;
    case D::migration_compares_backwards:
      keeps_what_it_has();
      migrate.never(C::migration_loses);
      migrate.before(C::migration_differs, must(C::migration_loses, arrives_smaller, answers(refused), Unchanged{}));
      return;
    case D::migration_refuses_other_backing:  migrate.before(C::migration_accepted, must(C::migration_accepted, other_backing, answers(refused), Unchanged{})); return;
    case D::migration_refuses_large:          migrate.before(C::migration_accepted, must(C::migration_accepted, above(16), answers(refused), Unchanged{})); return;
    case D::migration_forgets_16m:            after.before(C::migration_keeps, must(C::migration_keeps, asked_for_any_of(of_16m), answers(H_PARAMETER), Unchanged{})); return;
    case D::migration_resets_to_4k:           after.before(C::migration_keeps, must(C::migration_keeps, no(asked_for_any_of(bit_of(0))), answers(H_PARAMETER), Unchanged{})); return;

    default: return;
  }
  // clang-format on
}

template <class Domain>
PageSizeRules<Domain> page_size_rules(const Deviations& deviations) {
  auto all = page_size_specification<Domain>();
  deviations.for_each([&](Deviation deviation) { deviate(all, deviation); });
  return all;
}

}  // namespace hptck::machines
