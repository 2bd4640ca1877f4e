// A legal guest stays legal, whatever table it gets, and meets what a rehash gets wrong. What judges it here
// is a table of a few lines, written from LoPAR for the purpose: it does as it is told at once, carries every
// HPTE over that it can, and makes on request any of the mistakes that only a look at the table shows.
// Answers are compared with those of a table without mistakes, which is less than an oracle can say and
// enough to see that a mistake has been met.
#include "generators/contents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "generators/tour.h"
#include "spec/deviations.h"

namespace hptck {

void PrintTo(const PlannedCall& planned, std::ostream* out) { *out << to_string(planned.call); }

namespace {

[[maybe_unused]] const int fixed_seed = setenv("RC_PARAMS", "seed=1 max_success=40", 0);

using D = Deviation;
using hashing::HPTE_LARGE, hashing::HPTE_SECONDARY, hashing::Mistake;
using Entry = hashing::Entry<Concrete>;
using W8 = Concrete::Word<8>;
using W64 = Concrete::Word<64>;

W8 size_of(unsigned shift) { return W8(static_cast<std::uint8_t>(shift)); }

struct Hpte {
  std::uint64_t high = 0, low = 0;
  bool operator==(const Hpte&) const = default;
  bool bolted() const { return (high & HPTE_BOLTED) != 0; }
  bool secondary() const { return (high & HPTE_SECONDARY) != 0; }
  bool large() const { return (high & HPTE_LARGE) != 0; }
  bool terabyte() const { return high >> 62 == 1; }
};
using Table = std::map<std::uint64_t, Hpte>;  // valid HPTEs by their PTEX

std::uint64_t rehashed(const Hpte& hpte, std::uint64_t ptex, unsigned to, Mistake wrong = Mistake::none) {
  return raw(hashing::rehashed_ptex(Entry{W64(hpte.high), W64(hpte.low)}, W64(ptex), size_of(to), wrong));
}
bool stands_right(const Hpte& hpte, std::uint64_t ptex, unsigned shift) {
  return holds(hashing::stands_right(Entry{W64(hpte.high), W64(hpte.low)}, W64(ptex), size_of(shift)));
}
hashing::Page<Concrete> page_of(const Hpte& hpte, std::uint64_t ptex) {
  return hashing::recovered_page(Entry{W64(hpte.high), W64(hpte.low)}, W64(ptex / 8));
}
auto words_of(const hashing::Page<Concrete>& page) {
  return std::tuple(holds(page.terabyte), raw(page.vsid), raw(page.index), raw(page.base_shift));
}

class Partition {
 public:
  explicit Partition(unsigned shift, Deviations deviations = {})
      : start_(shift), shift_(shift), wrong_(deviations) {}

  Response issue(const Call& call) {
    const auto& a = call.args;
    switch (call.token) {
      case token::H_ENTER:
        return enter(a[0], a[1], {a[2], a[3]});
      case token::H_READ:
        return read(a[0], a[1]);
      case token::H_REMOVE:
        return remove(a[0], a[1], a[2]);
      case token::H_PROTECT:
        return protect(a[0], a[1], a[2]);
      case token::H_BULK_REMOVE:
        return bulk_remove(call);
      case token::H_RESIZE_HPT_PREPARE:
        return prepare(a[0], a[1]);
      case token::H_RESIZE_HPT_COMMIT:
        return commit(a[0], a[1]);
      case token::reset:
        return reset();
      default:
        return {status::H_FUNCTION};
    }
  }

  unsigned shift() const { return shift_; }
  const Table& table() const { return table_; }
  Situation situation(unsigned limit) const {
    return {pending_ != 0, static_cast<unsigned>(pending_), shift_, limit, start_};
  }
  std::vector<Held> held() const {
    std::vector<Held> list;
    for (const auto& [ptex, hpte] : table_) list.push_back({ptex, hpte.high, hpte.low, hpte.bolted()});
    return list;
  }

 private:
  bool has(Deviation deviation) const { return wrong_.has(deviation); }
  std::uint64_t hptes() const { return std::uint64_t{1} << (shift_ - 4); }
  // Whether it is answered with `code`; a cut otherwise.
  bool beyond(std::uint64_t& ptex, Deviation wraps) const {
    if (ptex < hptes()) return false;
    if (!has(wraps)) return true;
    ptex &= hptes() - 1;
    return false;
  }

