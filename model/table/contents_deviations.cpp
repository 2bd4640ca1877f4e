// Deviations of contents as edits of the content oracle's rules: one each, in the catalogue's order, but for
// those that do to one slot what they should not (model/table/slot_deviations.h). Deviations of the resize
// hypercalls (model/resize/deviations.h) stand here with what they do to contents besides; where that depends
// on the hypervisor's scheme, they leave contents open.
#include "model/table/contents_rules.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

using namespace table_rows;
using hashing::Mistake;
using C = Clause;
using D = Deviation;

// clang-format off
// Which HPTEs, in which resizes.
constexpr auto and_           = [](auto f, auto g) { return [f, g](const auto& s, const auto& a) { return both(f(s, a), g(s, a)); }; };
constexpr auto not_bolted     = [](const auto& s, const auto& a) { return negate(bolted(s, a)); };
constexpr auto secondary      = [](const auto& s, const auto&) { return hashing::is_secondary(s.hpte); };
constexpr auto terabyte       = [](const auto& s, const auto&) { return hashing::is_terabyte(s.hpte); };
constexpr auto large          = [](const auto& s, const auto&) { return any_bit(s.hpte.high, lit(hashing::HPTE_LARGE)); };
constexpr auto of_16g         = [](const auto& s, const auto&) { return eq(hashing::base_shift_of(s.hpte), lit(34)); };
constexpr auto was            = [](Presence before) { return [before](const auto& s, const auto&) { return eq(s.presence, lit(before)); }; };
constexpr auto in_last_slot   = [](const auto& s, const auto&) { return eq(hashing::slot_at(s.here), lit(7)); };
constexpr auto in_first_hpteg = [](const auto& s, const auto&) { return eq(hashing::hpteg_at(s.here), lit(0)); };
constexpr auto from_known     = [](const auto&, const auto& a) { return negate(eq(a.from, lit(0))); };
constexpr auto from_least     = [](const auto&, const auto& a) { return eq(a.from, lit(min_shift)); };
constexpr auto grows          = [](const auto&, const auto& a) { return ult(a.from, a.to); };
constexpr auto same_size      = [](const auto&, const auto& a) { return eq(a.from, a.to); };
constexpr auto size_unknown   = [](const auto&, const auto& a) { return either(eq(a.from, lit(0)), eq(a.to, lit(0))); };
constexpr auto in_last_hpteg  = and_(from_known, [](const auto& s, const auto& a) { return negate(ult(hashing::hpteg_at(s.here), hashing::last_hpteg(a.from))); });
constexpr auto in_upper_half  = and_(from_known, [](const auto& s, const auto& a) { return ult(hashing::last_hpteg(minus(a.from, lit(1))), hashing::hpteg_at(s.here)); });

// What becomes of them.
constexpr auto gone = becomes(Fate::gone), open = becomes(Fate::open);
constexpr auto lost_perhaps_if_news     = [](auto s, const auto&) { s.fate = ite(both(s.news, eq(s.fate, lit(Fate::stands))), constant(s.fate, lit(Fate::perhaps)), s.fate); return s; };
constexpr auto hashed_with              = [](Mistake mistake) { return [mistake](auto s, const auto& a) { s.there = hashing::rehashed_ptex(s.hpte, s.here, a.to, mistake); return s; }; };
constexpr auto not_hashed_unless_bolted = [](auto s, const auto& a) { s.there = ite(hashing::is_bolted(s.hpte), s.there, hashed_with(Mistake::hpteg_kept)(s, a).there); return s; };
constexpr auto in_any_slot              = [](auto s, const auto&) { s.there = only_bits(s.there, lit(~std::uint64_t{7})); return s; };
constexpr auto in_first_free_slot       = [](auto s, const auto&) { s.first_free = eq(s.here, s.here); return s; };
constexpr auto copied_if_larger         = [](auto s, const auto& a) { s.copied = both(and_(from_known, grows)(s, a), negate(eq(s.here, s.there))); return s; };
constexpr auto without_bits             = [](std::uint64_t bits) { return [bits](auto s, const auto&) { s.hpte.high = only_bits(s.hpte.high, lit(~bits)); return s; }; };
constexpr auto without_second_half      = [](auto s, const auto&) { s.hpte.low = constant(s.hpte.low, lit(0)); return s; };
// clang-format on

