// The rows mean the same as machine words and as terms.
//
// Proofs are about terms, verdicts come from machine words; what joins them is that one text is read twice.
// It is held here, on random states, arguments, answers and sets of deviations: the oracle's own walk, the
// generic walk over machine words, and the generic walk over terms with the same constants put in for the
// variables; and the same of one slot's rules. The terms are made once for each list and evaluated many
// times, as the solvers see them: no constant helps while they are being written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/oracle.h"
#include "model/proofs/rfc_profile.h"
#include "model/proofs/world.h"
#include "model/resize/interface.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

using W8 = Concrete::Word<8>;
using W64 = Concrete::Word<64>;

// Words near the bounds that rows know, and any.
rc::Gen<std::uint64_t> register_word() {
  return rc::gen::weightedOneOf<std::uint64_t>(
      {{4, rc::gen::inRange<std::uint64_t>(0, 70)},
       {1, rc::gen::map(rc::gen::inRange(0, 64), [](int bit) { return std::uint64_t{1} << bit; })},
       {1, rc::gen::map(rc::gen::inRange(0, 64), [](int bit) { return (std::uint64_t{1} << bit) - 1; })},
       {1, rc::gen::map(rc::gen::inRange<std::uint64_t>(0, 70), [](std::uint64_t n) { return ~n; })},
       {1, rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>())}});
}
rc::Gen<std::uint8_t> state_word(unsigned small) {
  return rc::gen::weightedOneOf<std::uint8_t>(
      {{6,
        rc::gen::map(rc::gen::inRange(0u, small), [](unsigned n) { return static_cast<std::uint8_t>(n); })},
       {1, rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint8_t>())}});
}
ConcreteState any_state() {
  const auto shift = state_word(48);
  return {W8(*state_word(3)), W8(*state_word(5)), W8(*shift),         W8(*state_word(10)),
          W8(*shift),         W8(*state_word(4)), W8(*state_word(8)), W8(*shift)};
}
// The arguments in any relation to the state that a row may ask for.
ConcreteArguments any_arguments(const ConcreteState& s) {
  const auto shift = *rc::gen::oneOf(
      register_word(), rc::gen::element<std::uint64_t>(raw(s.pending), raw(s.current), raw(s.limit),
                                                       raw(s.limit) + 1u, raw(s.pending) + 256u));
  return {W64(*rc::gen::weightedOneOf<std::uint64_t>(
              {{2, rc::gen::just<std::uint64_t>(0)}, {1, register_word()}})),
          W64(shift), W64(*register_word()), W64(*register_word())};
}
std::int64_t any_answer() {
  using namespace status;
  return *rc::gen::weightedOneOf<std::int64_t>(
      {{12,
        rc::gen::element(H_SUCCESS, H_BUSY, H_CLOSED, H_NOT_AVAILABLE, H_LONG_BUSY_ORDER_1_MSEC - 1,
                         H_LONG_BUSY_ORDER_1_MSEC, H_LONG_BUSY_ORDER_100_SEC, H_LONG_BUSY_ORDER_100_SEC + 1,
                         H_HARDWARE, H_FUNCTION, H_PARAMETER, H_PTEG_FULL, H_AUTHORITY, H_RESOURCE)},
       {1, rc::gen::arbitrary<std::int64_t>()}});
}
Deviations any_deviations() {
  Deviations deviations;
  const auto count = *rc::gen::inRange(0, 5);
  for (int i = 0; i < count; ++i)
    deviations.add(static_cast<Deviation>(*rc::gen::inRange<std::size_t>(0, deviation_count)));
  return deviations;
}