  Response enter(std::uint64_t flags, std::uint64_t ptex, Hpte hpte) {
    if (beyond(ptex, D::enter_beyond_wraps))
      return {has(D::enter_beyond_is_h_pteg_full) ? status::H_PTEG_FULL : status::H_PARAMETER};
    const auto group = ptex & ~std::uint64_t{7};
    if ((flags & H_EXACT) != 0 && !has(D::enter_exact_ignored)) {
      if (table_.contains(ptex) && !has(D::enter_exact_overwrites))
        return {has(D::enter_occupied_is_h_parameter) ? status::H_PARAMETER : status::H_PTEG_FULL};
      table_[ptex] = hpte;
      return {status::H_SUCCESS, {has(D::enter_exact_returns_group) ? group : ptex}};
    }
    for (ptex = group; ptex < group + (has(D::enter_sees_seven_slots) ? 7 : 8); ++ptex)
      if (table_.emplace(ptex, hpte).second)
        return {status::H_SUCCESS, {has(D::enter_returns_group) ? group : ptex}};
    if (!has(D::enter_full_overwrites))
      return {has(D::enter_full_is_h_resource) ? status::H_RESOURCE : status::H_PTEG_FULL};
    table_[group + 7] = hpte;
    return {status::H_SUCCESS, {group + 7}};
  }

  Response read(std::uint64_t flags, std::uint64_t ptex) const {
    if (ptex >= hptes()) return {status::H_PARAMETER};
    const std::uint64_t slots = (flags & H_READ_4) != 0 ? 4 : 1;
    if (slots == 4 && !has(D::read_four_unaligned)) ptex &= ~std::uint64_t{3};
    Response response{status::H_SUCCESS};
    for (std::uint64_t i = 0; i < slots; ++i) {
      const auto found = table_.find(ptex + i);
      if (found == table_.end() || (has(D::read_hides_unbolted) && !found->second.bolted())) continue;
      response.out[2 * i] = found->second.high;
      response.out[2 * i + 1] = found->second.low;
    }
    return response;
  }

  static bool matches(const Hpte& hpte, bool avpn, bool andcond, std::uint64_t value) {
    return !(avpn && (hpte.high & ~0x7full) != value) && !(andcond && (hpte.high & value) != 0);
  }

  Response remove(std::uint64_t flags, std::uint64_t ptex, std::uint64_t avpn) {
    if (beyond(ptex, D::remove_beyond_wraps))
      return {has(D::remove_beyond_is_h_not_found) ? status::H_NOT_FOUND : status::H_PARAMETER};
    const auto found = table_.find(ptex);
    if (found == table_.end() || (has(D::remove_refuses_bolted) && found->second.bolted()) ||
        !matches(found->second, (flags & H_AVPN) != 0 && !has(D::remove_ignores_avpn),
                 (flags & H_ANDCOND) != 0 && !has(D::remove_ignores_andcond), avpn))
      return {status::H_NOT_FOUND};
    const Response response{status::H_SUCCESS, {found->second.high, found->second.low}};
    if (!has(D::remove_removes_nothing)) table_.erase(found);
    return response;
  }

  Response protect(std::uint64_t flags, std::uint64_t ptex, std::uint64_t avpn) {
    if (beyond(ptex, D::protect_beyond_wraps))
      return {has(D::protect_beyond_is_h_not_found) ? status::H_NOT_FOUND : status::H_PARAMETER};
    const auto found = table_.find(ptex);
    if (found == table_.end()) return {has(D::protect_ignores_v) ? status::H_SUCCESS : status::H_NOT_FOUND};
    if (!matches(found->second, (flags & H_AVPN) != 0 && !has(D::protect_ignores_avpn), false, avpn))
      return {status::H_NOT_FOUND};
    if (!has(D::protect_changes_nothing)) found->second.low = (found->second.low & ~7ull) | (flags & 7);
    if (has(D::protect_drops_bolted_bit)) found->second.high &= ~HPTE_BOLTED;
    return {status::H_SUCCESS};
  }

  Response bulk_remove(const Call& call) {
    Response response{status::H_SUCCESS};
    for (std::size_t i = 0; i < 8; i += 2) {
      const auto high = call.args[i], avpn = call.args[i + 1], ptex = high & bulk::ptex;
      if ((high & bulk::type) == bulk::end) break;
      auto& answer = response.out[i];
      const bool past = ptex >= hptes();
      if ((high & bulk::type) != bulk::request || (high & bulk::andcond && high & bulk::avpn) ||
          (past && !has(D::bulk_beyond_is_not_found))) {
        answer = bulk::response | bulk::parameter | ptex;
        if (has(D::bulk_goes_on_after_parameter)) continue;
        response.status = status::H_PARAMETER;
        break;
      }
      const auto found = table_.find(ptex);
      if (found == table_.end() ||
          !matches(found->second, (high & bulk::avpn) != 0 && !has(D::bulk_ignores_avpn),
                   (high & bulk::andcond) != 0, avpn)) {
        answer = bulk::response | bulk::not_found | ptex;
        if (has(D::bulk_stops_at_not_found)) break;
        continue;
      }
      answer = (has(D::bulk_leaves_requests) ? bulk::request : bulk::response) | bulk::success | ptex;
      if (i == 0 || !has(D::bulk_removes_first_only)) table_.erase(found);
    }
    return response;
  }

