// Every word of a configuration is free but for what makes it one: the maximum is any 64-bit number, the host
// any that could be. So the proofs are about all hosts and all maxima, not about those that are enumerated
// (configuration_space.h compares those). What is claimed of page sizes is said of the pairs one by one, as
// they are listed below once more, and not with the masks and lambdas of the rows.
#include "model/proofs/capability_obligations.h"

#include <cassert>
#include <utility>

#include "model/machines/deviations.h"
#include "model/machines/facts.h"
#include "model/proofs/claims.h"

namespace hptck {
namespace {

namespace page_rows = machines::rows;
using namespace status;
using machines::Accelerator;
using machines::Arrival;
using machines::Configuration;
using machines::Form;
using machines::refused;
using machines::Scheme;
using machines::started;
using symbolic::Bool;
using C = Clause;
using D = Deviation;
using Facts = SymbolicFacts;
using Machine = machines::Machine<Symbolic>;
using Probe = machines::Probe<Symbolic>;
using W8 = symbolic::Word<8>;
using W64 = symbolic::Word<64>;
using Queries = std::vector<Query>;

struct Listed {
  unsigned base, actual, lp, lp_mask;
};
constexpr Listed listed[] = {{12, 12, 0, 0},    {12, 16, 7, 0x0f}, {12, 24, 0x38, 0xff}, {16, 16, 1, 0x0f},
                             {16, 24, 8, 0xff}, {24, 24, 0, 0xff}, {34, 34, 3, 0xff}};
constexpr std::size_t count = std::size(listed);

template <class... More>
Bool all(const Bool& first, const More&... more) {
  Bool result = first;
  ((result = both(result, more)), ...);
  return result;
}
Bool implies(const Bool& a, const Bool& b) { return either(negate(a), b); }
Bool is(const W8& word, auto value) { return eq(word, lit(value)); }
Bool at_most(const W8& word, unsigned bound) { return ult(word, lit(bound + 1)); }
Bool has(const W8& mask, std::size_t pair) { return any_bit(mask, lit(std::uint64_t{1} << pair)); }
Bool subset(const W8& a, const W8& b) { return eq(and_bits(a, complement(b)), lit(0)); }

bool listed_as_in_the_rows() {
  for (std::size_t i = 0; i < count; ++i)
    if (machines::pairs[i].base != listed[i].base || machines::pairs[i].actual != listed[i].actual)
      return false;
  return count == machines::pairs.size();
}

// One configuration, answered with `started`.
struct Run {
  Facts facts;
  Walked<Symbolic, Machine> walked;

