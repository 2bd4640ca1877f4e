// The built-in hypervisor in scheme B. What both schemes share is tested in builtin_test.cpp; here is what
// only this one does: entries that are in the new table before COMMIT. Where they belong is computed from the
// pages' virtual addresses, as the Power ISA has it, and not from the entries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <map>
#include <random>
#include <set>

#include "conformance/adapters/builtin/builtin_adapter.h"

namespace hptck {
namespace {

using namespace status;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Truly;
using D = Deviation;
using Statuses = std::vector<std::int64_t>;

constexpr std::uint64_t secondary_bit = 0x2;
constexpr std::uint64_t memory = 0x190;  // doubleword 1: ordinary memory, with R and C
constexpr Permissions none{
    .hardware_every = 0, .migration_every = 0, .shortage_every = 0, .timeout_steps = 0};

// A 4 KiB page, and the slot that its entry has in the HPTEG.
struct Page {
  std::uint64_t vsid = 0;
  std::uint64_t number = 0;  // in its segment
  std::uint64_t slot = 0;
  bool terabyte = false, secondary = false, bolted = true;
};

std::uint64_t ptex(const Page& page, unsigned shift) {
  auto hash = page.vsid ^ page.number;
  if (page.terabyte) hash ^= page.vsid << 25;
  if (page.secondary) hash = ~hash;
  return (hash & ((std::uint64_t{1} << (shift - 7)) - 1)) * 8 + page.slot;
}

Hpte entry_of(const Page& page) {
  const unsigned segment_bits = page.terabyte ? 40 : 28;
  const auto avpn = (page.vsid << (segment_bits - 23)) | (page.number >> 11);
  Hpte hpte{(avpn << 7) | HPTE_VALID, (page.number << 12) | memory};
  if (page.terabyte) hpte.high |= std::uint64_t{1} << 62;
  if (page.secondary) hpte.high |= secondary_bit;
  if (page.bolted) hpte.high |= HPTE_BOLTED;
  return hpte;
}

Call enter(const Page& page, unsigned shift) {
  const auto hpte = entry_of(page);
  return {token::H_ENTER, {H_EXACT, ptex(page, shift), hpte.high, hpte.low}};
}

Hpte read(Hypervisor& iut, std::uint64_t at) {
  const auto response = iut.hcall(read_hpte(at));
  EXPECT_EQ(response.status, H_SUCCESS) << at;
  return {response.out[0], response.out[1]};
}

constexpr std::uint64_t last_ptex(unsigned shift) { return (std::uint64_t{1} << (shift - 4)) - 1; }

void expect_size(Hypervisor& iut, unsigned shift) {
  EXPECT_EQ(iut.hcall(read_hpte(last_ptex(shift))).status, H_SUCCESS) << shift;
  EXPECT_EQ(iut.hcall(read_hpte(last_ptex(shift) + 1)).status, H_PARAMETER) << shift;
}

SchemeB hypervisor(unsigned initial_shift = 24, const Deviations& deviations = {}) {
  return SchemeB({.initial_shift = initial_shift, .permissions = none, .deviations = deviations});
}

// Two pages that need one slot of a 2^18 table, in tables above 2^18.
constexpr Page one{.vsid = 0x003, .slot = 5}, other{.vsid = 0x803, .slot = 5};

// Pages whose entries no table from 2^18 on has in one slot.
std::vector<Page> pages(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::set<std::uint64_t> taken;
  std::vector<Page> list;
  while (list.size() < count) {
    Page page;
    page.terabyte = random() % 2 == 0;
    page.secondary = random() % 2 == 0;
    page.vsid = random() & (page.terabyte ? 0x3fffffffff : 0x3ffffffffffff);
    page.number = random() & (page.terabyte ? 0xfffffff : 0xffff);
    page.slot = random() % 8;
    if (taken.insert(ptex(page, 18)).second) list.push_back(page);
  }
  return list;
}

// Every entry of a 2^18 table, by its place.
std::map<std::uint64_t, std::uint64_t> contents(Hypervisor& iut) {
  std::map<std::uint64_t, std::uint64_t> found;
  for (std::uint64_t at = 0; at <= last_ptex(18); ++at)
    if (const auto hpte = read(iut, at); hpte != Hpte{}) found[at] = hpte.high;
  return found;
}

TEST(scheme_b_prepare, takes_the_time_of_the_tables_size) {
  auto iut = hypervisor();
  EXPECT_EQ(iut.hcall(prepare(0, 20)).status, H_SUCCESS);
  int polls = 1;
  for (; is_long_busy(iut.hcall(prepare(0, 24)).status); ++polls) EXPECT_LT(polls, 100);
  EXPECT_EQ(polls, 17);
}

TEST(scheme_b_prepare, takes_the_time_of_copying_the_entries) {
  const auto polls_for = [](std::size_t entries) {
    auto iut = hypervisor();
    for (const auto& page : pages(entries, 1)) EXPECT_EQ(iut.hcall(enter(page, 24)).status, H_SUCCESS);
    int polls = 1;
    for (; is_long_busy(iut.hcall(prepare(0, 18)).status); ++polls) EXPECT_LT(polls, 100);
    EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
    return polls;
  };
  EXPECT_EQ(polls_for(0), 1);
  EXPECT_EQ(polls_for(2), 1);
  EXPECT_EQ(polls_for(3), 2);
  EXPECT_EQ(polls_for(20), 10);
  EXPECT_EQ(polls_for(21), 11);
}

TEST(scheme_b_prepare, is_over_in_the_guests_own_time_too) {
  auto iut = hypervisor();
  for (const auto& page : pages(200, 1)) iut.hcall(enter(page, 24));
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_LONG_BUSY_ORDER_100_MSEC);
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_BUSY);
  expect_size(iut, 24);
  iut.advance(std::chrono::milliseconds(13));
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
  expect_size(iut, 18);
}