  Response prepare(std::uint64_t flags, std::uint64_t shift) {
    if (flags == 0 && pending_ != 0 && shift == pending_) {
      prepared_ = true;
      return {status::H_SUCCESS};
    }
    pending_ = 0;
    if (flags != 0 || (shift != 0 && (shift < min_shift || shift > max_shift))) return {status::H_PARAMETER};
    if (shift == 0) return {status::H_SUCCESS};
    pending_ = shift;
    prepared_ = false;
    at_prepare_ = table_;
    return {status::H_LONG_BUSY_ORDER_1_MSEC};
  }

  Response commit(std::uint64_t flags, std::uint64_t shift) {
    const auto fail = [&](std::int64_t code) -> Response {
      if (has(D::commit_failure_drops_unbolted))
        std::erase_if(table_, [](const auto& x) { return !x.second.bolted(); });
      return {code};
    };
    if (pending_ == 0 || flags != 0 || shift != pending_) return fail(status::H_CLOSED);
    if (!prepared_) return fail(status::H_BUSY);
    Table next;
    const auto to = static_cast<unsigned>(shift);
    const auto old = what_is_carried_over();
    std::map<std::uint64_t, std::uint64_t> came_from;  // HPTEGs
    bool collision = false;
    for (const auto& [ptex, hpte] : old) {
      if (!hpte.bolted() && !(has(D::commit_unbolted_collide) && to < shift_)) continue;
      const auto right = rehashed(hpte, ptex, to);
      if (!next.emplace(right, hpte).second) collision = true;
      const auto from = came_from.emplace(right / 8, ptex / 8).first->second;
      if (has(D::commit_false_collision) && from != ptex / 8) collision = true;
    }
    if (collision && !has(D::commit_overwrites_on_collision)) {
      if (has(D::commit_collision_frees_table)) table_.clear();
      if (has(D::commit_collision_moves))
        std::erase_if(table_, [&](const auto& x) { return x.second.bolted() && x.first >= hptes() / 2; });
      return fail(status::H_PTEG_FULL);
    }
    table_ = carried_over(old, to);
    shift_ = to;
    pending_ = 0;
    return {status::H_SUCCESS};
  }

  Response reset() {
    const bool stays = shift_ == start_;
    std::erase_if(table_, [&](const auto& x) {
      return !(stays && (has(D::reset_keeps_entries) || (has(D::reset_keeps_bolted) && x.second.bolted())));
    });
    shift_ = start_;
    pending_ = 0;
    return {};
  }

  Table what_is_carried_over() const {
    auto old = table_;
    const auto last = hptes() / 8 - 1;
    std::erase_if(old, [&](const auto& x) {
      const auto& [ptex, hpte] = x;
      return (has(D::rehash_loses_last_slot) && ptex % 8 == 7) ||
             (has(D::rehash_loses_last_hpteg) && ptex / 8 == last) ||
             (has(D::rehash_loses_first_hpteg) && ptex / 8 == 0) ||
             (has(D::rehash_loses_secondary) && hpte.secondary()) ||
             (has(D::rehash_loses_large) && hpte.large()) || (has(D::rehash_loses_1t) && hpte.terabyte()) ||
             has(D::commit_clears_table) || (has(D::commit_loses_entered) && !at_prepare_.contains(ptex));
    });
    if (has(D::commit_loses_protection))
      for (auto& [ptex, hpte] : old)
        if (const auto was = at_prepare_.find(ptex);
            was != at_prepare_.end() && was->second.high == hpte.high)
          hpte.low = was->second.low;
    if (has(D::commit_resurrects_removed))
      for (const auto& [ptex, hpte] : at_prepare_)
        if (hpte.bolted()) old.emplace(ptex, hpte);
    return old;
  }