  const Bool& starts() const { return walked.accepted; }
  const Machine& machine() const { return walked.next; }
};
W64 code(const World& w, std::int64_t value) { return constant(w.word<64>("answer"), lit(value)); }
Walked<Symbolic, Machine> answered(const World& w, const Facts& facts, std::int64_t answer) {
  return walk_all(w.pages.start, machines::nothing_yet(facts), facts, code(w, answer));
}
Run run(const World& w, const Facts& facts) { return {facts, answered(w, facts, started)}; }
Run any_run(const World& w, const std::string& name) { return run(w, any_facts(w, name)); }
Bool is_one(const Run& one) { return both(is_configuration(one.facts), one.starts()); }

Bool kvm(const Facts& f) { return negate(is(f.accelerator, Accelerator::tcg)); }
Bool same_option(const Facts& a, const Facts& b) {
  return all(eq(a.form, b.form), eq(a.bytes, b.bytes), eq(a.number, b.number));
}
Bool same_definition(const Facts& a, const Facts& b) {
  return all(eq(a.scheme, b.scheme), eq(a.processor, b.processor), same_option(a, b));
}
// Everything that a guest can find out.
Bool same_view(const Machine& a, const Machine& b) {
  auto same = both(eq(a.sizes, b.sizes), eq(a.written, b.written));
  for (std::size_t i = 0; i < a.lp.size(); ++i) same = both(same, eq(a.lp[i], b.lp[i]));
  for (std::size_t i = 0; i < a.slb.size(); ++i) same = both(same, eq(a.slb[i], b.slb[i]));
  return same;
}

Query shown_as_lines(Query query, std::vector<Facts> facts, std::string between) {
  query.shown = [facts = std::move(facts), between = std::move(between)](const z3::model& model) {
    std::string text;
    for (const auto& one : facts)
      text += (text.empty() ? "" : between) + text_of(configuration_of(model, one));
    return text;
  };
  return query;
}
Query claim_of(std::string about, const Bool& hypothesis, const Bool& conclusion, std::vector<Facts> facts,
               std::string between = " and ") {
  return shown_as_lines(claim(std::move(about), hypothesis, conclusion), std::move(facts),
                        std::move(between));
}
Query witness_of(std::string about, const Bool& formula, std::vector<Facts> facts,
                 std::string between = " and ") {
  return shown_as_lines(witness(std::move(about), formula), std::move(facts), std::move(between));
}

// --- The rows are sound.

Queries every_configuration_starts_or_is_refused(World& w) {
  const auto f = any_facts(w, "");
  const auto valid = is_configuration(f);
  const auto up = answered(w, f, started).accepted, down = answered(w, f, refused).accepted;
  const auto open = either(is(f.form, Form::unusual), both(kvm(f), ult(f.kernel, lit(16))));
  return {claim_of("one of the two is allowed", valid, either(up, down), {f}),
          claim_of("both are where a size is oddly written, or a kernel's pages are small",
                   both(valid, both(up, down)), open, {f}),
          witness_of("some start", both(valid, up), {f}),
          witness_of("some are refused", both(valid, down), {f})};
}

Queries no_page_size_row_is_shadowed(World& w) {
  Queries queries;
  const auto f = any_facts(w, "");
  const auto up = answered(w, f, started), down = answered(w, f, refused);
  std::size_t i = 0;
  for (const auto& row : w.pages.start) {
    const bool refuses = row.kind != RowKind::effect && row.allowed.allow(refused);
    queries.push_back(witness_of("row " + std::to_string(i) + ": " + std::string(id_of(row.clause)),
                                 both(is_configuration(f), refuses ? down.fired[i] : up.fired[i]), {f}));
    ++i;
  }
  return queries;
}

// --- The series' promise.

Queries the_newer_scheme_shows_the_same_whatever_lies_beneath(World& w) {
  const auto a = any_run(w, "a."), b = any_run(w, "b.");
  const auto alike =
      all(is_one(a), is_one(b), is(a.facts.scheme, Scheme::newer), same_definition(a.facts, b.facts));
  return {
      claim_of("of two that differ in accelerator, backing and host only, the view is the same", alike,
               same_view(a.machine(), b.machine()), {a.facts, b.facts}),
      claim_of("and so is the maximum, and whether it is warned of", alike,
               both(eq(a.machine().maximum, b.machine().maximum), eq(a.machine().warned, b.machine().warned)),
               {a.facts, b.facts}),
      witness_of("there are two such with another accelerator and another backing",
                 all(alike, negate(eq(a.facts.accelerator, b.facts.accelerator)),
                     negate(eq(a.facts.backing, b.facts.backing))),
                 {a.facts, b.facts})};
}

// The counterexample that motivated the series, first as it was met, then with nothing changed but the pages
// that back the memory.
Queries the_older_scheme_shows_what_lies_beneath(World& w) {
  const auto a = any_run(w, "a."), b = any_run(w, "b.");
  const auto linux_hv = [&](const Facts& f) {
    const std::uint8_t usual = 0x3d;  // all but 64 KiB pages in 4 KiB segments, and 16 GiB
    return all(is(f.accelerator, Accelerator::kvm_hv), is(f.contiguous, 1u), is(f.terabyte, 1u),
               is(f.slb_entries, 32u), is(f.kernel, 16u), is(f.host_pairs, usual), is(f.host_shapes, usual));
  };
  const auto alike = all(is_one(a), is_one(b), is(a.facts.scheme, Scheme::older),
                         is(a.facts.form, Form::absent), same_definition(a.facts, b.facts));
  const auto other = negate(eq(a.machine().sizes, b.machine().sizes));
  return {witness_of("TCG and KVM HV show a guest other page sizes",
                     all(alike, other, is(a.facts.accelerator, Accelerator::tcg), linux_hv(b.facts),
                         is(b.facts.backing, 16u), is(a.facts.backing, 16u)),
                     {a.facts, b.facts}),
          witness_of("so does KVM HV with other pages behind the memory",
                     all(alike, other, linux_hv(a.facts), linux_hv(b.facts), is(a.facts.backing, 16u),
                         is(b.facts.backing, 24u)),
                     {a.facts, b.facts})};
}

Queries a_host_refuses_and_never_changes(World& w) {
  const auto a = any_run(w, "a.");
  auto without = a.facts;
  without.accelerator = constant(without.accelerator, lit(Accelerator::tcg));
  const auto b = run(w, without);
  return {claim_of("what starts with KVM starts without", all(is_one(a), is(a.facts.scheme, Scheme::newer)),
                   b.starts(), {a.facts}),
          witness_of("something starts without and not with",
                     all(is_configuration(a.facts), b.starts(),
                         negate(either(a.starts(), answered(w, a.facts, started).accepted))),
                     {a.facts})};
}

Queries a_host_has_what_is_advertised(World& w) {
  Queries queries;
  const auto a = any_run(w, "");
  const auto contiguous = all(is_one(a), kvm(a.facts), is(a.facts.contiguous, 1u));
  for (std::size_t i = 0; i < count; ++i) {
    const auto name = std::to_string(listed[i].actual) + " in " + std::to_string(listed[i].base);
    queries.push_back(claim_of("2^" + name + ": contiguous memory is there",
                               both(contiguous, has(a.machine().sizes, i)),
                               negate(ult(a.facts.backing, lit(listed[i].actual))), {a.facts}));
  }
  queries.push_back(claim_of("with KVM, the host has every pair with its encoding",
                             both(is_one(a), kvm(a.facts)), subset(a.machine().sizes, a.facts.host_pairs),
                             {a.facts}));
  queries.push_back(claim_of("and 1 TiB segments, and 32 SLB entries", both(is_one(a), kvm(a.facts)),
                             both(is(a.facts.terabyte, 1u), negate(ult(a.facts.slb_entries, lit(32)))),
                             {a.facts}));
  const auto no_16g = negate(has(a.facts.host_pairs, 6));
  queries.push_back(claim_of("a KVM without 16 GiB pages, as Linux's, starts nothing of 16 GiB and more",
                             all(is_one(a), kvm(a.facts), no_16g), ult(a.machine().maximum, lit(34)),
                             {a.facts}));
  return queries;
}

// --- The filter.

Queries filtering_is_monotone_in_the_maximum(World& w) {
  const auto a = any_run(w, "a."), b = any_run(w, "b.");
  const auto given = [](const Run& one) { return is(one.facts.form, Form::size); };
  const auto ordered =
      all(is_one(a), is_one(b), given(a), given(b), negate(ult(b.facts.bytes, a.facts.bytes)),
          eq(a.facts.scheme, b.facts.scheme), eq(a.facts.processor, b.facts.processor));
  return {claim_of("a larger maximum takes no page size away", ordered,
                   subset(a.machine().sizes, b.machine().sizes), {a.facts, b.facts}),
          witness_of("and may give some", both(ordered, negate(eq(a.machine().sizes, b.machine().sizes))),
                     {a.facts, b.facts})};
}

Queries nothing_but_what_the_filter_leaves_is_advertised(World& w) {
  Queries queries;
  const auto a = any_run(w, "");
  for (std::size_t i = 0; i < count; ++i) {
    const auto& pair = listed[i];
    const auto name = "2^" + std::to_string(pair.actual) + " in 2^" + std::to_string(pair.base);
    const bool mixed = pair.actual != pair.base && pair.actual != 24;
    const auto left = mixed ? w.truth(false) : negate(ult(a.machine().maximum, lit(pair.actual)));
    queries.push_back(claim_of(
        name + (mixed ? ": never" : ": where the maximum allows it, and only there"), is_one(a),
        both(implies(left, has(a.machine().sizes, i)), implies(has(a.machine().sizes, i), left)), {a.facts}));
  }
  queries.push_back(
      claim_of("so every machine has 4 KiB pages", is_one(a), has(a.machine().sizes, 0), {a.facts}));
  return queries;
}

// --- H_ENTER.

Probe any_probe(const World& w) {
  return {w.word<8>("probe.large"), w.word<8>("probe.lp"), w.word<64>("probe.memory"),
          w.word<8>("probe.destination"), w.word<8>("probe.older")};
}
// That a guest which goes by the property may ask for it: by the encodings as they are written there.
Bool advertised(const World& w, const Machine& machine, const Probe& probe) {
  auto any = w.truth(false);
  for (std::size_t i = 0; i < count; ++i) {
    const auto asked =
        listed[i].actual == 12
            ? is(probe.large, 0u)
            : both(negate(is(probe.large, 0u)),
                   eq(only_bits(xor_bits(probe.lp, machine.lp[i]), lit(listed[i].lp_mask)), lit(0)));
    any = either(any, both(has(machine.sizes, i), asked));
  }
  return any;
}
Bool roomy(const Probe& probe) { return negate(ult(probe.memory, lit(std::uint64_t{1} << 34))); }

Queries h_enter_accepts_what_is_advertised_and_nothing_else(World& w) {
  const auto a = any_run(w, "");
  const auto probe = any_probe(w);
  const auto says = [&](std::int64_t status) {
    return walk_all(w.pages.enter, a.machine(), probe, code(w, status)).accepted;
  };
  const auto there = advertised(w, a.machine(), probe);
  const auto asked = both(is_one(a), roomy(probe));
  return {claim_of("advertised: H_SUCCESS is right", both(asked, there), says(H_SUCCESS), {a.facts}),
          claim_of("and H_PARAMETER is wrong", both(asked, there), negate(says(H_PARAMETER)), {a.facts}),
          claim_of("not advertised: H_PARAMETER is right", both(asked, negate(there)), says(H_PARAMETER),
                   {a.facts}),
          claim_of("and H_SUCCESS is wrong", both(asked, negate(there)), negate(says(H_SUCCESS)), {a.facts}),
          claim_of("also where the memory is small", both(is_one(a), negate(there)), negate(says(H_SUCCESS)),
                   {a.facts})};
}

// --- Migration.

struct Migration {
  Run from, to;
  Bool newer, accepted;
};
Migration any_migration(const World& w) {
  const auto from = any_run(w, "from."), to = any_run(w, "to.");
  const auto& f = from.facts;
  const auto& t = to.facts;
  const auto bit = [&](const Bool& b) { return ite(b, constant(f.form, lit(1)), constant(f.form, lit(0))); };
  const auto newer = either(is(f.scheme, Scheme::newer), is(t.scheme, Scheme::newer));
  // What a machine type is beyond its scheme is free; two that are the same are of one scheme.
  const auto same_type = both(w.bit("same machine type"), eq(f.scheme, t.scheme));
  const Arrival<Symbolic> arrival{
      bit(all(same_type, eq(f.processor, t.processor), eq(f.accelerator, t.accelerator))),
      bit(negate(newer)),
      bit(both(w.bit("from 3.0 to 4.0"), is(f.scheme, Scheme::newer))),
      bit(eq(f.backing, t.backing)),
      to.machine().maximum,
      to.machine().sizes};
  const auto walked = walk_all(w.pages.migrate, from.machine(), arrival, code(w, started));
  return {from, to, newer, all(is_one(from), is_one(to), walked.accepted)};
}

Queries a_migration_is_refused_or_keeps_the_view(World& w) {
  const auto m = any_migration(w);
  const auto &from = m.from.machine(), &to = m.to.machine();
  const auto goes = both(m.accepted, m.newer);
  auto probe = any_probe(w);
  probe.destination = to.sizes;
  probe.older = constant(probe.older, lit(0));
  const auto refuses = walk_all(w.pages.enter_after, from, probe, code(w, H_PARAMETER)).accepted;
  const std::vector<Facts> facts{m.from.facts, m.to.facts};
  return {
      claim_of("what was advertised is advertised there", goes, subset(from.sizes, to.sizes), facts, " -> "),
      claim_of("and H_ENTER takes it", all(goes, roomy(probe), advertised(w, from, probe)), negate(refuses),
               facts, " -> "),
      claim_of("with the same maximum, nothing at all has changed", both(goes, eq(from.maximum, to.maximum)),
               same_view(from, to), facts, " -> "),
      witness_of("there is one between two accelerators",
                 both(goes, negate(eq(m.from.facts.accelerator, m.to.facts.accelerator))), facts, " -> ")};
}

Queries a_migration_may_add_page_sizes(World& w) {
  const auto m = any_migration(w);
  return {witness_of("a destination accepts that offers more than the guest was told",
                     all(m.accepted, m.newer, negate(eq(m.from.machine().sizes, m.to.machine().sizes))),
                     {m.from.facts, m.to.facts}, " -> ")};
}

Queries a_migration_of_the_older_scheme_may_lose(World& w) {
  const auto m = any_migration(w);
  return {witness_of(
      "a guest of the older scheme arrives where a page size that it was told of is not there",
      all(m.accepted, negate(m.newer), is(m.from.facts.form, Form::absent), is(m.to.facts.form, Form::absent),
          negate(subset(m.from.machine().sizes, m.to.machine().sizes))),
      {m.from.facts, m.to.facts}, " -> ")};
}

}  // namespace

SymbolicFacts any_facts(const World& w, const std::string& name) {
  const auto word = [&](const char* field) { return w.word<8>(name + field); };
  return {word("scheme"),
          word("processor"),
          word("form"),
          w.word<64>(name + "bytes"),
          w.word<64>(name + "number"),
          word("accelerator"),
          word("backing"),
          word("contiguous"),
          word("terabyte"),
          word("slb_entries"),
          word("kernel"),
          word("host_pairs"),
          word("host_shapes")};
}

Bool is_configuration(const Facts& f) {
  const auto sizeless = either(is(f.form, Form::absent), is(f.form, Form::malformed));
  return all(at_most(f.scheme, 1), at_most(f.processor, 3), at_most(f.form, 3), at_most(f.accelerator, 2),
             at_most(f.contiguous, 1), at_most(f.terabyte, 1), at_most(f.backing, 40),
             negate(ult(f.backing, lit(12))), at_most(f.kernel, 16), negate(ult(f.kernel, lit(12))),
             at_most(f.host_shapes, 127), subset(f.host_pairs, f.host_shapes),
             implies(sizeless, both(eq(f.bytes, lit(0)), eq(f.number, lit(0)))));
}

Configuration configuration_of(const z3::model& model, const Facts& f) {
  const auto value = [&](const auto& word) { return model.eval(raw(word), true).get_numeral_uint64(); };
  Configuration c;
  c.machine = value(f.scheme) == 0 ? "pseries-2.12" : "pseries-7.2";
  c.processor = static_cast<machines::Processor>(value(f.processor));
  switch (static_cast<Form>(value(f.form))) {
    case Form::absent:
      break;
    case Form::size:
      c.maximum = std::to_string(value(f.bytes));
      break;
    case Form::unusual:
      c.maximum = fmt::format("{:#x}", value(f.bytes));
      break;
    default:
      c.maximum = "abc";
  }
  c.accelerator = static_cast<Accelerator>(value(f.accelerator));
  c.backing_shift = static_cast<std::uint8_t>(value(f.backing));
  if (c.accelerator == Accelerator::tcg) return c;
  c.host = {value(f.contiguous) == 1, value(f.terabyte) == 1, static_cast<std::uint8_t>(value(f.slb_entries)),
            static_cast<std::uint8_t>(value(f.kernel)),
            machines::environment_with(static_cast<std::uint8_t>(value(f.host_shapes)))};
  const auto right = value(f.host_pairs);
  for (auto& segment : c.host.sizes.segments)
    for (auto& size : segment.sizes)
      for (std::size_t i = 0; i < count; ++i)
        if (listed[i].base == segment.shift && listed[i].actual == size.shift && (right >> i & 1) == 0)
          size.encoding ^= 0x2;
  return c;
}

std::vector<Obligation> capability_obligations() {
  assert(listed_as_in_the_rows());
  // clang-format off
  const auto filter_is_backwards = edited("filter_is_backwards", [](World& w) { w.pages.start.then(C::sizes_maximum, RowKind::effect, page_rows::filters([](const auto& s, const machines::Pair& pair) { return either(eq(s.maximum, lit(pair.actual)), negate(ult(lit(pair.actual), s.maximum))); })); });
  const auto filter_leaves_the_maximum_only = edited("filter_leaves_the_maximum_only", [](World& w) { w.pages.start.then(C::sizes_maximum, RowKind::effect, page_rows::filters([](const auto& s, const machines::Pair& pair) { return eq(s.maximum, lit(pair.actual)); })); });
  const auto older_is_left_out = edited("older_is_left_out", [](World& w) { w.pages.migrate.remove(C::migration_older); });
  return {
    {"every_configuration_starts_or_is_refused", "Of every configuration it is said that it starts or that it is refused, and both only where a permission leaves it open.",
     {C::machine_starts, C::option_spelling, C::host_inhibited}, every_configuration_starts_or_is_refused,
     {edited("nothing_starts", [](World& w) { w.pages.start.remove(C::machine_starts); }),
      edited("backing_may_be_too_small", [](World& w) { w.pages.start.before(C::host_backing, may(C::host_backing, page_rows::contiguous, answers(refused), Unchanged{})); })}},
    {"no_page_size_row_is_shadowed", "Each row about configurations decides or changes something in some configuration.",
     {C::option_form, C::option_power_of_two, C::option_minimum, C::option_warning, C::host_backing, C::host_segments, C::host_page_sizes, C::host_inhibited}, no_page_size_row_is_shadowed,
     {edited("minimum_before_form", [](World& w) { w.pages.start.before(C::option_form, must(C::option_minimum, page_rows::below(12), answers(refused), Unchanged{})); }),
      edited("starts_before_host", [](World& w) { w.pages.start.before(C::host_page_sizes, must(C::machine_starts, Always{}, answers(started), Unchanged{})); })}},
    {"the_newer_scheme_shows_the_same_whatever_lies_beneath", "Two accepted configurations of the newer scheme that differ in accelerator, backing and host only show the guest the same page sizes, with the same encodings.",
     {C::sizes_same, C::maximum_given, C::maximum_default, C::host_backing, C::host_page_sizes}, the_newer_scheme_shows_the_same_whatever_lies_beneath,
     seeds(D::maximum_default_follows_backing, D::host_backing_caps, D::host_page_sizes_shrink, D::sizes_backing_shrinks, D::sizes_kvm_keeps_mixed)},
    {"the_older_scheme_shows_what_lies_beneath", "Machine types of the older scheme do not: the counterexample that motivated the series.",
     {C::maximum_older}, the_older_scheme_shows_what_lies_beneath, seeds(D::maximum_older_is_64k)},
    {"a_host_refuses_and_never_changes", "What starts with KVM starts without it, and the other way round it may be refused.",
     {C::host_backing, C::host_segments, C::host_page_sizes}, a_host_refuses_and_never_changes,
     {edited("tcg_refuses_16m", [](World& w) { w.pages.start.before(C::machine_starts, must(C::machine_starts, page_rows::and_(page_rows::no(page_rows::kvm), page_rows::no(page_rows::below(24))), answers(refused), Unchanged{})); })}},
    {"a_host_has_what_is_advertised", "With KVM, every page size advertised is one that the host has with its encodings, and, where guest pages have to be contiguous, one that the memory is backed for.",
     {C::host_backing, C::host_segments, C::host_page_sizes}, a_host_has_what_is_advertised,
     seeds(D::host_backing_unchecked, D::host_backing_of_kernel, D::host_terabyte_unchecked, D::host_slb_unchecked, D::host_page_sizes_unchecked, D::host_encodings_unchecked)},
    {"filtering_is_monotone_in_the_maximum", "Of two accepted configurations the one with the larger maximum has every page size of the other.",
     {C::sizes_maximum, C::sizes_mixed}, filtering_is_monotone_in_the_maximum, {filter_is_backwards, filter_leaves_the_maximum_only}},
    {"nothing_but_what_the_filter_leaves_is_advertised", "A pair of base and actual size is advertised where both limits leave it, and only there.",
     {C::sizes_processor, C::sizes_maximum, C::sizes_mixed, C::option_minimum}, nothing_but_what_the_filter_leaves_is_advertised,
     seeds(D::sizes_maximum_unfiltered, D::sizes_maximum_exclusive, D::sizes_maximum_of_base, D::sizes_mixed_unfiltered, D::sizes_mixed_none, D::sizes_mixed_in_64k_only, D::sizes_lack_64k, D::sizes_lack_16g, D::option_minimum_unchecked)},
    {"h_enter_accepts_what_is_advertised_and_nothing_else", "A page-size encoding that the property gives is accepted by H_ENTER, and one that it does not give is refused.",
     {C::enter_size_accepted, C::enter_size_refused, C::sizes_encoding}, h_enter_accepts_what_is_advertised_and_nothing_else,
     seeds(D::enter_size_unfiltered, D::enter_size_takes_mixed, D::enter_size_unchecked, D::enter_size_is_h_not_found, D::enter_size_refuses_mixed, D::enter_size_sees_all_of_lp, D::sizes_encoding_of_64k)},
    {"a_migration_is_refused_or_keeps_the_view", "A migration between two accepted configurations, one of them of the newer scheme, is refused or leaves everything true that the guest was told; with equal maxima it changes nothing.",
     {C::migration_loses, C::migration_accepted, C::migration_keeps}, a_migration_is_refused_or_keeps_the_view,
     seeds(D::migration_unchecked, D::migration_default_assumed, D::migration_compares_backwards, D::migration_forgets_16m, D::migration_resets_to_4k)},
    {"a_migration_may_add_page_sizes", "A destination that offers more may accept (A23).",
     {C::migration_differs}, a_migration_may_add_page_sizes,
     {edited("what_differs_is_refused", [](World& w) { w.pages.migrate.before(C::migration_differs, must(C::migration_differs, page_rows::other_maximum, answers(refused), Unchanged{})); })}},
    {"a_migration_of_the_older_scheme_may_lose", "Of the older scheme nothing keeps a guest from arriving where page sizes are missing (A25).",
     {C::migration_older}, a_migration_of_the_older_scheme_may_lose, {older_is_left_out}},
  };
  // clang-format on
}

}  // namespace hptck