TEST(scheme_b_prepare, collision_ends_it_and_shows_at_once_when_it_is_met_at_once) {
  auto iut = hypervisor();
  iut.hcall(enter(one, 24));
  iut.hcall(enter(other, 24));
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_PTEG_FULL);
    EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_PTEG_FULL);
    expect_size(iut, 24);
    EXPECT_EQ(read(iut, ptex(one, 24)), entry_of(one));
    EXPECT_EQ(read(iut, ptex(other, 24)), entry_of(other));
  }
  EXPECT_EQ(iut.hcall(prepare(0, 19)).status, H_SUCCESS);  // one bit more keeps the two apart
  EXPECT_EQ(iut.hcall(commit(0, 19)).status, H_SUCCESS);
  EXPECT_EQ(read(iut, ptex(one, 19)), entry_of(one));
  EXPECT_EQ(read(iut, ptex(other, 19)), entry_of(other));
}

TEST(scheme_b_prepare, collision_shows_when_copying_comes_to_it) {
  auto iut = hypervisor();
  for (const auto& page : {one, other, Page{.vsid = 0, .slot = 0}, Page{.vsid = 0, .slot = 1}})
    EXPECT_EQ(iut.hcall(enter(page, 24)).status, H_SUCCESS);
  EXPECT_TRUE(is_long_busy(iut.hcall(prepare(0, 18)).status));
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_PTEG_FULL);
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_PTEG_FULL);
}

// Before the table is set up as a whole: there is nothing left to prepare for.
TEST(scheme_b_prepare, collision_ends_it_before_its_time) {
  SchemeB iut({.initial_shift = 30, .permissions = none, .deviations = {}});
  const Page near{.vsid = 0x3}, far{.vsid = 0x3 | 1ull << 22};
  iut.hcall(enter(near, 30));
  iut.hcall(enter(far, 30));
  EXPECT_EQ(iut.hcall(prepare(0, 28)).status, H_PTEG_FULL);
  EXPECT_EQ(iut.hcall(commit(0, 28)).status, H_PTEG_FULL);
}