  Table carried_over(const Table& old, unsigned to) const {
    static const std::pair<Deviation, Mistake> mistakes[] = {
        {D::rehash_forgets_secondary, Mistake::secondary_ignored},
        {D::rehash_forgets_1t, Mistake::terabyte_as_256m},
        {D::rehash_1t_not_spread, Mistake::terabyte_vsid_not_spread},
        {D::rehash_base_is_4k, Mistake::base_page_is_4k},
        {D::rehash_base_is_actual, Mistake::base_page_is_the_actual_page},
        {D::rehash_b_in_avpn, Mistake::segment_size_left_in_avpn},
        {D::rehash_one_bit_short, Mistake::one_bit_too_few_recovered},
        {D::rehash_one_bit_over, Mistake::one_bit_too_many_recovered},
        {D::rehash_keeps_hpteg, Mistake::hpteg_kept}};
    auto mistake = Mistake::none;
    for (const auto& [deviation, its] : mistakes)
      if (has(deviation)) mistake = its;
    Table next;
    for (const bool bolted : {true, false}) {
      for (const auto& [ptex, hpte] : old) {
        if (hpte.bolted() != bolted) continue;
        auto place = rehashed(hpte, ptex, to, mistake);
        auto copy = hpte;
        if (has(D::rehash_takes_first_slot) && bolted)
          for (place &= ~std::uint64_t{7}; next.contains(place) && place % 8 != 7;) ++place;
        if (has(D::rehash_drops_bolted_bit)) copy.high &= ~HPTE_BOLTED;
        if (has(D::rehash_drops_secondary_bit)) copy.high &= ~HPTE_SECONDARY;
        if (has(D::rehash_clears_second_half)) copy.low = 0;
        if (has(D::commit_unbolted_unhashed) && !bolted) place = ptex & ((std::uint64_t{1} << (to - 4)) - 1);
        if (bolted) next.insert_or_assign(place, copy);
        next.emplace(place, copy);
        if (has(D::commit_leaves_copies) && bolted && to > shift_) next.emplace(ptex, copy);
      }
    }
    return next;
  }

