// Everything is quantified over in full: what stands in the slot, valid or not, every argument, the answer
// and what was returned. There is no invariant, because any two doublewords may stand in a slot; and nothing
// is said of two slots, because no row looks at two. What concerns several is said of each.
//
// Nothing that is claimed is said with the words of the rows (slot_rows::alike, other_page) where it can be
// said of the bits: a claim that quotes its row proves that the row is itself.
#include "model/proofs/slot_obligations.h"

#include <algorithm>
#include <utility>

#include "model/framework/generic_walk.h"
#include "model/proofs/claims.h"
#include "model/table/slot_deviations.h"

namespace hptck {
namespace {

using namespace status;
using hashing::HPTE_LARGE;
using symbolic::Bool;
using C = Clause;
using D = Deviation;
using E = Slot<Symbolic>;
using Asked = SlotCall<Symbolic>;
using List = SlotList<Symbolic>;
using W8 = symbolic::Word<8>;
using W64 = symbolic::Word<64>;
using Queries = std::vector<Query>;

// The fields, as they are counted in LoPAR: once more, so that a slip in the rows' masks shows.
constexpr std::uint64_t software_57_58 = 3u << 5, avpn_field = ~((1ull << 7) - 1);
constexpr std::uint64_t pp_and_n = 7, reference = 1u << 8, wimg = 0xf << 3;

// One answered call.
struct Answered {
  E s;
  Asked call;
  W64 code;
  Walked<Symbolic, E> walked;