TEST(scheme_b_prepare, another_size_discards_what_was_copied) {
  auto iut = hypervisor();
  iut.hcall(enter(one, 24));
  iut.hcall(enter(other, 24));
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_PTEG_FULL);
  EXPECT_EQ(iut.hcall(prepare(1, 18)).status, H_PARAMETER);
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_CLOSED);
  EXPECT_EQ(iut.hcall(prepare(0, 20)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(prepare(0, 19)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 20)).status, H_CLOSED);
  EXPECT_EQ(iut.hcall(prepare(0, 0)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 19)).status, H_CLOSED);
  const Page later{.vsid = 9};
  EXPECT_EQ(iut.hcall(enter(later, 24)).status, H_SUCCESS);
  EXPECT_TRUE(is_long_busy(iut.hcall(prepare(0, 19)).status));
  iut.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(iut.hcall(commit(0, 19)).status, H_SUCCESS);
  for (const auto& page : {one, other, later}) EXPECT_EQ(read(iut, ptex(page, 19)), entry_of(page));
}

// Entries from before and from any time during preparation, through sizes up and down.
TEST(scheme_b_commit, every_bolted_entry_is_in_its_slot_of_the_right_hpteg) {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    const auto all = pages(240, seed);
    SchemeB iut({.max_shift = 46, .permissions = none, .deviations = {}});
    unsigned current = 24;
    std::size_t entered = 0;
    const auto enter_some = [&](std::size_t count) {
      for (; count != 0; --count, ++entered)
        EXPECT_EQ(iut.hcall(enter(all[entered], current)).status, H_SUCCESS);
    };
    enter_some(30);
    for (const unsigned shift : {18, 30, 30, 21, 46, 24, 18}) {
      SCOPED_TRACE(shift);
      EXPECT_THAT(iut.hcall(prepare(0, shift)).status, AnyOf(H_SUCCESS, Truly(is_long_busy)));
      enter_some(15);
      iut.advance(std::chrono::milliseconds(100));
      enter_some(15);
      EXPECT_EQ(iut.hcall(prepare(0, shift)).status, H_SUCCESS);
      EXPECT_EQ(iut.hcall(commit(0, shift)).status, H_SUCCESS);
      EXPECT_EQ(iut.hcall(commit(0, shift)).status, H_CLOSED);
      expect_size(iut, shift);
      current = shift;
      for (std::size_t i = 0; i < entered; ++i)
        EXPECT_EQ(read(iut, ptex(all[i], shift)), entry_of(all[i])) << i;
    }
    EXPECT_EQ(entered, all.size());
    EXPECT_EQ(contents(iut).size(), all.size());
  }
}

TEST(scheme_b_commit, entries_that_are_not_bolted_stay_only_if_they_were_mirrored) {
  auto iut = hypervisor();
  const Page before{.vsid = 0x10, .bolted = false}, during{.vsid = 0x12345, .number = 7, .bolted = false};
  iut.hcall(enter(before, 24));
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  iut.hcall(enter(during, 24));
  iut.hcall({token::H_ENTER, {H_EXACT, 8, HPTE_BOLTED, memory}});  // not valid
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
  EXPECT_THAT(contents(iut), testing::ElementsAre(std::pair(ptex(during, 18), entry_of(during).high)));
}

TEST(scheme_b_commit, does_not_touch_the_table_that_it_fails_to_replace) {
  auto iut = hypervisor();
  iut.hcall(enter(one, 24));
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 19)).status, H_CLOSED);
  EXPECT_EQ(iut.hcall(commit(1, 18)).status, H_CLOSED);
  expect_size(iut, 24);
  EXPECT_EQ(read(iut, ptex(one, 24)), entry_of(one));
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
}