  unsigned start_, shift_;
  Deviations wrong_;
  Table table_, at_prepare_;
  std::uint64_t pending_ = 0;
  bool prepared_ = false;
};

struct Issued {
  Call call;
  Response response;
};

// Issues a plan as a campaign would. `before` sees each call before it is issued.
template <class Before>
void issue(Partition& partition, const Plan& plan, std::vector<Issued>& trace, const Before& before) {
  for (const auto& [call, until_done] : plan) {
    before(call);
    do trace.push_back({call, partition.issue(call)});
    while (until_done && is_long_busy(trace.back().response.status));
  }
}
void issue(Partition& partition, const Plan& plan, std::vector<Issued>& trace) {
  issue(partition, plan, trace, [](const Call&) {});
}

struct RealPage {
  std::uint64_t address;
  unsigned shift;  // of the actual page's size
};
RealPage real_page_of(const Hpte& hpte) {
  const auto number = hpte.low & 0x0ffffffffffff000;
  if (hpte.large())
    for (const auto& e : hashing::page_encodings)
      if (((hpte.low >> 12) & e.mask) == e.lp) return {number - (std::uint64_t{e.lp} << 12), e.actual_shift};
  return {number, 12};
}

// What a legal guest never does.
void expect_legal(const Call& call, const Partition& partition, const std::string& where) {
  if (call.token != token::H_ENTER) return;
  const auto hptes = std::uint64_t{1} << (partition.shift() - 4);
  const Hpte hpte{call.args[2], call.args[3]};
  // Beyond the table: where a cut would put it.
  const auto ptex = call.args[1] & (hptes - 1);
  EXPECT_TRUE(stands_right(hpte, ptex, partition.shift())) << where << to_string(call);
  EXPECT_EQ(hpte.low & 0x78, 0x10u) << where << to_string(call);
  EXPECT_EQ(hpte.high & 0x69, HPTE_VALID) << where << to_string(call);
  // Memory that every partition has, from a boundary of the page on.
  const auto real = real_page_of(hpte);
  EXPECT_EQ(real.address % (std::uint64_t{1} << real.shift), 0u) << where << to_string(call);
  EXPECT_LT(real.address, 2u << 20) << where << to_string(call);
  for (const auto& [other_ptex, other] : partition.table())
    EXPECT_NE(words_of(page_of(other, other_ptex)), words_of(page_of(hpte, ptex)))
        << where << to_string(call) << " maps a page again";
}

std::vector<Issued> tour_trace(unsigned shift, unsigned limit, Pages pages) {
  Partition partition(shift);
  std::vector<Issued> trace;
  for (const auto& plan : content_tour(partition.situation(limit), pages)) issue(partition, plan, trace);
  for (const auto& plan : reset_tour(partition.situation(limit))) issue(partition, plan, trace);
  return trace;
}

std::vector<Issued> guest_trace(unsigned shift, unsigned limit, std::uint64_t seed, std::size_t calls) {
  Partition partition(shift);
  ContentGuest guest(seed, all_pages);
  std::vector<Issued> trace;
  while (trace.size() < calls)
    issue(partition, guest.next(partition.situation(limit), partition.held()), trace);
  return trace;
}

// After how many calls a partition with the deviation answers otherwise; 0 if it never does.
std::size_t shows_after(Deviation deviation, const std::vector<Issued>& trace, unsigned shift) {
  Partition partition(shift, {deviation});
  for (std::size_t i = 0; i < trace.size(); ++i)
    if (!(partition.issue(trace[i].call) == trace[i].response)) return i + 1;
  return 0;
}

std::vector<Deviation> content_deviations() {
  std::vector<Deviation> list;
  for (std::size_t i = 0; i < deviation_texts().size(); ++i)
    if (deviation_texts()[i].seen_in == SeenIn::contents) list.push_back(static_cast<Deviation>(i));
  return list;
}

// Two that touch bits of the hash which no table of up to 2^26 bytes uses: the segment size bits get to the
// topmost one, which takes a table of 2^46 bytes, the shifted VSID to those from 25 on, which takes 2^33.
bool can_show(Deviation deviation, unsigned limit = 26) {
  return !(deviation == D::rehash_b_in_avpn && limit < 46) &&
         !(deviation == D::rehash_1t_not_spread && limit < 33);
}

TEST(vast_content_tour, shows_what_only_a_large_table_shows) {
  for (const unsigned limit : {32u, 33u, 46u}) {
    Partition partition(24);
    std::vector<Issued> trace;
    for (const auto& plan : vast_content_tour(partition.situation(limit), all_pages)) {
      issue(partition, plan, trace, [&](const Call& call) { expect_legal(call, partition, "vast: "); });
      EXPECT_EQ(partition.shift(), 24u);
      EXPECT_EQ(partition.table().size(), 0u);
    }
    for (const auto deviation : {D::rehash_b_in_avpn, D::rehash_1t_not_spread})
      EXPECT_EQ(shows_after(deviation, trace, 24) != 0, can_show(deviation, limit))
          << id_of(deviation) << limit;
  }
  EXPECT_TRUE(vast_content_tour({false, 0, 24, 25}, all_pages).empty());
}

TEST(vast_content_tour, is_legal_where_it_is_refused) {
  Partition partition(24);
  for (const auto& plan : vast_content_tour(partition.situation(46), all_pages))
    for (const auto& [call, until_done] : plan) {
      expect_legal(call, partition, "refused: ");
      if (call.token == token::H_RESIZE_HPT_PREPARE && call.args[1] != 24) continue;
      partition.issue(call);
      if (until_done) partition.issue(call);
    }
  EXPECT_EQ(partition.shift(), 24u);
  EXPECT_EQ(partition.table().size(), 0u);
}

TEST(content_tour, every_deviation_that_contents_show_is_shown) {
  for (const auto& [shift, limit] : {std::pair{24u, 30u}, {19u, 22u}, {18u, 20u}, {26u, 26u}}) {
    const auto trace = tour_trace(shift, limit, all_pages);
    for (const auto deviation : content_deviations())
      EXPECT_EQ(shows_after(deviation, trace, shift) != 0, can_show(deviation))
          << id_of(deviation) << " from " << shift;
  }
}

TEST(content_tour, stays_legal_and_leaves_the_table_as_it_was) {
  for (const auto& [shift, limit] :
       {std::pair{24u, 30u}, {19u, 22u}, {18u, 20u}, {18u, 18u}, {26u, 26u}, {20u, 46u}})
    for (const Pages pages : {Pages{0}, all_pages}) {
      const auto where = "from " + std::to_string(shift) + ": ";
      Partition partition(shift);
      std::vector<Issued> trace;
      for (const auto& plan : content_tour(partition.situation(limit), pages)) {
        EXPECT_FALSE(plan.empty());
        issue(partition, plan, trace, [&](const Call& call) { expect_legal(call, partition, where); });
        EXPECT_EQ(partition.shift(), shift);
        EXPECT_EQ(partition.table().size(), 0u) << shift;
      }
    }
}

TEST(reset_tour, stays_legal_and_leaves_the_partition_as_it_was) {
  for (const auto& [shift, limit] : {std::pair{24u, 30u}, {19u, 22u}, {18u, 20u}, {18u, 18u}, {26u, 26u}}) {
    const auto where = "from " + std::to_string(shift) + ": ";
    Partition partition(shift);
    const auto at = partition.situation(limit);
    std::vector<Issued> trace;
    for (const auto& plan : reset_tour(at)) {
      EXPECT_EQ(std::ranges::count(plan, token::reset, [](const auto& p) { return p.call.token; }) > 0, true);
      issue(partition, plan, trace, [&](const Call& call) { expect_legal(call, partition, where); });
      EXPECT_EQ(partition.situation(limit), at);
      EXPECT_EQ(partition.table().size(), 0u) << shift;
    }
  }
}

TEST(content_tour, asks_for_no_more_than_the_limit) {
  for (const unsigned limit : {18u, 19u, 24u})
    for (const auto& plan : content_tour({false, 0, std::min(limit, 19u), limit}, all_pages))
      for (const auto& [call, until_done] : plan)
        if (call.token == token::H_RESIZE_HPT_PREPARE) {
          EXPECT_LE(call.args[1], limit);
        }
}

TEST(content_guest, every_deviation_that_contents_show_is_shown) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto trace = guest_trace(19, 22, seed, 12000);
    for (const auto deviation : content_deviations())
      EXPECT_EQ(shows_after(deviation, trace, 19) != 0, can_show(deviation))
          << id_of(deviation) << ", seed " << seed;
  }
}