// What H_ENTER, H_REMOVE and H_PROTECT make of a call.
auto cut_to_table(std::uint64_t token) {
  return [token](Call& call, unsigned shift) {
    if (call.token == token && shift != 0) call.args[1] &= (std::uint64_t{1} << (shift - 4)) - 1;
  };
}
void ignore_exact(Call& call, unsigned) {
  if (call.token == token::H_ENTER) call.args[0] &= ~H_EXACT;
}

class Edits {
 public:
  Edits(ContentRules& rules, Rigour rigour) : rules_(rules), rigour_(rigour) {}

  /// What a COMMIT and a reset do wrong.
  void edit_table(Deviation deviation) {
    auto& commit = rules_.table.commit;
    auto& failure = rules_.table.failure;
    rules_.pending_unsure |= group_of(broken_by(deviation)) == Group::H_RESIZE_HPT_PREPARE;
    const auto kept = C::commit_failure_keeps_table;
    // clang-format off
    switch (deviation) {
      case D::prepare_match_says_ready_early:
      case D::prepare_says_ready_early:      return leave_open(always);
      case D::prepare_allocates_half:
        rules_.short_by = 1;
        return leave_open([](const Switch& s) { return s.after != s.asked; });
      case D::commit_hardware_switches:      return switch_on(status::H_HARDWARE);
      case D::commit_closed_switches:        return switch_on(status::H_CLOSED);
      case D::commit_busy_switches:          return switch_on(status::H_BUSY);
      case D::commit_ignores_busy:           return leave_open(always);
      case D::commit_ignores_collided:
        overwrite();
        return leave_open([](const Switch& s) { return s.asked == 0 || s.may_have_collided(); });
      case D::commit_overwrites_on_collision: return overwrite();
      case D::commit_collision_switches:     return switch_on(status::H_PTEG_FULL);
      case D::rehash_forgets_secondary:      return rehash(Mistake::secondary_bits_not_complemented);
      case D::rehash_forgets_1t:             rehash(Mistake::terabyte_as_256m); return leave_open_of(and_(terabyte, of_16g));
      case D::rehash_takes_first_slot:       return also(in_first_free_slot);
      case D::commit_keeps_pending:
      case D::commit_swaps:                  return leave_open(always);
      case D::rehash_1t_not_spread:          return rehash(Mistake::terabyte_vsid_not_spread);
      case D::rehash_base_is_4k:             return rehash(Mistake::base_page_is_4k);
      case D::rehash_base_is_actual:         return rehash(Mistake::base_page_is_the_actual_page);
      case D::rehash_b_in_avpn:              return rehash(Mistake::segment_size_left_in_avpn);
      case D::rehash_one_bit_short:          return rehash(Mistake::one_bit_too_few_recovered);
      case D::rehash_one_bit_over:           rehash(Mistake::one_bit_too_many_recovered); return leave_open_of(and_(secondary, from_least));
      case D::rehash_keeps_hpteg:            return rehash(Mistake::hpteg_kept);
      case D::rehash_drops_bolted_bit:       return also(without_bits(HPTE_BOLTED));
      case D::rehash_drops_secondary_bit:    return also(without_bits(hashing::HPTE_SECONDARY));
      case D::rehash_clears_second_half:     return also(without_second_half);
      case D::rehash_loses_last_slot:        return lose(in_last_slot);
      case D::rehash_loses_last_hpteg:       return lose(in_last_hpteg);
      case D::rehash_loses_first_hpteg:      return lose(in_first_hpteg);
      case D::rehash_loses_secondary:        return lose(secondary);
      case D::rehash_loses_large:            return lose(large);
      case D::rehash_loses_1t:               return lose(terabyte);
      case D::commit_clears_table:           return lose(from_known);
      case D::commit_loses_entered:          commit.also_then(C::commit_bolted, lost_perhaps_if_news); return;
      case D::commit_loses_protection:       commit.also(C::commit_unbolted, was(Presence::changed)); rules_.remembers_undone = true; return;
      case D::commit_false_collision:        commit.also_then(C::commit_collision, in_any_slot); return;
      case D::commit_unbolted_collide:       commit.also(C::commit_collision, held); return;
      case D::commit_collision_frees_table:  failure.before(kept, may(kept, Always{}, answers(H_PTEG_FULL), gone)); return;
      case D::commit_collision_moves:        failure.before(kept, may(kept, and_(bolted, in_upper_half), answers(H_PTEG_FULL), gone)); return;
      case D::commit_failure_drops_unbolted: failure.before(kept, may(kept, not_bolted, answers(H_CLOSED, H_BUSY, H_PTEG_FULL), gone)); return;
      case D::commit_resurrects_removed:     commit.also(C::commit_unbolted, was(Presence::removed)); rules_.remembers_undone = true; return;
      case D::commit_unbolted_unhashed:      commit.also_then(C::commit_unbolted, not_hashed_unless_bolted); return;
      case D::commit_leaves_copies:          commit.also_then(C::commit_bolted, copied_if_larger); return;
      case D::reset_keeps_pending:
      case D::reset_keeps_prepared:          rules_.pending_outlives = true; return;
      case D::reset_keeps_entries:           return outlive_reset(held);
      case D::reset_keeps_bolted:            return outlive_reset(bolted);
      default: return;
    }
    // clang-format on
  }