TEST(scheme_b_enter, collision_ends_preparation_also_after_it_was_reported_as_over) {
  for (const unsigned first_wait_ms : {0, 10}) {
    auto iut = hypervisor();
    for (const auto& page : pages(8, 1)) iut.hcall(enter(page, 24));
    iut.hcall(enter(one, 24));
    EXPECT_TRUE(is_long_busy(iut.hcall(prepare(0, 18)).status));
    iut.advance(std::chrono::milliseconds(first_wait_ms));
    if (first_wait_ms != 0) {
      EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
    }
    EXPECT_EQ(iut.hcall(enter(other, 24)).status, H_SUCCESS);
    EXPECT_EQ(read(iut, ptex(other, 24)), entry_of(other));
    iut.advance(std::chrono::milliseconds(1));
    EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_PTEG_FULL);
    EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_PTEG_FULL);
    expect_size(iut, 24);
    EXPECT_EQ(read(iut, ptex(one, 24)), entry_of(one));
  }
}

TEST(scheme_b_enter, of_two_that_need_one_slot_the_one_that_is_not_bolted_gives_way) {
  auto loose = one;
  loose.bolted = false;
  auto loose_too = other;
  loose_too.bolted = false;
  const std::tuple<Page, Page, Page> cases[] = {
      {loose, other, other}, {other, loose, other}, {loose, loose_too, loose}};
  for (const auto& [first, second, stays] : cases) {
    auto iut = hypervisor();
    EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(enter(first, 24)).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(enter(second, 24)).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
    EXPECT_THAT(contents(iut), testing::ElementsAre(std::pair(ptex(stays, 18), entry_of(stays).high)));
  }
}

// One page entered twice, the second time where no walk finds it.
TEST(scheme_b_enter, entry_in_a_wrong_place_is_no_collision_unless_shrinking) {
  for (const unsigned shift : {23, 24, 25})
    for (const bool during : {false, true}) {
      auto iut = hypervisor();
      const Call misplaced{token::H_ENTER, {H_EXACT, 0x800 * 8 + 5, entry_of(one).high & 0xfff, memory}};
      const Call placed{token::H_ENTER, {H_EXACT, 5, entry_of(one).high & 0xfff, memory}};
      iut.hcall(placed);
      if (!during) iut.hcall(misplaced);
      iut.hcall(prepare(0, shift));
      if (during) iut.hcall(misplaced);
      iut.advance(std::chrono::milliseconds(100));
      EXPECT_EQ(iut.hcall(prepare(0, shift)).status, shift == 23 ? H_PTEG_FULL : H_SUCCESS) << shift;
      EXPECT_EQ(iut.hcall(commit(0, shift)).status, shift == 23 ? H_PTEG_FULL : H_SUCCESS) << shift;
    }
}

TEST(scheme_b_table, fresh_partition_has_nothing_pending) {
  auto iut = hypervisor();
  for (const auto& page : pages(30, 1)) iut.hcall(enter(page, 24));
  EXPECT_TRUE(is_long_busy(iut.hcall(prepare(0, 18)).status));
  iut.restart(true);
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_CLOSED);
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
  EXPECT_TRUE(contents(iut).empty());
}

TEST(scheme_b_permissions, what_is_pending_is_lost_in_a_live_migration_and_the_table_is_not) {
  auto permissions = none;
  permissions.migration_every = 4;
  SchemeB iut({.permissions = permissions, .deviations = {}});
  iut.hcall(enter(one, 24));
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(enter(other, 24)).status, H_SUCCESS);  // after the loss, so nothing collides
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_CLOSED);
  EXPECT_EQ(read(iut, ptex(one, 24)), entry_of(one));
  EXPECT_EQ(read(iut, ptex(other, 24)), entry_of(other));
}

TEST(scheme_b_permissions, memory_is_short_every_so_often) {
  auto permissions = none;
  permissions.shortage_every = 2;
  SchemeB iut({.permissions = permissions, .deviations = {}});
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(prepare(0, 19)).status, H_RESOURCE);
  EXPECT_EQ(iut.hcall(commit(0, 19)).status, H_CLOSED);
  EXPECT_EQ(iut.hcall(prepare(0, 19)).status, H_SUCCESS);
}