TEST(content_guest, stays_legal_and_commits_last) {
  for (const auto& [shift, limit] : {std::pair{18u, 19u}, {19u, 22u}, {24u, 46u}}) {
    Partition partition(shift);
    ContentGuest guest(shift, all_pages);
    std::vector<Issued> trace;
    std::size_t most_held = 0, longest = 0, commits = 0, collisions = 0, resets = 0;
    for (int i = 0; i < 1500; ++i) {
      const auto plan = guest.next(partition.situation(limit), partition.held());
      ASSERT_FALSE(plan.empty());
      longest = std::max(longest, plan.size());
      for (std::size_t k = 0; k < plan.size(); ++k) {
        if (plan[k].call.token == token::H_RESIZE_HPT_COMMIT || plan[k].call.token == token::reset) {
          EXPECT_EQ(k + 1, plan.size());
        }
        resets += plan[k].call.token == token::reset;
        if (plan[k].call.token == token::H_RESIZE_HPT_PREPARE) {
          EXPECT_LE(plan[k].call.args[1], std::min(limit, 26u));
          EXPECT_EQ(plan[k].call.args[0], 0u);
        }
      }
      issue(partition, plan, trace,
            [&](const Call& call) { expect_legal(call, partition, "segment " + std::to_string(i) + ": "); });
      most_held = std::max(most_held, partition.table().size());
      if (trace.back().call.token != token::H_RESIZE_HPT_COMMIT) continue;
      commits += trace.back().response.status == status::H_SUCCESS;
      collisions += trace.back().response.status == status::H_PTEG_FULL;
    }
    EXPECT_LT(most_held, 400u);
    EXPECT_LE(longest, 150u);
    EXPECT_GT(commits, 100u);
    EXPECT_GT(collisions, 20u);
    EXPECT_GE(resets, 25u);
    if (testing::Test::HasFailure()) return;
  }
}

RC_GTEST_PROP(content_guest, equal_seeds_give_equal_plans, (std::uint64_t seed)) {
  ContentGuest a(seed, all_pages), b(seed, all_pages), c(seed + 1, all_pages);
  Partition partition(20);
  std::vector<Issued> trace;
  bool differs = false;
  for (int i = 0; i < 20; ++i) {
    const auto plan = a.next(partition.situation(24), partition.held());
    RC_ASSERT(plan == b.next(partition.situation(24), partition.held()));
    differs |= plan != c.next(partition.situation(24), partition.held());
    issue(partition, plan, trace);
  }
  RC_ASSERT(differs);
}

RC_GTEST_PROP(content_guest, pages_that_the_partition_does_not_have_are_left_out, (Pages pages)) {
  pages &= all_pages;
  ContentGuest guest(pages, pages);
  Partition partition(20);
  std::vector<Issued> trace;
  while (trace.size() < 1000) issue(partition, guest.next(partition.situation(24), partition.held()), trace);
  for (const auto& plan : content_tour({false, 0, 20, 24}, pages)) issue(partition, plan, trace);
  std::set<std::uint64_t> encodings;
  for (const auto& [call, response] : trace)
    if (call.token == token::H_ENTER && (call.args[2] & HPTE_LARGE) != 0)
      encodings.insert(call.args[3] >> 12 & 0xff);
  for (std::size_t i = 0; i < hashing::page_encodings.size(); ++i)
    RC_ASSERT(encodings.contains(hashing::page_encodings[i].lp) == ((pages >> i & 1) != 0));
}

TEST(content_guest, a_fresh_partition_begins_anew) {
  ContentGuest guest(3, all_pages);
  for (int round = 0; round < 3; ++round) {
    Partition partition(20);
    std::vector<Issued> trace;
    for (int i = 0; i < 30; ++i)
      issue(partition, guest.next(partition.situation(24), partition.held()), trace,
            [&](const Call& call) { expect_legal(call, partition, ""); });
    guest.restart();
  }
}