  /// What a call to several slots does wrong, or with a PTEX.
  void edit_calls(Deviation deviation) {
    auto& calls = rules_.calls;
    // clang-format off
    switch (deviation) {
      case D::read_four_unaligned:           calls.read_four_mask = ~std::uint64_t{0}; return;
      case D::enter_beyond_wraps:            calls.misreadings.push_back(cut_to_table(token::H_ENTER)); return;
      case D::enter_exact_ignored:           calls.misreadings.push_back(ignore_exact); return;
      case D::enter_exact_returns_group:     calls.exact_returned_mask = ~std::uint64_t{7}; return;
      case D::enter_returns_group:           calls.enter_returns_group = true; return;
      case D::enter_sees_seven_slots:        calls.enter_slots = 7; return;
      case D::remove_beyond_wraps:           calls.misreadings.push_back(cut_to_table(token::H_REMOVE)); return;
      case D::protect_beyond_wraps:          calls.misreadings.push_back(cut_to_table(token::H_PROTECT)); return;
      case D::bulk_goes_on_after_parameter:  std::erase_if(calls.bulk_endings, [](const auto& one) { return one.outcome == H_PARAMETER; }); return;
      case D::bulk_stops_at_not_found:       calls.bulk_endings.push_back({H_NOT_FOUND, H_SUCCESS}); return;
      case D::bulk_removes_first_only:       calls.bulk_carried_out = 1; return;
      case D::bulk_leaves_requests:          calls.bulk_may_leave_type = true; return;
      default: return;
    }
    // clang-format on
  }

 private:
  static bool always(const Switch&) { return true; }

  void leave_open(std::function<bool(const Switch&)> when) {
    rules_.pending_unsure = true;
    if (rigour_ == Rigour::as_far_as_known) rules_.leaves_open.push_back(std::move(when));
  }
  void switch_on(std::int64_t failure) {
    leave_open([failure](const Switch& s) { return s.answer == failure; });
    if (rigour_ == Rigour::as_far_as_known) rules_.switching_failures.push_back(failure);
  }
  /// One of two that need one slot.
  void overwrite() {
    rules_.table.collision.before(C::commit_collision,
                                  must(C::commit_collision, Always{}, anything, Unchanged{}));
  }
  /// Where the size stays; nobody knows where it is not known.
  template <class When>
  void outlive_reset(When when) {
    rules_.table.reset.before(C::reset_empty, must(C::reset_empty, size_unknown, anything, open));
    rules_.table.reset.before(C::reset_empty,
                              must(C::reset_empty, and_(same_size, when), anything, Unchanged{}));
  }

  /// Of every HPTE that is carried over, and of the slot that it claims.
  template <class Then>
  void also(Then then) {
    for (const auto clause : {C::commit_collision, C::commit_bolted, C::commit_unbolted})
      rules_.table.commit.also_then(clause, then);
  }
  template <class When>
  void lose(When when) {
    rules_.table.commit.before(C::commit_collision, must(C::commit_bolted, when, anything, gone));
  }
  template <class When>
  void leave_open_of(When when) {
    rules_.table.commit.before(C::commit_collision, must(C::commit_bolted, when, anything, open));
  }
  /// What two mistakes come to together is not known; to a diagnosis that is no explanation.
  void rehash(Mistake mistake) {
    if (rules_.growing_collides && rigour_ == Rigour::as_far_as_known) leave_open_of(Always{});
    rules_.growing_collides = true;
    also(hashed_with(mistake));
  }

  ContentRules& rules_;
  Rigour rigour_;
};

}  // namespace

ContentRules content_rules(const Deviations& deviations, Rigour rigour) {
  ContentRules rules{.slot = slot_rules<Concrete>(deviations)};
  Edits edits(rules, rigour);
  deviations.for_each([&](Deviation one) {
    edits.edit_table(one);
    edits.edit_calls(one);
  });
  return rules;
}

}  // namespace hptck