TEST(scheme_b_permissions, pending_that_nobody_asks_for_is_dropped_but_not_while_it_is_prepared) {
  auto permissions = none;
  permissions.timeout_steps = 100;
  SchemeB iut({.permissions = permissions, .deviations = {}});
  for (const auto& page : pages(2'000, 1)) iut.hcall(enter(page, 24));
  const auto prepare_for_ms = [&](unsigned time) {
    EXPECT_TRUE(is_long_busy(iut.hcall(prepare(0, 18)).status));
    for (; time != 0; --time) iut.advance(std::chrono::milliseconds(1));
  };
  prepare_for_ms(137);  // 1000 steps less one to copy, and then 100
  EXPECT_TRUE(iut.has_pending());
  iut.advance(std::chrono::milliseconds(1));
  EXPECT_FALSE(iut.has_pending());
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_CLOSED);
  prepare_for_ms(130);
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);  // which is asking for it
  iut.advance(std::chrono::milliseconds(12));
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
}

// A deviation that is about contents, or that has to be done otherwise than in scheme A.
TEST(scheme_b_deviations, in_the_rehash_misplace_entries_copied_and_mirrored) {
  const Page secondary{.vsid = 0x12345, .slot = 3, .secondary = true}, large{.vsid = 0x801, .terabyte = true},
      fifth{.vsid = 0x777, .slot = 5};
  const std::pair<Deviation, Page> cases[] = {{D::rehash_forgets_secondary, secondary},
                                              {D::rehash_forgets_1t, large},
                                              {D::rehash_takes_first_slot, fifth}};
  for (const auto& [deviation, page] : cases)
    for (const auto& deviations : {Deviations{}, Deviations{deviation}})
      for (const bool during : {false, true}) {
        auto iut = hypervisor(20, deviations);
        if (!during) iut.hcall(enter(page, 20));
        EXPECT_TRUE(is_long_busy(iut.hcall(prepare(0, 30)).status));
        if (during) iut.hcall(enter(page, 20));
        iut.advance(std::chrono::milliseconds(100));
        EXPECT_EQ(iut.hcall(commit(0, 30)).status, H_SUCCESS);
        EXPECT_EQ(read(iut, ptex(page, 30)) == entry_of(page), deviations.empty()) << id_of(deviation);
      }
}

TEST(scheme_b_deviations, that_take_no_notice_of_a_collision_lose_one_entry_of_all) {
  const auto others = pages(20, 1);
  for (const auto deviation : {D::commit_ignores_collided, D::commit_overwrites_on_collision}) {
    auto iut = hypervisor(24, {deviation});
    iut.hcall(enter(one, 24));
    iut.hcall(enter(other, 24));
    for (const auto& page : others) iut.hcall(enter(page, 24));
    iut.hcall(prepare(0, 18));
    iut.advance(std::chrono::milliseconds(10));
    const bool shows = deviation == D::commit_ignores_collided;
    EXPECT_EQ(iut.hcall(prepare(0, 18)).status, shows ? H_PTEG_FULL : H_SUCCESS);
    EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
    EXPECT_EQ(contents(iut).size(), others.size() + 1);
    EXPECT_THAT(read(iut, ptex(one, 18)), AnyOf(entry_of(one), entry_of(other)));
  }
}

TEST(scheme_b_deviations, that_leave_something_pending_leave_it_in_agreement) {
  for (const auto deviation : {D::commit_swaps, D::commit_keeps_pending}) {
    const unsigned again = deviation == D::commit_swaps ? 24 : 18;
    auto iut = hypervisor(24, {deviation});
    iut.hcall(enter(one, 24));
    EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
    const Page later{.vsid = 0x10804, .slot = 2};
    iut.hcall(enter(later, 18));
    EXPECT_EQ(iut.hcall(commit(0, again)).status, H_SUCCESS) << id_of(deviation);
    expect_size(iut, again);
    EXPECT_EQ(read(iut, ptex(one, again)), entry_of(one)) << id_of(deviation);
    EXPECT_EQ(read(iut, ptex({.vsid = 0x804, .slot = 2}, 18)), again == 18 ? entry_of(later) : Hpte{});
  }
}