// The terms of one set of rules, and what they come to when constants are put in.
class Terms {
 public:
  explicit Terms(const Rules<Symbolic>& rules)
      : world_{context_, rules, rules},
        s_(world_.state("s")),
        a_(world_.arguments("a")),
        code_(world_.word<64>("code")) {
    for (const auto& named : Rules<Symbolic>::lists())
      walked_.push_back(walk_all(rules.*named.list, s_, a_, code_));
    invariant_.push_back(invariant(s_));
  }
  void put(const ConcreteState& s, const ConcreteArguments& a, std::int64_t code) {
    from_ = z3::expr_vector(context_);
    to_ = z3::expr_vector(context_);
    const auto put = [&](const auto& variable, const auto& value) {
      from_.push_back(raw(variable));
      to_.push_back(context_.bv_val(static_cast<std::uint64_t>(value), raw(variable).get_sort().bv_size()));
    };
    put(s_.standing, raw(s.standing)), put(s_.phase, raw(s.phase)), put(s_.pending, raw(s.pending));
    put(s_.gone, raw(s.gone)), put(s_.current, raw(s.current)), put(s_.table, raw(s.table));
    put(s_.marks, raw(s.marks)), put(s_.limit, raw(s.limit));
    put(a_.flags, raw(a.flags)), put(a_.shift, raw(a.shift)), put(a_.ptex, raw(a.ptex)),
        put(a_.pteh, raw(a.pteh));
    put(code_, code);
  }
  const Walked<Symbolic, SymbolicState>& walked(std::size_t list) const { return walked_[list]; }
  const symbolic::Bool& invariant_here() const { return invariant_[0]; }
  bool value(const symbolic::Bool& formula) {
    const auto value = evaluated(raw(formula));
    EXPECT_TRUE(value.is_true() || value.is_false()) << value;
    return value.is_true();
  }
  ConcreteState value(const SymbolicState& s) {
    const auto word = [&](const auto& w) {
      return W8(static_cast<std::uint8_t>(evaluated(raw(w)).get_numeral_uint64()));
    };
    return {word(s.standing), word(s.phase), word(s.pending), word(s.gone),
            word(s.current),  word(s.table), word(s.marks),   word(s.limit)};
  }

 private:
  z3::expr evaluated(z3::expr term) { return term.substitute(from_, to_).simplify(); }

  z3::context context_;
  World world_;
  SymbolicState s_;
  SymbolicArguments a_;
  symbolic::Word<64> code_;
  std::vector<Walked<Symbolic, SymbolicState>> walked_;
  std::vector<symbolic::Bool> invariant_;
  z3::expr_vector from_{context_}, to_{context_};
};

// All lists from one state. H_* lists are walked; hidden steps are a relation, so each row is looked at.
void agree(const Rules<Concrete>& concrete, Terms& terms) {
  const auto s = any_state();
  const auto a = any_arguments(s);
  const auto code = any_answer();
  terms.put(s, a, code);
  RC_ASSERT(holds(invariant(s)) == terms.value(terms.invariant_here()));
  std::size_t at = 0;
  for (const auto& named : Rules<Concrete>::lists()) {
    const auto& list = concrete.*named.list;
    const auto generic = walk_all(list, s, a, W64(static_cast<std::uint64_t>(code)));
    const auto& symbolic = terms.walked(at++);
    RC_ASSERT(generic.fired.size() == symbolic.fired.size());
    for (std::size_t row = 0; row < generic.fired.size(); ++row) {
      RC_ASSERT(holds(generic.fired[row]) == terms.value(symbolic.fired[row]));
      RC_ASSERT(holds(generic.ended[row]) == terms.value(symbolic.ended[row]));
    }
    RC_ASSERT(holds(generic.accepted) == terms.value(symbolic.accepted));
    RC_ASSERT(packed(generic.next) == packed(terms.value(symbolic.next)));

    auto walked = s;
    const auto ended = walk(list, walked, a, code);
    RC_ASSERT(ended.answered == holds(generic.accepted));
    if (!ended) continue;
    RC_ASSERT(packed(walked) == packed(generic.next));
    const auto row = static_cast<std::size_t>(ended.row - &*list.begin());
    RC_ASSERT(holds(generic.fired[row]) && holds(generic.ended[row]));
  }
}

RC_GTEST_PROP(Agreement, of_the_specification, ()) {
  static const auto concrete = specification<Concrete>();
  static Terms terms(specification<Symbolic>());
  for (int i = 0; i < 4; ++i) agree(concrete, terms);
}

RC_GTEST_PROP(Agreement, of_any_deviations, ()) {
  const auto deviations = any_deviations();
  Terms terms(rules<Symbolic>(deviations));
  const auto concrete = rules<Concrete>(deviations);
  for (int i = 0; i < 4; ++i) agree(concrete, terms);
}

RC_GTEST_PROP(Agreement, of_the_rfc_profile, ()) {
  static const auto concrete = rfc_profile<Concrete>();
  static Terms terms(rfc_profile<Symbolic>());
  for (int i = 0; i < 2; ++i) agree(concrete, terms);
}