TEST(content_guest, every_class_slot_and_bit_is_entered) {
  // Segment size, LP encoding (6: none), secondary, bolted.
  std::set<std::tuple<bool, std::size_t, bool, bool>> entered;
  std::set<std::uint64_t> slots;
  bool first = false, last = false;
  std::set<std::uint64_t> index_bits;
  std::map<unsigned, std::set<std::uint64_t>> real_pages;  // by the logarithm of the size
  for (const auto& [call, response] : guest_trace(20, 22, 5, 20000)) {
    if (call.token != token::H_ENTER || response.status != status::H_SUCCESS) continue;
    const Hpte hpte{call.args[2], call.args[3]};
    std::size_t encoding = 6;
    for (std::size_t i = 0; i < 6 && hpte.large(); ++i)
      if (const auto& e = hashing::page_encodings[i]; ((hpte.low >> 12) & e.mask) == e.lp) encoding = i;
    entered.insert({hpte.terabyte(), encoding, hpte.secondary(), hpte.bolted()});
    slots.insert(response.out[0] % 8);
    first |= response.out[0] / 8 == 0;
    last |= response.out[0] / 8 == 0x1fff || response.out[0] / 8 == 0x7ff;
    const auto index = raw(page_of(hpte, response.out[0]).index);
    for (std::uint64_t bit = 0; bit < 28; ++bit)
      if ((index >> bit & 1) != 0) index_bits.insert(bit);
    const auto real = real_page_of(hpte);
    real_pages[real.shift].insert(real.address >> real.shift);
  }
  EXPECT_EQ(entered.size(), 13u * 4);
  EXPECT_EQ(slots.size(), 8u);
  EXPECT_TRUE(first && last);
  EXPECT_EQ(index_bits.size(), 28u);
  EXPECT_GT(real_pages[12].size(), 50u);
  EXPECT_EQ(real_pages[16].size(), 32u);  // so all of what LP leaves to them
  EXPECT_EQ(real_pages[24], std::set<std::uint64_t>{0});
}

TEST(content_guest, pairs_collide_and_nearly_collide_at_every_distance) {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Partition partition(22);
    ContentGuest guest(seed, all_pages);
    std::vector<Issued> trace;
    for (int i = 0; i < 400; ++i) {
      const auto plan = guest.next(partition.situation(24), partition.held());
      issue(partition, plan, trace);
      const auto held = partition.held();
      for (std::size_t a = 0; a < held.size(); ++a)
        for (std::size_t b = 0; b < a; ++b) {
          const Hpte x{held[a].high, held[a].low}, y{held[b].high, held[b].low};
          for (unsigned to = partition.shift() - 1; to >= min_shift; --to) {
            const auto xp = rehashed(x, held[a].ptex, to), yp = rehashed(y, held[b].ptex, to);
            if (xp / 8 != yp / 8 || held[a].ptex / 8 == held[b].ptex / 8) continue;
            const auto how = xp != yp                   ? "other slot"
                             : x.bolted() != y.bolted() ? "one not bolted"
                             : x.bolted()               ? "collide"
                                                        : "neither bolted";
            ++seen[how + (" at " + std::to_string(partition.shift() - to))];
            break;
          }
        }
    }
  }
  for (const auto how : {"collide", "other slot", "one not bolted"})
    for (int distance = 1; distance <= 4; ++distance)
      EXPECT_GT(seen[how + (" at " + std::to_string(distance))], 0) << how << " at " << distance;
}

// An HPTE that comes back stands where it would have gone.
TEST(content_guest, what_was_removed_is_looked_for_after_a_commit) {
  Partition partition(18);
  ContentGuest guest(2, all_pages);
  int looked_for = 0;
  for (int i = 0; i < 2000; ++i) {
    std::vector<Issued> trace;
    std::vector<std::pair<Hpte, std::uint64_t>> removed;
    issue(partition, guest.next(partition.situation(22), partition.held()), trace, [&](const Call& call) {
      const auto found = partition.table().find(call.args[1]);
      if (call.token == token::H_REMOVE && found != partition.table().end())
        removed.emplace_back(found->second, found->first);
      if (call.token == token::H_RESIZE_HPT_COMMIT)
        std::erase_if(removed, [&](const auto& x) { return partition.table().contains(x.second); });
    });
    if (trace.back().call.token != token::H_RESIZE_HPT_COMMIT) continue;
    std::set<std::uint64_t> read;
    const auto only_reads = [](const Plan& plan) {
      return std::ranges::all_of(plan, [](const auto& p) { return p.call.token == token::H_READ; });
    };
    for (auto plan = guest.next(partition.situation(22), partition.held()); only_reads(plan);
         plan = guest.next(partition.situation(22), partition.held()))
      for (const auto& [call, until_done] : plan) read.insert(call.args[1]);
    if (removed.size() > 5) removed.erase(removed.begin(), removed.end() - 5);
    for (const auto& [hpte, ptex] : removed) {
      ++looked_for;
      EXPECT_TRUE(read.contains(rehashed(hpte, ptex, partition.shift()) & ~std::uint64_t{3})) << i;
    }
  }
  EXPECT_GT(looked_for, 50);
}