  const E& next() const { return walked.next; }
  const Bool& given() const { return walked.accepted; }
  Bool says(std::int64_t status) const { return eq(code, lit(status)); }
  Bool succeeds() const { return both(given(), says(H_SUCCESS)); }
};

E entry(const World& w, const std::string& name) {
  return {w.word<64>(name + ".high"), w.word<64>(name + ".low")};
}
Asked any_call(const World& w, const std::string& name = "") {
  return {w.bit(name + "within"), w.word<64>(name + "flags"), w.word<64>(name + "avpn"),
          entry(w, name + "entered"), entry(w, name + "returned")};
}
Answered answered(const List& list, const E& s, const Asked& call, const W64& code) {
  return {s, call, code, walk_all(list, s, call, code)};
}
Answered answered(const World& w, const List& list) {
  return answered(list, entry(w, "slot"), any_call(w), w.word<64>("answer"));
}
W64 status_word(const World& w, std::int64_t status) { return constant(w.word<64>("answer"), lit(status)); }

Bool valid(const E& e) { return any_bit(e.high, lit(HPTE_VALID)); }
Bool same(const E& a, const E& b) { return both(eq(a.high, b.high), eq(a.low, b.low)); }
/// That the words differ in none but these bits.
Bool same_but(const W64& a, const W64& b, std::uint64_t mask) {
  return negate(any_bit(xor_bits(a, b), lit(~mask)));
}
Bool asks(const Asked& call, std::uint64_t flag) { return any_bit(call.flags, lit(flag)); }
Bool with_neither(const Asked& call) { return negate(asks(call, H_AVPN | H_ANDCOND)); }
Bool of_this_page(const E& s, const Asked& call) { return eq(only_bits(s.high, lit(avpn_field)), call.avpn); }
/// That the page sizes are known: L is clear, or LP is a listed encoding.
Bool listed(const E& e) { return negate(eq(hashing::base_shift_of(e), lit(0))); }
/// H_READ's judgement: that `shown` may be shown of a slot that holds `held`.
Bool shows(const World& w, const E& held, const E& shown) {
  auto call = any_call(w);
  call.returned = shown;
  return walk_all(w.slots.read, held, call, status_word(w, H_SUCCESS)).accepted;
}

const auto lists = SlotRules<Symbolic>::lists();
const auto removing = std::array{lists[4], lists[6]};

// --- The rows are sound.

// Outputs are the slot's own words, which suit whatever stands there. H_ENTER without Exact has an answer if
// every slot of the HPTEG can be passed over, or one can be chosen.
Queries every_slot_has_an_allowed_answer(World& w) {
  Queries queries;
  const auto s = entry(w, "slot");
  auto call = any_call(w);
  call.returned = s;
  const auto says = [&](const List& list, std::int64_t status) {
    return walk_all(list, s, call, status_word(w, status)).accepted;
  };
  for (const auto& [name, list] : lists) {
    if (list == &SlotRules<Symbolic>::enter_chosen || list == &SlotRules<Symbolic>::enter_passed) continue;
    const auto& rows = w.slots.*list;
    queries.push_back(claim(std::string(name) + ": other than H_HARDWARE and H_BUSY", w.truth(),
                            any(says(rows, H_SUCCESS), says(rows, H_PARAMETER), says(rows, H_PTEG_FULL),
                                says(rows, H_NOT_FOUND))));
  }
  const auto chosen = says(w.slots.enter_chosen, H_SUCCESS);
  const auto passed = says(w.slots.enter_passed, H_PTEG_FULL);
  queries.push_back(claim("H_ENTER: a slot of the table can be chosen, or is in the way; never both",
                          call.within, both(either(chosen, passed), negate(both(chosen, passed)))));
  queries.push_back(claim("H_ENTER: whatever slot was chosen, the others do not object", chosen,
                          both(says(w.slots.enter_passed, H_SUCCESS), says(w.slots.enter, H_SUCCESS))));
  queries.push_back(claim(
      "H_ENTER: beyond the table both say H_PARAMETER, and nothing else", negate(call.within),
      all(says(w.slots.enter_passed, H_PARAMETER), says(w.slots.enter_chosen, H_PARAMETER), negate(chosen),
          negate(passed), negate(says(w.slots.enter, H_SUCCESS)), negate(says(w.slots.enter, H_PTEG_FULL)))));
  return queries;
}

Queries an_answer_of_a_slot_has_one_outcome(World& w) {
  Queries queries;
  for (const auto& [name, list] : lists) {
    const auto first = answered(w, w.slots.*list);
    const auto other = walk_choosing(w.slots.*list, first.s, first.call, first.code, [&](std::size_t i) {
      return w.bit("passed over " + std::to_string(i));
    });
    queries.push_back(claim(std::string(name) + ": whether or not a row that may apply is passed over",
                            both(first.given(), other.accepted), same(first.next(), other.next)));
  }
  return queries;
}

Queries no_slot_row_is_shadowed(World& w) {
  Queries queries;
  for (const auto& [name, list] : lists) {
    const auto x = answered(w, w.slots.*list);
    std::size_t i = 0;
    for (const auto& row : w.slots.*list) {
      const auto about =
          std::string(name) + ", row " + std::to_string(i) + ": " + std::string(id_of(row.clause));
      const bool refuses_only = row.allowed.count == 0;
      queries.push_back(witness(about + (refuses_only ? " refuses" : " answers"),
                                refuses_only ? x.walked.ended[i] : x.walked.fired[i]));
      ++i;
    }
  }
  return queries;
}

Queries only_h_success_changes_a_slot(World& w) {
  Queries queries;
  for (const auto& [name, list] : lists) {
    const auto x = answered(w, w.slots.*list);
    queries.push_back(claim(name, both(x.given(), negate(x.says(H_SUCCESS))), same(x.next(), x.s)));
  }
  const auto read = answered(w, w.slots.read);
  queries.push_back(claim("H_READ with H_SUCCESS does not either", read.given(), same(read.next(), read.s)));
  const auto passed = answered(w, w.slots.enter_passed);
  queries.push_back(
      claim("H_ENTER of a slot passed over does not either", passed.given(), same(passed.next(), passed.s)));
  return queries;
}

// --- H_ENTER and H_READ.

Queries h_enter_never_overwrites_a_valid_hpte(World& w) {
  const auto exact = answered(w, w.slots.enter), chosen = answered(w, w.slots.enter_chosen),
             passed = answered(w, w.slots.enter_passed);
  const auto stands = valid(exact.s);
  return {claim("exact", both(exact.given(), stands), same(exact.next(), exact.s)),
          claim("chosen", both(chosen.given(), stands), same(chosen.next(), chosen.s)),
          claim("passed over", both(passed.given(), stands), same(passed.next(), passed.s)),
          claim("nor does it say so", stands, both(negate(exact.succeeds()), negate(chosen.succeeds()))),
          claim("exact: H_PTEG_FULL only where a valid HPTE stands",
                both(exact.given(), exact.says(H_PTEG_FULL)), stands),
          claim("H_PTEG_FULL only where a valid HPTE stands in each slot",
                both(passed.given(), passed.says(H_PTEG_FULL)), stands),
          claim("a plain HPTE is not refused for another reason: H_PARAMETER only beyond the table",
                all(exact.given(), exact.says(H_PARAMETER), slot_rows::plain(exact.s, exact.call)),
                negate(exact.call.within)),
          witness("it may enter one, and be refused", both(exact.given(), stands))};
}

Queries h_enter_puts_the_hpte_there_and_h_read_shows_it(World& w) {
  Queries queries;
  const auto shown = entry(w, "shown");
  for (const auto list : {&SlotRules<Symbolic>::enter, &SlotRules<Symbolic>::enter_chosen}) {
    const auto x = answered(w, w.slots.*list);
    const auto& entered = x.call.entered;
    const std::string name = list == &SlotRules<Symbolic>::enter ? "exact: " : "chosen: ";
    queries.push_back(
        claim(name + "the HPTE entered but for bits 57 and 58", x.succeeds(),
              both(same_but(x.next().high, entered.high, software_57_58), eq(x.next().low, entered.low))));
    const auto read = both(x.succeeds(), shows(w, x.next(), shown));
    queries.push_back(claim(name + "H_READ shows doubleword 0 but for bits 57 and 58, N, PP and WIMG",
                            both(read, valid(entered)),
                            both(same_but(shown.high, entered.high, software_57_58),
                                 same_but(shown.low, entered.low, ~(pp_and_n | wimg)))));
    for (const auto& encoding : hashing::page_encodings) {
      const std::uint64_t mask = std::uint64_t{encoding.mask} << 12, lp = std::uint64_t{encoding.lp} << 12;
      queries.push_back(claim(fmt::format("{}LP {:#04x} is shown as it is", name, encoding.lp),
                              all(read, valid(entered), any_bit(entered.high, lit(HPTE_LARGE)),
                                  eq(only_bits(entered.low, lit(mask)), lit(lp))),
                              eq(only_bits(shown.low, lit(mask)), lit(lp))));
    }
    queries.push_back(claim(name + "without V, nothing valid is shown", both(read, negate(valid(entered))),
                            negate(valid(shown))));
    queries.push_back(
        claim(name + "H_READ may show just what was entered", x.succeeds(), shows(w, x.next(), entered)));
    queries.push_back(witness(name + "it may succeed", both(read, valid(entered))));
  }
  const auto read = answered(w, w.slots.read);
  queries.push_back(
      claim("H_READ of a slot in the table has no other answer", read.given(), read.succeeds()));
  return queries;
}

// --- What may be shown for what.

// An order, and an equivalence as long as the page sizes are known. Under an unlisted encoding of LP any
// other LP may be shown, a listed one too; then not the other way round, and the place is another.
Queries what_may_be_shown_decides_where_it_belongs(World& w) {
  const auto a = entry(w, "a"), b = entry(w, "b"), c = entry(w, "c");
  const auto ptex = w.word<64>("ptex");
  const auto to = w.word<8>("to");
  const auto shown = both(shows(w, a, b), valid(a));
  const auto same_place = eq(hashing::rehashed_ptex(a, ptex, to), hashing::rehashed_ptex(b, ptex, to));
  return {claim("an HPTE may be shown as it is", w.truth(), shows(w, a, a)),
          claim("of a valid HPTE a valid one is shown", shown, valid(b)),
          claim("the page sizes are the same, if known", both(shown, listed(a)),
                eq(hashing::base_shift_of(a), hashing::base_shift_of(b))),
          claim("every rehash is the same, if they are known", both(shown, listed(a)), same_place),
          claim("where an HPTE stands right, the one shown does",
                both(shown, hashing::stands_right(a, ptex, to)), hashing::stands_right(b, ptex, to)),
          claim("both are bolted or neither", shown, iff(hashing::is_bolted(a), hashing::is_bolted(b))),
          claim("each may be shown for the other", both(shows(w, a, b), listed(a)), shows(w, b, a)),
          claim("what may be shown for what is shown may be shown", both(shows(w, a, b), shows(w, b, c)),
                shows(w, a, c)),
          witness("of an unlisted encoding another rehash may be shown",
                  all(shown, negate(listed(a)), negate(same_place))),
          witness("and one for which that encoding may not be shown",
                  all(shown, negate(listed(a)), negate(shows(w, b, a))))};
}

// --- H_REMOVE and H_BULK_REMOVE.

Queries what_is_removed_is_gone_and_was_asked_for(World& w) {
  Queries queries;
  for (const auto& [name, list] : removing) {
    const auto x = answered(w, w.slots.*list);
    const auto about = std::string(name) + ": ";
    const auto removed = both(x.succeeds(), valid(x.s));
    queries.push_back(claim(about + "nothing valid is left", x.succeeds(), negate(valid(x.next()))));
    queries.push_back(claim(about + "with the AVPN flag only what has that AVPN",
                            both(removed, asks(x.call, H_AVPN)), of_this_page(x.s, x.call)));
    queries.push_back(
        claim(about + "with the andcond flag only what has none of the mask's bits above bit 57",
              both(removed, asks(x.call, H_ANDCOND)),
              negate(any_bit(and_bits(x.s.high, x.call.avpn), lit(avpn_field)))));
    queries.push_back(claim(about + "only within the table", x.succeeds(), x.call.within));
    queries.push_back(witness(about + "with either flag something may be removed",
                              all(removed, asks(x.call, H_AVPN), negate(asks(x.call, H_ANDCOND)))));
    queries.push_back(witness(about + "under a mask too", both(removed, asks(x.call, H_ANDCOND))));
  }
  const auto x = answered(w, w.slots.remove);
  queries.push_back(
      claim("H_REMOVE returned it, but for what H_READ may show otherwise", both(x.succeeds(), valid(x.s)),
            all(same_but(x.call.returned.high, x.s.high, software_57_58),
                same_but(x.call.returned.low, x.s.low, ~(pp_and_n | wimg)), shows(w, x.s, x.call.returned))));
  queries.push_back(claim("H_REMOVE returned nothing valid of an empty slot",
                          both(x.succeeds(), negate(valid(x.s))), negate(valid(x.call.returned))));
  return queries;
}

Queries what_is_asked_for_is_removed(World& w) {
  Queries queries;
  for (const auto& [name, list] : removing) {
    const auto x = answered(w, w.slots.*list);
    const auto about = std::string(name) + ": ";
    const auto there = all(x.given(), x.call.within, valid(x.s));
    auto removes = either(x.says(H_SUCCESS), x.says(H_HARDWARE));
    if (list == &SlotRules<Symbolic>::remove) removes = either(removes, x.says(H_BUSY));
    queries.push_back(claim(about + "without flags", both(there, with_neither(x.call)), removes));
    queries.push_back(
        claim(about + "with the right AVPN",
              all(there, asks(x.call, H_AVPN), negate(asks(x.call, H_ANDCOND)), of_this_page(x.s, x.call)),
              removes));
    queries.push_back(claim(about + "with a mask of none of its bits",
                            all(there, asks(x.call, H_ANDCOND), negate(asks(x.call, H_AVPN)),
                                eq(and_bits(with_bits(x.s.high, lit(software_57_58)), x.call.avpn), lit(0))),
                            removes));
    queries.push_back(witness(about + "it can be", both(there, x.says(H_SUCCESS))));
  }
  return queries;
}

// H_REMOVE's outputs are the slot's; H_BULK_REMOVE has none, and cannot say H_BUSY of a request.
Queries a_bulk_request_does_what_h_remove_does(World& w) {
  const auto s = entry(w, "slot");
  auto call = any_call(w);
  call.returned = s;
  const auto code = w.word<64>("answer");
  const auto bulk = answered(w.slots.bulk, s, call, code), remove = answered(w.slots.remove, s, call, code);
  const auto both_flags = both(asks(call, H_AVPN), asks(call, H_ANDCOND));
  const auto possible = both(negate(both_flags), negate(bulk.says(H_BUSY)));
  auto other = call;
  other.returned = entry(w, "other");
  return {claim("without flags, the same answers", both(possible, with_neither(call)),
                iff(bulk.given(), remove.given())),
          claim("without flags, the same is left", all(possible, with_neither(call), bulk.given()),
                same(bulk.next(), remove.next())),
          claim("with one flag, the same answers", possible, iff(bulk.given(), remove.given())),
          claim("with one flag, the same is left", both(possible, bulk.given()),
                same(bulk.next(), remove.next())),
          claim("both flags at once are refused, or H_HARDWARE", both(both_flags, bulk.given()),
                either(bulk.says(H_PARAMETER), bulk.says(H_HARDWARE))),
          claim("what is returned does not matter", bulk.given(),
                walk_all(w.slots.bulk, s, other, code).accepted),
          witness("something may be removed", both(possible, bulk.succeeds()))};
}

Queries entering_and_removing_leaves_what_was(World& w) {
  const auto enter = answered(w.slots.enter, entry(w, "slot"), any_call(w, "enter."), w.word<64>("entering"));
  const auto entered = both(enter.succeeds(), negate(valid(enter.s)));
  const auto remove = answered(w.slots.remove, enter.next(), any_call(w, "remove."), w.word<64>("removing"));
  const auto again = answered(w.slots.enter, remove.next(), enter.call, status_word(w, H_SUCCESS));
  auto faithful = remove.call;
  faithful.returned = enter.call.entered;
  return {
      claim("the slot is invalid again", both(entered, remove.succeeds()), negate(valid(remove.next()))),
      claim("an H_READ cannot tell", all(entered, remove.succeeds(), shows(w, enter.s, entry(w, "shown"))),
            shows(w, remove.next(), entry(w, "shown"))),
      claim("the same can be entered again", both(entered, remove.succeeds()), again.given()),
      claim("an HPTE that was entered may be removed without flags, with its own words returned",
            all(entered, valid(enter.call.entered), remove.call.within, with_neither(remove.call)),
            walk_all(w.slots.remove, enter.next(), faithful, status_word(w, H_SUCCESS)).accepted),
      claim("what is returned then has the page, the place and the protection entered",
            all(entered, remove.succeeds(), valid(enter.call.entered)),
            both(same_but(remove.call.returned.high, enter.call.entered.high, software_57_58),
                 same_but(remove.call.returned.low, enter.call.entered.low, ~(pp_and_n | wimg)))),
      witness("both may succeed", all(entered, remove.succeeds(), valid(enter.call.entered)))};
}

// --- H_PROTECT.

Queries h_protect_changes_n_pp_and_r_only(World& w) {
  const auto x = answered(w, w.slots.protect);
  const auto ptex = w.word<64>("ptex");
  const auto to = w.word<8>("to");
  return {
      claim("doubleword 0 is as it was", x.given(), eq(x.next().high, x.s.high)),
      claim("doubleword 1 is but for N, PP and R", x.given(),
            same_but(x.next().low, x.s.low, pp_and_n | reference)),
      claim("with H_SUCCESS N and PP are those asked for, and R is off", x.succeeds(),
            both(eq(only_bits(x.next().low, lit(pp_and_n)), only_bits(x.call.flags, lit(pp_and_n))),
                 negate(any_bit(x.next().low, lit(reference))))),
      claim("H_SUCCESS is of a valid HPTE, with the AVPN flag of that AVPN", x.succeeds(),
            both(valid(x.s), either(negate(asks(x.call, H_AVPN)), of_this_page(x.s, x.call)))),
      claim("of such a one there is no other answer but H_HARDWARE and H_BUSY",
            all(x.given(), x.call.within, valid(x.s),
                either(negate(asks(x.call, H_AVPN)), of_this_page(x.s, x.call))),
            any(x.says(H_SUCCESS), x.says(H_HARDWARE), x.says(H_BUSY))),
      claim("every rehash is the same", x.given(),
            eq(hashing::rehashed_ptex(x.next(), ptex, to), hashing::rehashed_ptex(x.s, ptex, to))),
      claim("it is in a right place as before", x.given(),
            iff(hashing::stands_right(x.next(), ptex, to), hashing::stands_right(x.s, ptex, to))),
      claim("it is bolted as before", x.given(), iff(hashing::is_bolted(x.next()), hashing::is_bolted(x.s))),
      witness("it may change something", both(x.given(), negate(same(x.next(), x.s))))};
}

Queries h_protect_is_idempotent(World& w) {
  const auto first = answered(w, w.slots.protect);
  const auto second = answered(w.slots.protect, first.next(), first.call, first.code);
  const auto between = any_call(w, "other.");
  const auto other = answered(w.slots.protect, first.next(), between, first.code);
  const auto last = answered(w.slots.protect, other.next(), first.call, first.code);
  return {claim("what was allowed once is allowed again", first.given(), second.given()),
          claim("and changes nothing more", first.succeeds(), same(second.next(), first.next())),
          claim("the last one counts, whatever came between",
                all(first.succeeds(), other.given(), last.given()), same(last.next(), first.next())),
          witness("it may succeed twice", both(first.succeeds(), second.given()))};
}

// --- Seeds.

constexpr auto answers_with = RowKind::must;

Bool other_word_0(const E& s, const Asked& call) {
  return all(asks(call, H_AVPN), valid(s), negate(eq(s.high, call.avpn)));
}
Bool always(const E& s, const Asked&) { return true_of(s); }
template <std::uint64_t high, std::uint64_t low>
E without_bits(E s, const Asked& call) {
  s = slot_rows::entered(s, call);
  return {only_bits(s.high, lit(~high)), only_bits(s.low, lit(~low))};
}
Bool shown_but_for_low(const E& s, const Asked& call) {
  auto returned = call.returned;
  returned.low = s.low;
  return slot_rows::alike(s, returned);
}
Bool shown_but_for_lp(const E& s, const Asked& call) {
  auto returned = call.returned;
  returned.low =
      or_bits(only_bits(s.low, lit(0xffull << 12)), only_bits(returned.low, lit(~(0xffull << 12))));
  return slot_rows::alike(s, returned);
}

}  // namespace

std::vector<Obligation> slot_obligations() {
  // clang-format off
  using namespace slot_rows;
  const auto bulk_refuses_bolted = edited("bulk_refuses_bolted", [](World& w) { w.slots.bulk.before(C::bulk_removes, must(C::bulk_removes, slot_mistakes::bolted, answers(H_NOT_FOUND), Unchanged{})); });
  const auto enter_exact_first = edited("enter_exact_before_occupied", [](World& w) { w.slots.enter.before(C::enter_occupied, must(C::enter_exact, Always{}, answers(H_SUCCESS), entered)); });
  const std::vector<Seed> read_shows_too_much = {
      edited("read_shows_anything", [](World& w) { w.slots.read.returns(C::read_contents, always); }),
      edited("read_shows_any_doubleword_1", [](World& w) { w.slots.read.returns(C::read_contents, shown_but_for_low); }),
      edited("read_shows_any_lp", [](World& w) { w.slots.read.returns(C::read_contents, shown_but_for_lp); })};
  const auto protect_clears_lp = edited("protect_clears_lp", [](World& w) { w.slots.protect.then(C::protect_changes, answers_with, [](const E& s, const Asked& call) { auto t = protected_as_asked(s, call); t.low = only_bits(t.low, lit(~(0xffull << 12))); return t; }); });
  const auto protect_turns_pp_over = edited("protect_turns_pp_over", [](World& w) { w.slots.protect.then(C::protect_changes, answers_with, [](const E& s, const Asked& call) { return E{s.high, xor_bits(s.low, only_bits(call.flags, lit(pp_and_n)))}; }); });
  return {
    {"every_slot_has_an_allowed_answer", "Whatever stands in a slot and whatever is asked, some answer other than H_HARDWARE and H_BUSY is allowed, with outputs that suit; of H_ENTER without Exact, a slot can be chosen or is in the way.",
     {C::enter_exact, C::enter_group, C::enter_full, C::read_contents, C::remove_removes, C::protect_changes, C::bulk_removes}, every_slot_has_an_allowed_answer,
     seeds(D::enter_full_overwrites) + std::vector{
      edited("enter_exact_is_missing", [](World& w) { w.slots.enter.remove(C::enter_exact); }),
      edited("remove_removes_says_nothing", [](World& w) { w.slots.remove.answer(C::remove_removes, answers()); }),
      edited("remove_shows_what_it_leaves", [](World& w) { w.slots.remove.returns(C::remove_removes, [](const E& s, const Asked& call) { return alike(cleared(s, call), call.returned); }); }),
      edited("passed_slots_need_not_be_valid", [](World& w) { w.slots.enter_passed.also(C::enter_full, always); })}},
    {"an_answer_of_a_slot_has_one_outcome", "Slot, call and answer determine what is in the slot then, whether or not a row that may apply is passed over.",
     {C::enter_unsuitable, C::remove_not_found, C::bulk_not_found}, an_answer_of_a_slot_has_one_outcome,
     {edited("unsuitable_says_h_success", [](World& w) { w.slots.enter.answer(C::enter_unsuitable, answers(H_SUCCESS)); }),
      edited("not_found_says_h_success", [](World& w) { w.slots.remove.before(C::remove_not_found, may(C::remove_not_found, Always{}, answers(H_SUCCESS), Unchanged{})); })}},
    {"no_slot_row_is_shadowed", "Each row of a slot answers something in some situation; of H_ENTER's slot chosen, the one that forbids refuses.",
     {C::enter_occupied, C::remove_not_found, C::protect_not_found, C::bulk_parameter, C::bulk_not_found}, no_slot_row_is_shadowed,
     {edited("remove_removes_first", [](World& w) { w.slots.remove.before(C::remove_hardware, must(C::remove_removes, Always{}, answers(H_SUCCESS), cleared, shown_as_is)); }),
      enter_exact_first,
      edited("bulk_beyond_twice", [](World& w) { w.slots.bulk.before(C::bulk_parameter, must(C::bulk_parameter, impossible, answers(H_PARAMETER), Unchanged{})); })}},
    {"only_h_success_changes_a_slot", "Any answer other than H_SUCCESS leaves the slot as it was, and so does H_READ.",
     {C::enter_occupied, C::enter_full, C::read_contents, C::remove_not_found, C::protect_not_found, C::bulk_not_found}, only_h_success_changes_a_slot,
     {edited("h_pteg_full_overwrites", [](World& w) { w.slots.enter.then(C::enter_occupied, answers_with, entered); }),
      edited("not_found_clears", [](World& w) { w.slots.remove.then(C::remove_not_found, answers_with, cleared); }),
      edited("protect_not_found_protects", [](World& w) { w.slots.protect.then(C::protect_not_found, answers_with, protected_as_asked); }),
      edited("bulk_hardware_clears", [](World& w) { w.slots.bulk.then(C::bulk_hardware, RowKind::may, cleared); }),
      edited("reading_clears_r", [](World& w) { w.slots.read.then(C::read_contents, answers_with, [](E s, const Asked&) { s.low = only_bits(s.low, lit(~reference)); return s; }); })}},

    {"h_enter_never_overwrites_a_valid_hpte", "After every allowed answer of H_ENTER, exact or not, a valid HPTE stands as it stood; and H_PTEG_FULL is said only where one does.",
     {C::enter_occupied, C::enter_full, C::enter_group, C::enter_exact}, h_enter_never_overwrites_a_valid_hpte,
     seeds(D::enter_exact_overwrites, D::enter_full_overwrites) + std::vector{enter_exact_first,
      edited("h_pteg_full_of_what_is_bolted", [](World& w) { w.slots.enter.unless(C::enter_occupied, no(slot_mistakes::bolted)); })}},
    {"h_enter_puts_the_hpte_there_and_h_read_shows_it", "After H_ENTER's H_SUCCESS the slot holds the HPTE entered but for bits 57 and 58, and H_READ then has to show it: doubleword 0 but for those bits, N, PP, WIMG, and a listed LP.",
     {C::enter_exact, C::enter_group, C::read_contents}, h_enter_puts_the_hpte_there_and_h_read_shows_it,
     read_shows_too_much + std::vector{
      edited("enter_puts_nothing", [](World& w) { w.slots.enter.then(C::enter_exact, answers_with, Unchanged{}); }),
      edited("enter_drops_the_bolted_bit", [](World& w) { w.slots.enter.then(C::enter_exact, answers_with, without_bits<HPTE_BOLTED, 0>); }),
      edited("enter_chosen_drops_pp", [](World& w) { w.slots.enter_chosen.then(C::enter_group, answers_with, without_bits<0, pp_and_n>); })}},
    {"what_may_be_shown_decides_where_it_belongs", "The bits that may be shown otherwise never decide where an HPTE belongs: if its page sizes are listed, whatever may be shown for it has the same rehash from every place to every size; and to be shown for another is an order, among such HPTEs an equivalence.",
     {C::read_contents, C::commit_bolted}, what_may_be_shown_decides_where_it_belongs,
     read_shows_too_much + seeds(D::read_hides_unbolted)},

    {"what_is_removed_is_gone_and_was_asked_for", "H_SUCCESS of H_REMOVE or of a bulk request leaves no valid HPTE; a valid one goes only if its AVPN is the one asked for and it has none of the andcond mask's bits above bit 57; and H_REMOVE returned it.",
     {C::remove_removes, C::remove_not_found, C::remove_beyond, C::bulk_removes, C::bulk_not_found, C::bulk_parameter}, what_is_removed_is_gone_and_was_asked_for,
     seeds(D::remove_removes_nothing, D::remove_ignores_avpn, D::remove_ignores_andcond, D::bulk_ignores_avpn) + std::vector{
      edited("remove_returns_anything", [](World& w) { w.slots.remove.returns(C::remove_removes, always); }),
      edited("remove_beyond_is_missing", [](World& w) { w.slots.remove.remove(C::remove_beyond); })}},
    {"what_is_asked_for_is_removed", "A valid HPTE in the table gets H_SUCCESS from H_REMOVE or a bulk request, or H_HARDWARE (H_REMOVE: or H_BUSY), without flags, with its AVPN, or with a mask of none of its bits.",
     {C::remove_removes, C::bulk_removes}, what_is_asked_for_is_removed,
     seeds(D::remove_refuses_bolted) + std::vector{bulk_refuses_bolted,
      edited("not_found_may_be_said_of_anything", [](World& w) { w.slots.remove.before(C::remove_not_found, may(C::remove_not_found, Always{}, answers(H_NOT_FOUND), Unchanged{})); }),
      edited("low_bits_of_avpn_count", [](World& w) { w.slots.remove.before(C::remove_not_found, must(C::remove_not_found, other_word_0, answers(H_NOT_FOUND), Unchanged{})); })}},
    {"a_bulk_request_does_what_h_remove_does", "With one flag or none a request of H_BULK_REMOVE has the answers of H_REMOVE, H_BUSY aside, and leaves in the slot what that leaves; with both flags it is refused.",
     {C::bulk_removes, C::bulk_not_found, C::bulk_parameter, C::remove_removes}, a_bulk_request_does_what_h_remove_does,
     seeds(D::bulk_ignores_avpn, D::remove_ignores_andcond, D::remove_removes_nothing, D::bulk_beyond_is_not_found) + std::vector{bulk_refuses_bolted}},
    {"entering_and_removing_leaves_what_was", "An HPTE entered into an invalid slot and removed leaves an invalid slot, into which the same can be entered again; and H_REMOVE without flags then has to be able to succeed.",
     {C::enter_exact, C::remove_removes}, entering_and_removing_leaves_what_was,
     seeds(D::remove_removes_nothing, D::remove_refuses_bolted) + std::vector{
      edited("enter_drops_wimg", [](World& w) { w.slots.enter.then(C::enter_exact, answers_with, without_bits<0, wimg>); })}},

    {"h_protect_changes_n_pp_and_r_only", "H_PROTECT changes N, PP and R of doubleword 1 and nothing else, with H_SUCCESS to what was asked; so the HPTE is bolted or not as before, and every rehash takes it where it would have gone.",
     {C::protect_changes, C::protect_not_found, C::commit_bolted}, h_protect_changes_n_pp_and_r_only,
     seeds(D::protect_drops_bolted_bit, D::protect_changes_nothing, D::protect_ignores_avpn, D::protect_ignores_v) + std::vector{protect_clears_lp, protect_turns_pp_over}},
    {"h_protect_is_idempotent", "An H_PROTECT that was allowed is allowed again and changes nothing more; and the last of several counts.",
     {C::protect_changes}, h_protect_is_idempotent,
     {protect_turns_pp_over,
      edited("protect_takes_v", [](World& w) { w.slots.protect.then(C::protect_changes, answers_with, cleared); })}},
  };
  // clang-format on
}

}  // namespace hptck