// Each operation by itself, so that one which no row happens to lean on is not taken on trust.
RC_GTEST_PROP(Agreement, of_each_operation, ()) {
  static z3::context context;
  const auto x = *register_word();
  const auto y = *rc::gen::oneOf(register_word(), rc::gen::just(x));
  const auto check = [&]<int width>(std::integral_constant<int, width>) {
    using C = concrete::Word<width>;
    const C a = constant(C(0), lit(x)), b = constant(C(0), lit(y));
    const symbolic::Word<width> sa(context.bv_val(std::uint64_t{raw(a)}, width));
    const symbolic::Word<width> sb(context.bv_val(std::uint64_t{raw(b)}, width));
    const auto same_bool = [](concrete::Bool c, const symbolic::Bool& s) {
      RC_ASSERT(holds(c) == raw(s).simplify().is_true());
    };
    const auto same_word = [](auto c, const auto& s) {
      RC_ASSERT(std::uint64_t{raw(c)} == raw(s).simplify().get_numeral_uint64());
    };
    same_bool(eq(a, b), eq(sa, sb));
    same_bool(eq(a, lit(y)), eq(sa, lit(y)));
    same_bool(ult(a, b), ult(sa, sb));
    same_bool(ult(a, lit(y)), ult(sa, lit(y)));
    same_bool(ult(lit(x), b), ult(lit(x), sb));
    same_bool(any_bit(a, lit(y)), any_bit(sa, lit(y)));
    same_bool(both(eq(a, b), ult(a, b)), both(eq(sa, sb), ult(sa, sb)));
    same_bool(either(eq(a, b), negate(ult(a, b))), either(eq(sa, sb), negate(ult(sa, sb))));
    same_word(ite(ult(a, b), a, b), ite(ult(sa, sb), sa, sb));
    same_word(constant(a, lit(y)), constant(sa, lit(y)));
    same_word(resized<8>(a), resized<8>(sa));
    same_word(resized<64>(a), resized<64>(sa));
    same_word(power_of_two(resized<64>(a)), power_of_two(resized<64>(sa)));
    same_word(minus(a, lit(y)), minus(sa, lit(y)));
    same_word(with_bits(a, lit(y)), with_bits(sa, lit(y)));
    same_word(only_bits(a, lit(y)), only_bits(sa, lit(y)));
    same_word(and_bits(a, b), and_bits(sa, sb));
    same_word(or_bits(a, b), or_bits(sa, sb));
    same_word(xor_bits(a, b), xor_bits(sa, sb));
    same_word(complement(a), complement(sa));
    same_word(shifted_left(a, lit(y)), shifted_left(sa, lit(y)));
    same_word(shifted_right(a, lit(y)), shifted_right(sa, lit(y)));
  };
  check(std::integral_constant<int, 8>{});
  check(std::integral_constant<int, 64>{});
}

// The hashing, right and with each mistake: of any words, and of pages that the words are entries of.
RC_GTEST_PROP(Agreement, of_the_hashing, ()) {
  using namespace hashing;
  const auto word = [] { return *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()); };
  const auto shift = [] {
    return W8(static_cast<std::uint8_t>(*rc::gen::resize(rc::kNominalSize, rc::gen::inRange(18, 47))));
  };
  const auto encoding =
      *rc::gen::elementOf(std::vector<PageEncoding>(page_encodings.begin(), page_encodings.end()));
  const auto with_lp = [&](std::uint64_t low) {
    return *rc::gen::arbitrary<bool>()
               ? W64((low & ~(std::uint64_t{encoding.mask} << 12)) | std::uint64_t{encoding.lp} << 12)
               : W64(low);
  };
  const Entry<Concrete> a{W64(word()), with_lp(word())}, b{W64(word()), with_lp(word())};
  const auto from = shift(), to = shift();
  const auto place = [&](const Entry<Concrete>& e) {
    const W64 ptex(word());
    return *rc::gen::arbitrary<bool>() ? rehashed_ptex(e, ptex, from) : ptex;
  };
  const auto a_ptex = place(a), b_ptex = place(b);
  auto page = recovered_page(a, hpteg_at(a_ptex));
  if (*rc::gen::arbitrary<bool>()) page = {page.terabyte, W64(word()), page.index, page.base_shift};

  static z3::context context;
  static const World world{context, specification<Symbolic>(), specification<Symbolic>()};
  z3::expr_vector variables(context), values(context);
  const auto lifted = [&]<int width>(const char* name, Concrete::Word<width> value) {
    const auto variable = world.word<width>(name);
    variables.push_back(raw(variable));
    values.push_back(context.bv_val(std::uint64_t{raw(value)}, width));
    return variable;
  };
  const Entry<Symbolic> sa{lifted("a.high", a.high), lifted("a.low", a.low)};
  const Entry<Symbolic> sb{lifted("b.high", b.high), lifted("b.low", b.low)};
  const auto sa_ptex = lifted("a.ptex", a_ptex), sb_ptex = lifted("b.ptex", b_ptex);
  const auto sfrom = lifted("from", from), sto = lifted("to", to);
  const Page<Symbolic> spage{world.truth(holds(page.terabyte)), lifted("vsid", page.vsid),
                             lifted("index", page.index), lifted("base", page.base_shift)};
  const auto evaluated = [&](z3::expr term) { return term.substitute(variables, values).simplify(); };
  const auto same_bool = [&](concrete::Bool c, const symbolic::Bool& s) {
    const auto value = evaluated(raw(s));
    RC_ASSERT(value.is_true() || value.is_false());
    RC_ASSERT(holds(c) == value.is_true());
  };
  const auto same_word = [&](auto c, const auto& s) {
    RC_ASSERT(std::uint64_t{raw(c)} == evaluated(raw(s)).get_numeral_uint64());
  };
  same_bool(is_page(page), is_page(spage));
  same_bool(maps(a, page), maps(sa, spage));
  same_word(hash_of(page), hash_of(spage));
  same_bool(stands_right(page, is_secondary(a), a_ptex, from),
            stands_right(spage, is_secondary(sa), sa_ptex, sfrom));
  same_bool(stands_right(a, a_ptex, from), stands_right(sa, sa_ptex, sfrom));
  const auto mistake = static_cast<Mistake>(
      *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, static_cast<int>(Mistake::bolted_ignored) + 1)));
  for (const auto m : {Mistake::none, mistake}) {
    same_word(rehashed_ptex(a, a_ptex, to, m), rehashed_ptex(sa, sa_ptex, sto, m));
    same_bool(collide(a, a_ptex, b, b_ptex, to, m), collide(sa, sa_ptex, sb, sb_ptex, sto, m));
  }
}