// Registers as a hostile guest would fill them, in hypervisors right and wrong, as for scheme A.
TEST(scheme_b_deviations, no_guest_breaks_any_hypervisor) {
  std::mt19937_64 random(1);
  const auto pick = [&random](auto... values) {
    const std::uint64_t list[] = {static_cast<std::uint64_t>(values)...};
    return list[random() % std::size(list)];
  };
  for (const std::uint64_t one_in : {1, 2, 4, 8, 16, 32, 64})
    for (int mixture = 0; mixture < 16; ++mixture) {
      BuiltinOptions options;
      options.scheme = Scheme::b;
      options.max_shift = 46;
      for (int index = 0; index < deviation_count; ++index) {
        const auto deviation = static_cast<Deviation>(index);
        if (can_make(Scheme::b, deviation) && random() % one_in == 0) options.deviations.add(deviation);
      }
      const auto adapter = make_builtin_adapter(options);
      for (int partition = 0; partition < 4; ++partition) {
        adapter->restart({.may_resize = partition != 1});
        std::vector<Call> calls(1'000);
        for (auto& call : calls) {
          call.token =
              pick(token::H_ENTER, token::H_ENTER, token::H_READ, token::H_REMOVE, token::H_PROTECT,
                   token::H_BULK_REMOVE, token::H_RESIZE_HPT_PREPARE, token::H_RESIZE_HPT_COMMIT, random());
          for (auto& argument : call.args)
            argument = pick(0, random(), random() % 64, random() % 4096, ~0ull, 1ull << (random() % 64),
                            H_EXACT, bulk::request | random() % 64, 18, 24, 46);
          if (call.token == token::H_ENTER && random() % 2 == 0) call.args[3] = memory;
        }
        std::vector<Response> responses(calls.size());
        const auto result = adapter->batch(calls, responses);
        EXPECT_EQ(result.answered == calls.size(), !result.fault);
        adapter->wait(std::chrono::milliseconds(random() % 300));
        if (partition >= 2) adapter->reset();
        adapter->batch(calls, responses);
      }
    }
}

// The adapter as the command line makes it.
std::unique_ptr<Adapter> parsed(const std::string& options) {
  const auto choice = builtin_adapter();
  CLI::App app;
  choice.add_options(app);
  app.parse(options);
  return choice.make();
}

TEST(scheme_b_adapter, says_which_scheme_it_is_and_is_of_it) {
  const auto adapter = parsed("--scheme b --initial-shift 24");
  EXPECT_EQ(adapter->describe().name, "hptck built-in, scheme B");
  adapter->restart({});
  const std::vector calls{enter(one, 24), enter(other, 24), prepare(0, 18)};
  std::vector<Response> responses(calls.size());
  adapter->batch(calls, responses);
  EXPECT_EQ(responses.back().status, H_PTEG_FULL);
  EXPECT_EQ(parsed("--scheme a")->describe().name, "hptck built-in, scheme A");
}

TEST(scheme_b_adapter, deviations_that_it_does_not_have_are_refused_in_either_order) {
  for (const std::string id :
       {"commit_collision_switches", "commit_collision_is_h_resource", "commit_collision_is_h_parameter"}) {
    for (const auto& options : {"--scheme b --deviation " + id, "--deviation " + id + " --scheme b"}) {
      try {
        parsed(options);
        FAIL() << options;
      } catch (const CLI::ParseError& error) {
        EXPECT_THAT(error.what(), HasSubstr("scheme b does not have the deviation " + id));
      }
    }
    EXPECT_NO_THROW(parsed("--deviation " + id));
  }
  EXPECT_NO_THROW(parsed("--scheme b --deviation commit_keeps_pending"));
}

}  // namespace
}  // namespace hptck