// With a table so large that an HPTEG has room for few segments: the page source runs into what it has used.
TEST(page_source, never_draws_a_page_twice) {
  PageSource source(1);
  std::set<std::uint64_t> tebibytes;
  // 16 GiB pages, because the fewer indices a segment has the less the VSIDs of one HPTEG differ.
  for (int i = 0; i < 2000; ++i) {
    const bool terabyte = i % 4 != 0;
    const Wanted wanted{
        {terabyte, terabyte ? std::optional<std::uint8_t>(5) : std::nullopt}, i % 2 == 0, true, 2};
    const auto page = source.next(wanted, 36, 0x155);
    EXPECT_TRUE(tebibytes.insert(terabyte ? raw(page.vsid) : raw(page.vsid) >> 12).second);
    EXPECT_EQ(place(page, wanted, 36, 3).ptex, 0x155u * 8 + 3);
  }
}

TEST(page_source, entries_are_of_their_page) {
  PageSource source(2);
  for (const auto& kind : page_kinds(all_pages))
    for (unsigned i = 0; i < 32; ++i) {
      const Wanted wanted{kind, i % 2 == 1, i % 4 < 2, i % 8};
      const auto page = source.next(wanted, 18 + i % 8, i);
      const auto placed = place(page, wanted, 18 + i % 8, i % 8);
      EXPECT_EQ(placed.ptex, i * 8 + i % 8);
      EXPECT_TRUE(holds(hashing::is_page(page)));
      EXPECT_TRUE(holds(hashing::maps(Entry{W64(placed.high), W64(placed.low)}, page)));
      EXPECT_EQ(words_of(page_of({placed.high, placed.low}, placed.ptex)), words_of(page));
    }
}

TEST(look_around, sees_both_halves_where_they_are_and_where_they_were) {
  const Held held[] = {{0x123 * 8 + 5, 0x11, 0x10, true}};
  const std::uint64_t stood[] = {0x4321 * 8 + 5};
  std::set<std::uint64_t> read;
  for (const auto& [call, until_done] : look_around(19, held, stood, 3)) {
    ASSERT_EQ(call.token, token::H_READ);
    if (call.args[0] == H_READ_4) read.insert(call.args[1]);
  }
  // 2^19 bytes are 0x1000 HPTEGs.
  for (const std::uint64_t hpteg : {0x0, 0xfff, 0x123, 0x321}) {
    EXPECT_TRUE(read.contains(hpteg * 8)) << hpteg;
    EXPECT_TRUE(read.contains(hpteg * 8 + 4)) << hpteg;
  }
  EXPECT_EQ(read.size(), 2u * 7);
  EXPECT_EQ(look_around(18, held, stood, 0, std::uint64_t{1} << 14).size(), (1u << 12) + 2);
}

TEST(hostile_plans, stand_wrong_and_resize_both_ways) {
  std::size_t wrong = 0, right = 0, reserved = 0, unlisted = 0;
  bool smaller = false, larger = false;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto plans = hostile_plans({false, 0, 20, 24}, seed);
    EXPECT_EQ(plans, hostile_plans({false, 0, 20, 24}, seed));
    EXPECT_NE(plans, hostile_plans({false, 0, 20, 24}, seed + 1));
    for (const auto& plan : plans)
      for (const auto& [call, until_done] : plan) {
        if (call.token == token::H_RESIZE_HPT_COMMIT) {
          smaller |= call.args[1] < 20;
          larger |= call.args[1] > 20;
          EXPECT_LE(call.args[1], 24u);
        }
        if (call.token != token::H_ENTER) continue;
        const Hpte hpte{call.args[2], call.args[3]};
        (stands_right(hpte, call.args[1], 20) ? right : wrong) += 1;
        reserved += hpte.high >> 62 >= 2;
        unlisted += hpte.large() && raw(page_of(hpte, call.args[1]).base_shift) == 0;
      }
  }
  EXPECT_GT(wrong, 10 * right);
  EXPECT_GT(reserved, 50u);
  EXPECT_GT(unlisted, 50u);
  EXPECT_TRUE(smaller && larger);
}

}  // namespace
}  // namespace hptck