// --- The rules of one slot.

using Held = hashing::Entry<Concrete>;

// Any words, with each field that rows look at on or off as often, and LP a listed encoding now and then.
Held any_hpte() {
  const auto word = [] { return *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()); };
  auto high = word(), low = word();
  if (*rc::gen::arbitrary<bool>()) high &= ~(std::uint64_t{1} << 63 | hashing::HPTE_LARGE);
  if (*rc::gen::arbitrary<bool>()) {
    const auto encoding = *rc::gen::elementOf(
        std::vector<hashing::PageEncoding>(hashing::page_encodings.begin(), hashing::page_encodings.end()));
    low = (low & ~(std::uint64_t{encoding.mask} << 12)) | std::uint64_t{encoding.lp} << 12;
  }
  if (*rc::gen::arbitrary<bool>()) low = (low & ~(0x0ffffffffffff000 | 0x78)) | 0x10;
  return {W64(high), W64(low)};
}
// The same HPTE, but for one bit as often as not.
Held nearly(const Held& e) {
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return any_hpte();
    case 1:
      return {W64(raw(e.high) ^ std::uint64_t{1} << *rc::gen::inRange(0, 64)), e.low};
    case 2:
      return {e.high, W64(raw(e.low) ^ std::uint64_t{1} << *rc::gen::inRange(0, 64))};
    case 3:
      return {W64(raw(e.high) ^ 0x60), W64(raw(e.low) ^ 0x180)};
    default:
      return e;
  }
}
std::int64_t any_slot_answer() {
  using namespace status;
  return *rc::gen::weightedOneOf<std::int64_t>(
      {{8, rc::gen::element(H_SUCCESS, H_SUCCESS, H_SUCCESS, H_BUSY, H_HARDWARE, H_PARAMETER, H_PTEG_FULL,
                            H_NOT_FOUND, H_FUNCTION)},
       {1, rc::gen::arbitrary<std::int64_t>()}});
}

// The terms of one set of rules of a slot, and that they come to what the machine words come to.
void agree_on_slots(const SlotRules<Concrete>& concrete, const SlotRules<Symbolic>& symbolic) {
  static z3::context context;
  static const World world{context, specification<Symbolic>(), specification<Symbolic>()};
  const auto entry = [](const char* high, const char* low) {
    return Slot<Symbolic>{world.word<64>(high), world.word<64>(low)};
  };
  static const auto slot = entry("slot.high", "slot.low");
  static const SlotCall<Symbolic> asked{world.bit("within"), world.word<64>("flags"), world.word<64>("avpn"),
                                        entry("entered.high", "entered.low"),
                                        entry("returned.high", "returned.low")};
  static const auto answer = world.word<64>("answer");
  std::vector<Walked<Symbolic, Slot<Symbolic>>> terms;
  for (const auto& named : SlotRules<Symbolic>::lists())
    terms.push_back(walk_all(symbolic.*named.list, slot, asked, answer));

  const auto s = any_hpte();
  const auto avpn =
      *rc::gen::weightedOneOf<std::uint64_t>({{3, rc::gen::just(raw(s.high) & ~std::uint64_t{0x7f})},
                                              {1, rc::gen::just(~raw(s.high))},
                                              {1, rc::gen::just(~raw(s.high) & ~std::uint64_t{0x7f})},
                                              {1, register_word()}});
  const auto flags =
      *rc::gen::element(std::uint64_t{0}, H_AVPN, H_ANDCOND, H_AVPN | H_ANDCOND) | *register_word() % 8;
  const SlotCall<Concrete> call{Concrete::Bool(*rc::gen::inRange(0, 4) != 0), W64(flags), W64(avpn),
                                nearly(any_hpte()), nearly(s)};
  const auto code = any_slot_answer();

  z3::expr_vector variables(context), values(context);
  const auto put = [&](const symbolic::Word<64>& variable, std::uint64_t value) {
    variables.push_back(raw(variable));
    values.push_back(context.bv_val(value, 64));
  };
  put(slot.high, raw(s.high)), put(slot.low, raw(s.low));
  put(asked.flags, flags), put(asked.avpn, avpn);
  put(asked.entered.high, raw(call.entered.high)), put(asked.entered.low, raw(call.entered.low));
  put(asked.returned.high, raw(call.returned.high)), put(asked.returned.low, raw(call.returned.low));
  put(answer, static_cast<std::uint64_t>(code));
  variables.push_back(raw(asked.within));
  values.push_back(context.bool_val(holds(call.within)));
  const auto evaluated = [&](z3::expr term) { return term.substitute(variables, values).simplify(); };
  const auto value = [&](const symbolic::Bool& formula) {
    const auto truth = evaluated(raw(formula));
    RC_ASSERT(truth.is_true() || truth.is_false());
    return truth.is_true();
  };

  std::size_t i = 0;
  for (const auto& named : SlotRules<Concrete>::lists()) {
    const auto& list = concrete.*named.list;
    const auto generic = walk_all(list, s, call, W64(static_cast<std::uint64_t>(code)));
    RC_ASSERT(generic.fired.size() == terms[i].fired.size());
    for (std::size_t row = 0; row < generic.fired.size(); ++row) {
      RC_ASSERT(holds(generic.fired[row]) == value(terms[i].fired[row]));
      RC_ASSERT(holds(generic.ended[row]) == value(terms[i].ended[row]));
    }
    RC_ASSERT(holds(generic.accepted) == value(terms[i].accepted));
    RC_ASSERT(raw(generic.next.high) == evaluated(raw(terms[i].next.high)).get_numeral_uint64());
    RC_ASSERT(raw(generic.next.low) == evaluated(raw(terms[i].next.low)).get_numeral_uint64());

    auto walked = s;
    const auto ended = walk(list, walked, call, code);
    RC_ASSERT(ended.answered == holds(generic.accepted));
    if (ended.row != nullptr)
      RC_ASSERT(holds(generic.ended[static_cast<std::size_t>(ended.row - &*list.begin())]));
    if (ended) RC_ASSERT(walked.high == generic.next.high && walked.low == generic.next.low);
    ++i;
  }
}

RC_GTEST_PROP(Agreement, of_the_rules_of_a_slot, ()) {
  static const auto concrete = slot_specification<Concrete>();
  static const auto symbolic = slot_specification<Symbolic>();
  agree_on_slots(concrete, symbolic);
}

RC_GTEST_PROP(Agreement, of_the_rules_of_a_slot_with_any_deviation, ()) {
  Deviations deviations;
  std::vector<Deviation> of_slots;
  for (std::size_t i = 0; i < deviation_count; ++i) {
    const auto deviation = static_cast<Deviation>(i);
    if (text_of(deviation).seen_in == SeenIn::contents) of_slots.push_back(deviation);
  }
  deviations.add(*rc::gen::elementOf(of_slots));
  agree_on_slots(slot_rules<Concrete>(deviations), slot_rules<Symbolic>(deviations));
}

// What the proofs start from is what the oracle starts from.
TEST(Agreement, the_oracle_starts_in_a_fresh_partition) {
  for (const auto resize : {Statement::Resize::unknown, Statement::Resize::enabled,
                            Statement::Resize::disabled, Statement::Resize::absent}) {
    for (unsigned limit : {0u, 18u, 30u, 46u}) {
      for (const auto& s : initial_states({resize, 0, static_cast<std::uint8_t>(limit)})) {
        EXPECT_TRUE(holds(fresh(s))) << describe(s);
        EXPECT_TRUE(holds(invariant(s))) << describe(s);
      }
    }
  }
}

}  // namespace
}  // namespace hptck
