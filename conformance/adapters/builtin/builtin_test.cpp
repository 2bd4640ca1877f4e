// The built-in hypervisor against LoPAR: the expectations here are written from the text, one test for each
// of its sentences, and know nothing of the model. Then its permissions, its deviations, and its adapter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <map>
#include <random>

#include "conformance/adapters/builtin/builtin_adapter.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

using namespace status;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using D = Deviation;
using Statuses = std::vector<std::int64_t>;

constexpr Permissions none{
    .hardware_every = 0, .migration_every = 0, .shortage_every = 0, .timeout_steps = 0};

constexpr std::uint64_t memory = 0x190;  // doubleword 1: ordinary memory at address zero, with R and C

Call enter(std::uint64_t flags, std::uint64_t ptex, std::uint64_t high, std::uint64_t low = memory) {
  return {token::H_ENTER, {flags, ptex, high, low}};
}

// A bolted entry of a 4 KiB page, number 0 in a 256 MiB segment: its hash is its VSID.
Call enter_bolted(std::uint64_t vsid, std::uint64_t slot, unsigned shift) {
  const auto hpteg = vsid & ((std::uint64_t{1} << (shift - 7)) - 1);
  return enter(H_EXACT, hpteg * 8 + slot, (vsid << 12) | HPTE_BOLTED | HPTE_VALID);
}

constexpr std::uint64_t last_ptex(unsigned shift) { return (std::uint64_t{1} << (shift - 4)) - 1; }

SchemeA hypervisor(unsigned initial_shift = 24, unsigned largest = 30) {
  return SchemeA(
      {.initial_shift = initial_shift, .max_shift = largest, .permissions = none, .deviations = {}});
}

void expect_size(SchemeA& iut, unsigned shift) {
  EXPECT_EQ(iut.hcall(read_hpte(last_ptex(shift))).status, H_SUCCESS) << shift;
  EXPECT_EQ(iut.hcall(read_hpte(last_ptex(shift) + 1)).status, H_PARAMETER) << shift;
}

void prepare_fully(SchemeA& iut, unsigned shift) {
  ASSERT_THAT(iut.hcall(prepare(0, shift)).status, testing::AnyOf(H_SUCCESS, testing::Truly(is_long_busy)));
  iut.advance(std::chrono::milliseconds(100));
  ASSERT_EQ(iut.hcall(prepare(0, shift)).status, H_SUCCESS);
}

// A 2^24 table with two bolted entries that need one slot of a 2^18 one, which is pending.
SchemeA about_to_collide() {
  auto iut = hypervisor();
  EXPECT_EQ(iut.hcall(enter_bolted(0x0003, 5, 24)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(enter_bolted(0x0803, 5, 24)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  return iut;
}

TEST(scheme_a_prepare, partition_that_may_not_resize_gets_authority_whatever_the_arguments) {
  auto iut = hypervisor();
  iut.restart(false);
  for (const auto& call : {prepare(0, 0), prepare(1, 24), prepare(0, 47), prepare(0, 24)})
    EXPECT_EQ(iut.hcall(call).status, H_AUTHORITY) << to_string(call);
}

TEST(scheme_a_prepare, small_table_is_ready_at_once) {
  auto iut = hypervisor();
  for (const unsigned shift : {18, 19, 20})
    EXPECT_EQ(iut.hcall(prepare(0, shift)).status, H_SUCCESS) << shift;
  EXPECT_TRUE(is_long_busy(iut.hcall(prepare(0, 21)).status));
}

TEST(scheme_a_prepare, match_is_busy_until_prepared_then_success) {
  auto iut = hypervisor();
  Statuses answers;
  for (int call = 0; call <= 16; ++call) answers.push_back(iut.hcall(prepare(0, 24)).status);
  EXPECT_THAT(std::vector(answers.begin(), answers.end() - 1), Each(testing::Truly(is_long_busy)));
  EXPECT_EQ(answers.back(), H_SUCCESS);
}

TEST(scheme_a_prepare, busy_code_follows_the_time_left) {
  auto iut = hypervisor(24, 46);
  EXPECT_EQ(iut.hcall(prepare(0, 46)).status, H_LONG_BUSY_ORDER_100_MSEC);
  iut.advance(std::chrono::milliseconds(78));
  EXPECT_EQ(iut.hcall(prepare(0, 46)).status, H_LONG_BUSY_ORDER_10_MSEC);
  iut.advance(std::chrono::milliseconds(6));
  EXPECT_EQ(iut.hcall(prepare(0, 46)).status, H_LONG_BUSY_ORDER_1_MSEC);
  iut.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(iut.hcall(prepare(0, 46)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(prepare(0, 23)).status, H_LONG_BUSY_ORDER_10_MSEC);  // 9 steps, at 8 to a millisecond
  EXPECT_EQ(iut.hcall(prepare(0, 23)).status, H_LONG_BUSY_ORDER_1_MSEC);
}

TEST(scheme_a_prepare, another_size_discards_and_starts_anew) {
  auto iut = hypervisor();
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(prepare(0, 19)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_CLOSED);
  EXPECT_EQ(iut.hcall(commit(0, 19)).status, H_SUCCESS);
}

TEST(scheme_a_prepare, discards_also_where_it_goes_on_to_an_error) {
  const std::pair<Call, std::int64_t> errors[] = {
      {prepare(1, 18), H_PARAMETER}, {prepare(0, 17), H_PARAMETER},          {prepare(0, 47), H_PARAMETER},
      {prepare(0, 31), H_RESOURCE},  {prepare(1ull << 63, 18), H_PARAMETER}, {prepare(1, 0), H_PARAMETER}};
  for (const auto& [call, error] : errors) {
    auto iut = hypervisor();
    EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(call).status, error) << to_string(call);
    EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_CLOSED) << to_string(call);
  }
}

TEST(scheme_a_prepare, flags_come_before_zero_range_and_resources) {
  auto iut = hypervisor();
  for (const std::uint64_t shift : {0, 17, 18, 31, 47})
    EXPECT_EQ(iut.hcall(prepare(2, shift)).status, H_PARAMETER);
}

TEST(scheme_a_prepare, zero_discards_and_succeeds_with_or_without_a_pending_hpt) {
  auto iut = hypervisor();
  EXPECT_EQ(iut.hcall(prepare(0, 0)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(prepare(0, 0)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_CLOSED);
}

TEST(scheme_a_prepare, sizes_are_18_to_46) {
  auto iut = hypervisor(24, 46);
  for (std::uint64_t shift = 1; shift < 80; ++shift) {
    const auto answer = iut.hcall(prepare(0, shift)).status;
    if (shift < 18 || shift > 46)
      EXPECT_EQ(answer, H_PARAMETER) << shift;
    else
      EXPECT_TRUE(answer == H_SUCCESS || is_long_busy(answer)) << shift;
  }
  EXPECT_EQ(iut.hcall(prepare(0, ~0ull)).status, H_PARAMETER);
}

TEST(scheme_a_prepare, shift_is_the_low_half_of_its_register_as_a_signed_number) {
  auto iut = hypervisor();
  EXPECT_EQ(iut.hcall(prepare(0, 0x8000000000000012)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(prepare(0, 0x80000012)).status, H_PARAMETER);
  EXPECT_EQ(iut.hcall(prepare(0, 0x0000000100000000)).status, H_SUCCESS);  // zero
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 0xffffffff00000012)).status, H_SUCCESS);
}

TEST(scheme_a_prepare, more_than_permitted_is_resource) {
  auto iut = hypervisor(24, 25);
  EXPECT_TRUE(is_long_busy(iut.hcall(prepare(0, 25)).status));
  for (std::uint64_t shift = 26; shift <= 46; ++shift)
    EXPECT_EQ(iut.hcall(prepare(0, shift)).status, H_RESOURCE);
}

TEST(scheme_a_prepare, match_after_a_collision_is_pteg_full) {
  auto iut = about_to_collide();
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_PTEG_FULL);
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_PTEG_FULL);
  EXPECT_EQ(iut.hcall(prepare(0, 0)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
}

TEST(scheme_a_commit, partition_that_may_not_resize_gets_authority_whatever_the_arguments) {
  auto iut = hypervisor();
  iut.restart(false);
  for (const auto& call : {commit(0, 0), commit(1, 24), commit(0, 47), commit(0, 24)})
    EXPECT_EQ(iut.hcall(call).status, H_AUTHORITY) << to_string(call);
}

TEST(scheme_a_commit, closed_without_a_pending_hpt) {
  auto iut = hypervisor();
  for (const auto& call : {commit(0, 0), commit(1, 24), commit(0, 47), commit(0, 24)})
    EXPECT_EQ(iut.hcall(call).status, H_CLOSED) << to_string(call);
}

TEST(scheme_a_commit, closed_for_flags_or_another_shift_even_during_preparation) {
  auto iut = hypervisor();
  for (const std::uint64_t shift : {18, 30}) {
    iut.hcall(prepare(0, shift));
    EXPECT_EQ(iut.hcall(commit(1, shift)).status, H_CLOSED);
    EXPECT_EQ(iut.hcall(commit(1ull << 32, shift)).status, H_CLOSED);
    EXPECT_EQ(iut.hcall(commit(0, shift + 1)).status, H_CLOSED);
    EXPECT_EQ(iut.hcall(commit(0, 0)).status, H_CLOSED);
    EXPECT_EQ(iut.hcall(commit(0, shift)).status, shift == 18 ? H_SUCCESS : H_BUSY);
  }
}

TEST(scheme_a_commit, busy_until_prepared) {
  auto iut = hypervisor();
  EXPECT_TRUE(is_long_busy(iut.hcall(prepare(0, 30)).status));
  EXPECT_EQ(iut.hcall(commit(0, 30)).status, H_BUSY);
  expect_size(iut, 24);
  iut.advance(std::chrono::milliseconds(13));
  EXPECT_EQ(iut.hcall(commit(0, 30)).status, H_SUCCESS);
  expect_size(iut, 30);
}

TEST(scheme_a_commit, pending_becomes_current_in_both_directions_and_none_is_left) {
  auto iut = hypervisor(24, 46);
  for (const unsigned shift : {18, 24, 46, 20, 20, 19}) {
    prepare_fully(iut, shift);
    EXPECT_EQ(iut.hcall(commit(0, shift)).status, H_SUCCESS);
    expect_size(iut, shift);
    EXPECT_EQ(iut.hcall(commit(0, shift)).status, H_CLOSED);
    expect_size(iut, shift);
  }
}

TEST(scheme_a_commit, bolted_entry_is_rehashed_and_keeps_its_slot_others_are_gone) {
  auto iut = hypervisor();
  EXPECT_EQ(iut.hcall(enter_bolted(0x10803, 5, 24)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(enter(H_EXACT, 1, HPTE_VALID)).status, H_SUCCESS);
  prepare_fully(iut, 18);
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(read_hpte(3 * 8 + 5)).out[0], (0x10803ull << 12) | HPTE_BOLTED | HPTE_VALID);
  EXPECT_EQ(iut.hcall(read_hpte(1)).out[0], 0u);
  prepare_fully(iut, 30);
  EXPECT_EQ(iut.hcall(commit(0, 30)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(read_hpte(0x10803 * 8 + 5)).out[1], memory);
}

TEST(scheme_a_commit, collision_is_pteg_full_and_keeps_the_old_table) {
  auto iut = about_to_collide();
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_PTEG_FULL);
    expect_size(iut, 24);
    EXPECT_NE(iut.hcall(read_hpte(0x003 * 8 + 5)).out[0], 0u);
    EXPECT_NE(iut.hcall(read_hpte(0x803 * 8 + 5)).out[0], 0u);
  }
  EXPECT_EQ(iut.hcall(prepare(0, 19)).status, H_SUCCESS);  // one bit more keeps the two apart
  EXPECT_EQ(iut.hcall(commit(0, 19)).status, H_SUCCESS);
  EXPECT_NE(iut.hcall(read_hpte(0x803 * 8 + 5)).out[0], 0u);
}

TEST(scheme_a_table, enter_takes_the_first_free_slot_unless_exact) {
  auto iut = hypervisor();
  EXPECT_EQ(iut.hcall(enter(H_EXACT, 9, HPTE_VALID)).out[0], 9u);
  EXPECT_EQ(iut.hcall(enter(H_EXACT, 9, HPTE_VALID)).status, H_PTEG_FULL);
  EXPECT_EQ(iut.hcall(enter(0, 15, HPTE_VALID)).out[0], 8u);
  EXPECT_EQ(iut.hcall(enter(0, 8, HPTE_VALID)).out[0], 10u);
  for (std::uint64_t slot = 11; slot < 16; ++slot) EXPECT_EQ(iut.hcall(enter(0, 8, HPTE_VALID)).out[0], slot);
  EXPECT_EQ(iut.hcall(enter(0, 8, HPTE_VALID)).status, H_PTEG_FULL);
  EXPECT_EQ(iut.hcall(enter(0, last_ptex(24) + 1, HPTE_VALID)).status, H_PARAMETER);
  EXPECT_EQ(iut.hcall(enter(0, ~0ull, HPTE_VALID)).status, H_PARAMETER);
}

TEST(scheme_a_table, enter_forces_the_hypervisors_bits_off) {
  auto iut = hypervisor();
  constexpr auto low = ~0xff068ull | 0x01000;  // all ones but for LP, which says 64 KiB, and WIMG
  EXPECT_EQ(iut.hcall(enter(H_EXACT, 0, 0x7f | 1ull << 62, low)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(read_hpte(0)).out[0], 0x1f | 1ull << 62);
  EXPECT_EQ(iut.hcall(read_hpte(0)).out[1], low);
}

TEST(scheme_a_table, read_4_returns_the_four_entries_around) {
  auto iut = hypervisor();
  for (std::uint64_t ptex = 4; ptex < 8; ++ptex)
    iut.hcall(enter(H_EXACT, ptex, ptex << 12 | HPTE_VALID, 0x10 | ptex));
  const auto four = iut.hcall({token::H_READ, {0x2000000000, 6}});
  EXPECT_THAT(four.out, ElementsAre(0x4001, 0x14, 0x5001, 0x15, 0x6001, 0x16, 0x7001, 0x17, 0));
  EXPECT_THAT(iut.hcall(read_hpte(6)).out, ElementsAre(0x6001, 0x16, 0, 0, 0, 0, 0, 0, 0));
}

TEST(scheme_a_table, fresh_partition_has_an_empty_table_of_the_initial_size_and_nothing_pending) {
  auto iut = hypervisor();
  iut.hcall(enter_bolted(0x10803, 5, 24));
  prepare_fully(iut, 18);
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
  prepare_fully(iut, 19);
  iut.restart(true);
  expect_size(iut, 24);
  EXPECT_EQ(iut.hcall(read_hpte(3 * 8 + 5)).out[0], 0u);
  EXPECT_EQ(iut.hcall(commit(0, 19)).status, H_CLOSED);
}

TEST(scheme_a_table, unknown_hypercalls_are_h_function) {
  auto iut = hypervisor();
  for (const std::uint64_t token : {0x999ull, 0x370ull | 1ull << 32, 0x10ull})
    EXPECT_EQ(iut.hcall({token, {}}).status, H_FUNCTION);
  SchemeA without({.offers_resize = false, .permissions = none, .deviations = {}});
  EXPECT_EQ(without.hcall(prepare(0, 0)).status, H_FUNCTION);
  EXPECT_EQ(without.hcall(commit(0, 0)).status, H_FUNCTION);
}

TEST(scheme_a_permissions, pending_that_nobody_asks_for_is_dropped) {
  auto permissions = none;
  permissions.timeout_steps = 100;
  SchemeA iut({.permissions = permissions, .deviations = {}});
  const auto read = [&iut](int times) {
    while (times-- != 0) iut.hcall(read_hpte(0));
  };
  iut.hcall(prepare(0, 30));
  read(99);
  EXPECT_EQ(iut.hcall(prepare(0, 30)).status, H_SUCCESS);  // which is asking for it
  read(100);
  EXPECT_TRUE(iut.has_pending());
  read(1);
  EXPECT_EQ(iut.hcall(commit(0, 30)).status, H_CLOSED);
  iut.hcall(prepare(0, 30));
  read(90);
  EXPECT_EQ(iut.hcall(commit(0, 30)).status, H_BUSY);  // which is asking for it, too
  read(90);
  EXPECT_EQ(iut.hcall(commit(0, 30)).status, H_SUCCESS);
  iut.hcall(prepare(0, 18));
  iut.advance(std::chrono::milliseconds(13));
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_CLOSED);
}

TEST(scheme_a_permissions, pending_that_nobody_asks_for_is_dropped_also_while_it_is_prepared) {
  auto permissions = none;
  permissions.timeout_steps = 50;
  SchemeA iut({.permissions = permissions, .deviations = {}});
  iut.hcall(prepare(0, 30));  // which takes 100 steps
  iut.advance(std::chrono::milliseconds(6));
  EXPECT_TRUE(iut.has_pending());
  iut.advance(std::chrono::milliseconds(1));
  EXPECT_FALSE(iut.has_pending());
}

TEST(scheme_a_permissions, hardware_error_comes_every_so_often_and_has_no_effect) {
  auto permissions = none;
  permissions.hardware_every = 3;
  SchemeA iut({.permissions = permissions, .deviations = {}});
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_HARDWARE);
  EXPECT_EQ(iut.hcall(read_hpte(last_ptex(24))).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(read_hpte(0)).status, H_HARDWARE);
}

TEST(scheme_a_permissions, memory_is_short_and_partitions_migrate_every_so_often) {
  auto permissions = none;
  permissions.shortage_every = 2;
  permissions.migration_every = 4;
  SchemeA iut({.permissions = permissions, .deviations = {}});
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(prepare(0, 19)).status, H_RESOURCE);
  EXPECT_EQ(iut.hcall(prepare(0, 19)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 19)).status, H_CLOSED);
}

TEST(scheme_a_permissions, all_are_used_by_default) {
  std::map<std::int64_t, int> seen;
  SchemeA iut({.permissions = {}, .deviations = {}});
  int lost = 0;
  for (int round = 0; round < 12'000; ++round) {
    const auto shift = 18u + static_cast<unsigned>(round) % 2;
    const auto prepared = iut.hcall(prepare(0, shift)).status;
    ++seen[prepared];
    if (round % 1'000 == 0) iut.advance(std::chrono::milliseconds(201));
    const auto committed = iut.hcall(commit(0, shift)).status;
    if (prepared == H_SUCCESS && committed == H_CLOSED) ++lost;
  }
  EXPECT_GT(seen[H_HARDWARE], 0);
  EXPECT_GT(seen[H_RESOURCE], 0);
  EXPECT_GT(lost, 12);  // the 12 time-outs, and migrations
}

constexpr auto ok = H_SUCCESS;
constexpr auto busy_1 = H_LONG_BUSY_ORDER_1_MSEC, busy_10 = H_LONG_BUSY_ORDER_10_MSEC,
               busy_100 = H_LONG_BUSY_ORDER_100_MSEC;

// A deviation, the calls that show it, and what the deviant hypervisor answers. Where it differs from the
// right one is the test's business. The right one is this very hypervisor without permissions: LoPAR may
// allow another hypervisor to answer as the deviant one does.
struct Exhibit {
  Deviation deviation;
  std::vector<Call> calls;
  Statuses deviant;  // shorter than the calls by one when the last is never answered
  bool may_resize = true;
};

// Two entries that a 2^18 table cannot hold both.
const Call first = enter_bolted(0x003, 5, 24), second = enter_bolted(0x803, 5, 24);

// A table larger than at start is prepared in 25 steps.
Exhibit growing(Exhibit then) {
  constexpr std::size_t calls = 27;
  then.calls.insert(then.calls.begin(), calls, prepare(0, 25));
  Statuses statuses(25, busy_10);
  statuses.resize(calls, ok);
  for (std::size_t i = 17; i < 25; ++i) statuses[i] = busy_1;
  then.deviant.insert(then.deviant.begin(), statuses.begin(), statuses.end());
  return then;
}

const Call within_18 = read_hpte(last_ptex(18)), beyond_18 = read_hpte(last_ptex(18) + 1);
const Call within_24 = read_hpte(last_ptex(24)), beyond_24 = read_hpte(last_ptex(24) + 1);

const std::vector<Exhibit> exhibits{
    {D::prepare_absent_is_h_parameter, {prepare(0, 18)}, {H_PARAMETER}},
    {D::prepare_absent_is_h_success, {prepare(0, 18)}, {ok}},
    {D::prepare_unchecked_authority, {prepare(0, 18)}, {ok}, false},
    {D::prepare_checks_flags_before_authority, {prepare(1, 18)}, {H_PARAMETER}, false},
    {D::prepare_authority_is_h_privilege, {prepare(0, 18)}, {H_PRIVILEGE}, false},
    {D::prepare_match_is_h_busy, {prepare(0, 24), prepare(0, 24)}, {busy_10, H_BUSY}},
    {D::prepare_match_says_ready_early,
     {prepare(0, 24), prepare(0, 24), commit(0, 24)},
     {busy_10, ok, H_BUSY}},
    {D::prepare_match_collision_is_h_parameter,
     {first, second, prepare(0, 18), commit(0, 18), prepare(0, 18)},
     {ok, ok, ok, H_PTEG_FULL, H_PARAMETER}},
    {D::prepare_match_collision_is_h_success,
     {first, second, prepare(0, 18), commit(0, 18), prepare(0, 18)},
     {ok, ok, ok, H_PTEG_FULL, ok}},
    {D::prepare_match_restarts, {prepare(0, 18), prepare(0, 18)}, {ok, busy_1}},
    {D::prepare_match_ready_is_h_busy, {prepare(0, 18), prepare(0, 18)}, {ok, H_BUSY}},
    {D::prepare_match_ready_is_h_parameter, {prepare(0, 18), prepare(0, 18)}, {ok, H_PARAMETER}},
    {D::prepare_checks_flags_before_discard,
     {prepare(0, 18), prepare(1, 18), commit(0, 18)},
     {ok, H_PARAMETER, ok}},
    {D::prepare_checks_range_before_discard,
     {prepare(0, 18), prepare(0, 47), commit(0, 18)},
     {ok, H_PARAMETER, ok}},
    {D::prepare_checks_resource_before_discard,
     {prepare(0, 18), prepare(0, 31), commit(0, 18)},
     {ok, H_RESOURCE, ok}},
    {D::prepare_keeps_other_size, {prepare(0, 18), prepare(0, 19), commit(0, 18)}, {ok, ok, ok}},
    {D::prepare_match_ignores_flags, {prepare(0, 18), prepare(1, 18)}, {ok, ok}},
    {D::prepare_other_size_is_h_busy, {prepare(0, 24), prepare(0, 18)}, {busy_10, H_BUSY}},
    {D::prepare_ignores_flags, {prepare(1, 18)}, {ok}},
    {D::prepare_narrows_flags_to_word, {prepare(1ull << 32, 18)}, {ok}},
    {D::prepare_flags_low_bit_only, {prepare(2, 18)}, {ok}},
    {D::prepare_checks_zero_before_flags, {prepare(1, 0)}, {ok}},
    {D::prepare_zero_keeps_pending, {prepare(0, 18), prepare(0, 0), commit(0, 18)}, {ok, ok, ok}},
    {D::prepare_zero_is_h_parameter, {prepare(0, 0)}, {H_PARAMETER}},
    {D::prepare_accepts_17, {prepare(0, 17)}, {ok}},
    {D::prepare_refuses_18, {prepare(0, 18)}, {H_PARAMETER}},
    {D::prepare_accepts_47, {prepare(0, 47)}, {H_RESOURCE}},
    {D::prepare_refuses_46, {prepare(0, 46)}, {H_PARAMETER}},
    {D::prepare_narrows_shift_to_byte, {prepare(0, 0x112)}, {ok}},
    {D::prepare_checks_limit_before_range, {prepare(0, 47)}, {H_RESOURCE}},
    {D::prepare_exceeds_largest_by_one, {prepare(0, 31)}, {busy_100}},
    {D::prepare_resource_is_h_no_mem, {prepare(0, 31)}, {H_NO_MEM}},
    {D::prepare_46_hangs, {prepare(0, 46)}, {}},
    {D::prepare_ignores_limit, {prepare(0, 32)}, {busy_100}},
    {D::prepare_says_ready_early, {prepare(0, 24), commit(0, 24)}, {ok, H_BUSY}},
    {D::prepare_busy_code_off_the_table, {prepare(0, 30)}, {9906}},
    {D::prepare_allocates_half,
     {prepare(0, 20), commit(0, 20), read_hpte(last_ptex(20))},
     {ok, ok, H_PARAMETER}},
    {D::prepare_error_sticks, {prepare(1, 18), prepare(0, 18)}, {H_PARAMETER, H_PARAMETER}},
    {D::prepare_same_size_is_h_parameter, {prepare(0, 24)}, {H_PARAMETER}},
    {D::prepare_smaller_is_h_parameter, {prepare(0, 18)}, {H_PARAMETER}},
    {D::prepare_creates_nothing, {prepare(0, 24)}, {ok}},
    {D::commit_hardware_switches,
     {prepare(0, 18), commit(0, 18), prepare(0, 19), commit(0, 19), read_hpte(last_ptex(19))},
     {ok, ok, ok, H_HARDWARE, ok}},
    {D::commit_absent_is_h_closed, {commit(0, 18)}, {H_CLOSED}},
    {D::commit_absent_is_h_parameter, {commit(0, 18)}, {H_PARAMETER}},
    {D::commit_closed_switches, {prepare(0, 18), commit(0, 19), within_24}, {ok, H_CLOSED, H_PARAMETER}},
    {D::commit_busy_switches, {prepare(0, 30), commit(0, 30), beyond_24}, {busy_100, H_BUSY, ok}},
    {D::commit_collision_switches,
     {first, second, prepare(0, 18), commit(0, 18), within_24},
     {ok, ok, ok, H_PTEG_FULL, H_PARAMETER}},
    {D::commit_unchecked_authority, {commit(0, 18)}, {H_CLOSED}, false},
    {D::commit_authority_is_h_privilege, {commit(0, 18)}, {H_PRIVILEGE}, false},
    {D::commit_checks_pending_before_authority, {commit(0, 18)}, {H_CLOSED}, false},
    {D::commit_none_is_h_parameter, {commit(0, 18)}, {H_PARAMETER}},
    {D::commit_none_is_h_success, {commit(0, 18)}, {ok}},
    {D::commit_none_garbles, {commit(0, 0)}, {}},
    {D::commit_ignores_flags, {prepare(0, 18), commit(1, 18)}, {ok, ok}},
    {D::commit_narrows_flags_to_word, {prepare(0, 18), commit(1ull << 32, 18)}, {ok, ok}},
    {D::commit_flags_is_h_parameter, {prepare(0, 18), commit(1, 18)}, {ok, H_PARAMETER}},
    {D::commit_all_flags_dies, {prepare(0, 18), commit(~0ull, 18)}, {ok}},
    {D::commit_flags_low_bit_only, {prepare(0, 18), commit(2, 18)}, {ok, ok}},
    {D::commit_checks_busy_before_flags, {prepare(0, 24), commit(1, 24)}, {busy_10, H_BUSY}},
    {D::commit_ignores_shift, {prepare(0, 18), commit(0, 19)}, {ok, ok}},
    {D::commit_narrows_shift_to_byte, {prepare(0, 18), commit(0, 0x112)}, {ok, ok}},
    {D::commit_shift_is_h_parameter, {prepare(0, 18), commit(0, 19)}, {ok, H_PARAMETER}},
    {D::commit_checks_busy_before_shift, {prepare(0, 24), commit(0, 25)}, {busy_10, H_BUSY}},
    {D::commit_shift_zero_commits, {prepare(0, 18), commit(0, 0)}, {ok, ok}},
    {D::commit_accepts_smaller_shift, {prepare(0, 19), commit(0, 18)}, {ok, ok}},
    {D::commit_failure_discards, {prepare(0, 18), commit(0, 19), commit(0, 18)}, {ok, H_CLOSED, H_CLOSED}},
    {D::commit_busy_is_h_long_busy, {prepare(0, 24), commit(0, 24)}, {busy_10, busy_10}},
    {D::commit_busy_is_h_closed,
     {prepare(0, 22), commit(0, 22), commit(0, 22), commit(0, 22), commit(0, 22)},
     {busy_1, H_CLOSED, H_CLOSED, H_CLOSED, ok}},
    {D::commit_ignores_busy, {prepare(0, 24), commit(0, 24)}, {busy_10, ok}},
    {D::commit_collided_is_h_busy,
     {first, second, prepare(0, 18), commit(0, 18), commit(0, 18)},
     {ok, ok, ok, H_PTEG_FULL, H_BUSY}},
    {D::commit_ignores_collided,
     {first, second, prepare(0, 18), commit(0, 18), commit(0, 18)},
     {ok, ok, ok, H_PTEG_FULL, ok}},
    {D::commit_collided_is_h_parameter,
     {first, second, prepare(0, 18), commit(0, 18), commit(0, 18)},
     {ok, ok, ok, H_PTEG_FULL, H_PARAMETER}},
    {D::commit_collision_is_h_resource,
     {first, second, prepare(0, 18), commit(0, 18)},
     {ok, ok, ok, H_RESOURCE}},
    {D::commit_overwrites_on_collision, {first, second, prepare(0, 18), commit(0, 18)}, {ok, ok, ok, ok}},
    {D::commit_collision_is_h_parameter,
     {first, second, prepare(0, 18), commit(0, 18)},
     {ok, ok, ok, H_PARAMETER}},
    {D::rehash_forgets_secondary,
     {enter(H_EXACT, 0x1ffff * 8, HPTE_BOLTED | 0x2 | HPTE_VALID), prepare(0, 18), commit(0, 18),
      read_hpte(0x7ff * 8)},
     {ok, ok, ok, ok}},
    {D::rehash_forgets_1t,
     {enter(H_EXACT, 0x800 * 8, 1ull << 62 | 0x800ull << 24 | HPTE_BOLTED | HPTE_VALID), prepare(0, 20),
      commit(0, 20), read_hpte(0x800 * 8)},
     {ok, ok, ok, ok}},
    {D::rehash_takes_first_slot,
     {first, prepare(0, 18), commit(0, 18), read_hpte(0x003 * 8 + 5)},
     {ok, ok, ok, ok}},
    {D::commit_keeps_old_table, {prepare(0, 18), commit(0, 18), read_hpte(last_ptex(18) + 1)}, {ok, ok, ok}},
    {D::commit_never_shrinks, {prepare(0, 18), commit(0, 18), read_hpte(last_ptex(18) + 1)}, {ok, ok, ok}},
    {D::commit_never_grows,
     {prepare(0, 18), commit(0, 18), prepare(0, 19), commit(0, 19), read_hpte(last_ptex(19))},
     {ok, ok, ok, ok, H_PARAMETER}},
    {D::commit_keeps_pending, {prepare(0, 18), commit(0, 18), commit(0, 18)}, {ok, ok, ok}},
    {D::commit_swaps, {prepare(0, 18), commit(0, 18), commit(0, 24)}, {ok, ok, ok}},
    {D::commit_same_size_is_h_parameter,
     {prepare(0, 18), commit(0, 18), prepare(0, 18), commit(0, 18)},
     {ok, ok, ok, H_PARAMETER}},
    {D::commit_smaller_is_h_parameter, {prepare(0, 18), commit(0, 18)}, {ok, H_PARAMETER}},
    {D::read_bound_off_by_one, {beyond_24}, {ok}},
    {D::read_ignores_bound, {read_hpte(~0ull)}, {ok}},
    {D::read_refuses_last, {within_24}, {H_PARAMETER}},
    {D::read_empty_is_h_not_found, {read_hpte(0)}, {H_NOT_FOUND}},
    {D::reset_keeps_pending, {prepare(0, 18), reset_guest(), commit(0, 18)}, {ok, ok, ok}},
    {D::reset_keeps_prepared, {prepare(0, 18), reset_guest(), commit(0, 18)}, {ok, ok, ok}},
    {D::reset_keeps_size,
     {prepare(0, 18), commit(0, 18), reset_guest(), within_24},
     {ok, ok, ok, H_PARAMETER}},
    growing({D::reset_keeps_larger_size, {commit(0, 25), reset_guest(), beyond_24}, {ok, ok, ok}}),
    {D::reset_while_preparing_dies, {prepare(0, 24), reset_guest()}, {busy_10}},
    {D::reset_of_resized_hangs, {prepare(0, 18), commit(0, 18), reset_guest()}, {ok, ok}},
};

// Everything that a guest gets to see of one partition.
struct Seen {
  std::vector<Response> responses;
  std::optional<Fault::Kind> fault;
  bool operator==(const Seen&) const = default;
  Statuses statuses() const {
    Statuses list;
    for (const auto& response : responses) list.push_back(response.status);
    return list;
  }
};

Seen play(Adapter& adapter, const std::vector<Call>& calls, bool may_resize) {
  adapter.restart({.may_resize = may_resize});
  Seen seen;
  seen.responses.resize(calls.size());
  const auto result = issue(adapter, calls, seen.responses);
  seen.responses.resize(result.answered);
  if (result.fault) seen.fault = result.fault->kind;
  return seen;
}

std::unique_ptr<Adapter> without_permissions(
    const Deviations& deviations, BuiltinOptions::Resize resize = BuiltinOptions::Resize::enabled) {
  BuiltinOptions options;
  options.resize = resize;
  options.permissions = none;
  options.deviations = deviations;
  return make_builtin_adapter(options);
}

// On the platform that the exhibit's deviation needs.
std::unique_ptr<Adapter> stage_for(const Exhibit& exhibit, const Deviations& deviations) {
  return without_permissions(deviations, text_of(exhibit.deviation).needs_absent
                                             ? BuiltinOptions::Resize::absent
                                             : BuiltinOptions::Resize::enabled);
}

std::vector<Deviation> all_deviations() {
  std::vector<Deviation> all;
  for (std::size_t index = 0; index < deviation_count; ++index)
    if (!is_of_configurations(static_cast<Deviation>(index))) all.push_back(static_cast<Deviation>(index));
  return all;
}

// Those that only the contents of a table show have theirs in contents_test.cpp.
TEST(deviations, each_has_an_exhibit) {
  std::set<Deviation> shown, to_show;
  for (const auto& exhibit : exhibits) shown.insert(exhibit.deviation);
  EXPECT_EQ(shown.size(), exhibits.size());
  for (const auto deviation : all_deviations())
    if (text_of(deviation).seen_in != SeenIn::contents) to_show.insert(deviation);
  EXPECT_THAT(shown, testing::IsSupersetOf(to_show));
}

TEST(deviations, each_shows_in_its_exhibit_and_only_with_it_switched_on) {
  for (const auto& exhibit : exhibits) {
    SCOPED_TRACE(id_of(exhibit.deviation));
    const auto deviant = play(*stage_for(exhibit, {exhibit.deviation}), exhibit.calls, exhibit.may_resize);
    const auto expected = play(*stage_for(exhibit, {}), exhibit.calls, exhibit.may_resize);
    EXPECT_EQ(deviant.statuses(), exhibit.deviant);
    EXPECT_NE(deviant, expected);
    EXPECT_FALSE(expected.fault);
    EXPECT_EQ(deviant.fault.has_value(), exhibit.deviant.size() < exhibit.calls.size());
  }
}

TEST(deviations, each_shows_again_in_a_fresh_partition) {
  for (const auto& exhibit : exhibits) {
    SCOPED_TRACE(id_of(exhibit.deviation));
    const auto deviant = stage_for(exhibit, {exhibit.deviation});
    play(*deviant, {prepare(0, 18), commit(0, 18), prepare(0, 20)}, true);
    EXPECT_EQ(play(*deviant, exhibit.calls, exhibit.may_resize).statuses(), exhibit.deviant);
    EXPECT_EQ(play(*deviant, exhibit.calls, exhibit.may_resize).statuses(), exhibit.deviant);
  }
}

// What the sentences say beyond the first sign of the deviation, and where it stops.
const std::vector<Exhibit> sentences{
    {D::prepare_absent_is_h_parameter, {prepare(0, 18), commit(0, 18)}, {H_PARAMETER, H_FUNCTION}},
    {D::prepare_absent_is_h_success, {prepare(0, 18), commit(0, 18)}, {ok, H_FUNCTION}},
    {D::prepare_authority_is_h_privilege, {prepare(1, 0), commit(0, 18)}, {H_PRIVILEGE, H_AUTHORITY}, false},
    {D::prepare_match_collision_is_h_success,
     {first, second, prepare(0, 18), commit(0, 18), prepare(0, 18), commit(0, 18)},
     {ok, ok, ok, H_PTEG_FULL, ok, H_PTEG_FULL}},
    {D::prepare_match_restarts,
     {prepare(0, 18), prepare(0, 18), commit(0, 18), prepare(0, 18), prepare(0, 18), prepare(0, 18),
      commit(0, 18)},
     {ok, busy_1, H_BUSY, ok, busy_1, busy_1, ok}},
    {D::prepare_match_restarts,
     {first, second, prepare(0, 18), commit(0, 18), prepare(0, 18)},
     {ok, ok, ok, H_PTEG_FULL, H_PTEG_FULL}},
    {D::prepare_match_ready_is_h_busy, {prepare(0, 21), prepare(0, 21), commit(0, 21)}, {busy_1, H_BUSY, ok}},
    {D::prepare_match_ready_is_h_parameter,
     {prepare(0, 22), prepare(0, 22), prepare(0, 22), prepare(0, 22), prepare(0, 22), commit(0, 22)},
     {busy_1, busy_1, busy_1, busy_1, H_PARAMETER, ok}},
    {D::prepare_match_ignores_flags,
     {prepare(1, 18), prepare(0, 18), prepare(1, 18), prepare(1, 19), commit(0, 18)},
     {H_PARAMETER, ok, ok, H_PARAMETER, H_CLOSED}},
    {D::prepare_other_size_is_h_busy,
     {prepare(0, 22), prepare(0, 18), prepare(0, 46), commit(0, 22), prepare(0, 18), commit(0, 22),
      commit(0, 18)},
     {busy_1, H_BUSY, H_BUSY, H_BUSY, ok, H_CLOSED, ok}},
    {D::prepare_other_size_is_h_busy,
     {prepare(0, 24), prepare(1, 18), commit(0, 24), prepare(0, 24), prepare(0, 47), commit(0, 24),
      prepare(0, 24), prepare(0, 0), commit(0, 24)},
     {busy_10, H_PARAMETER, H_CLOSED, busy_10, H_PARAMETER, H_CLOSED, busy_10, ok, H_CLOSED}},
    {D::prepare_flags_low_bit_only, {prepare(3, 18), prepare(~1ull, 18)}, {H_PARAMETER, ok}},
    {D::prepare_checks_zero_before_flags,
     {prepare(0, 18), prepare(1, 0), commit(0, 18), prepare(1, 18)},
     {ok, ok, H_CLOSED, H_PARAMETER}},
    {D::prepare_checks_limit_before_range,
     {prepare(0, 18), prepare(0, 47), commit(0, 18), prepare(1, 47), prepare(0, 17), prepare(0, 0x80000012)},
     {ok, H_RESOURCE, H_CLOSED, H_PARAMETER, H_PARAMETER, H_PARAMETER}},
    {D::prepare_ignores_limit, {prepare(0, 46), prepare(0, 47)}, {busy_100, H_PARAMETER}},
    {D::prepare_error_sticks,
     {prepare(1, 18), prepare(2, 0), commit(0, 18), prepare(0, 18), commit(0, 18), prepare(0, 18),
      prepare(0, 17), prepare(0, 18), commit(0, 18)},
     {H_PARAMETER, H_PARAMETER, H_CLOSED, H_PARAMETER, H_CLOSED, ok, H_PARAMETER, ok, ok}},
    {D::prepare_same_size_is_h_parameter,
     {prepare(0, 18), prepare(0, 24), commit(0, 18), prepare(0, 18)},
     {ok, H_PARAMETER, H_CLOSED, ok}},
    {D::prepare_smaller_is_h_parameter,
     {prepare(0, 24), prepare(0, 23), commit(0, 24), prepare(0, 0), prepare(0, 25)},
     {busy_10, H_PARAMETER, H_CLOSED, ok, busy_10}},
    {D::prepare_creates_nothing,
     {prepare(0, 18), commit(0, 18), prepare(0, 31), prepare(1, 18)},
     {ok, H_CLOSED, H_RESOURCE, H_PARAMETER}},
    {D::commit_absent_is_h_closed, {commit(0, 18), prepare(0, 18)}, {H_CLOSED, H_FUNCTION}},
    {D::commit_absent_is_h_parameter, {commit(0, 18), prepare(0, 18)}, {H_PARAMETER, H_FUNCTION}},
    {D::commit_authority_is_h_privilege, {commit(1, 0), prepare(0, 18)}, {H_PRIVILEGE, H_AUTHORITY}, false},
    {D::commit_checks_pending_before_authority,
     {prepare(0, 18), commit(1, 0)},
     {H_AUTHORITY, H_CLOSED},
     false},
    {D::commit_flags_low_bit_only, {prepare(0, 18), commit(3, 18), commit(~1ull, 18)}, {ok, H_CLOSED, ok}},
    {D::commit_checks_busy_before_flags,
     {prepare(0, 24), commit(1, 25), commit(0, 25), commit(0, 24), prepare(0, 18), commit(1, 18),
      commit(0, 18)},
     {busy_10, H_CLOSED, H_CLOSED, H_BUSY, ok, H_CLOSED, ok}},
    {D::commit_shift_zero_commits,
     {commit(0, 0), prepare(0, 18), commit(0, 19), commit(1, 0), commit(0, 0), within_18, beyond_18},
     {H_CLOSED, ok, H_CLOSED, H_CLOSED, ok, ok, H_PARAMETER}},
    {D::commit_accepts_smaller_shift,
     {prepare(0, 20), commit(0, 17), commit(0, 21), commit(1, 18), commit(0, 18), read_hpte(last_ptex(20)),
      read_hpte(last_ptex(20) + 1)},
     {ok, H_CLOSED, H_CLOSED, H_CLOSED, ok, ok, H_PARAMETER}},
    {D::commit_failure_discards,
     {prepare(0, 24), commit(0, 24), commit(0, 24), prepare(0, 18), commit(1, 18), commit(0, 18)},
     {busy_10, H_BUSY, H_CLOSED, ok, H_CLOSED, H_CLOSED}},
    {D::commit_failure_discards,
     {first, second, prepare(0, 18), commit(0, 18), commit(0, 18)},
     {ok, ok, ok, H_PTEG_FULL, H_PTEG_FULL}},
    {D::commit_busy_is_h_closed,
     {prepare(0, 24), commit(0, 24), prepare(0, 24)},
     {busy_10, H_CLOSED, busy_10}},
    {D::commit_ignores_busy,
     {prepare(0, 30), commit(1, 30), commit(0, 30), read_hpte(last_ptex(30)), commit(0, 30)},
     {busy_100, H_CLOSED, ok, ok, H_CLOSED}},
    {D::commit_ignores_collided,
     {first, second, prepare(0, 18), commit(0, 18), prepare(0, 18), within_24, commit(0, 18), beyond_18,
      commit(0, 18)},
     {ok, ok, ok, H_PTEG_FULL, H_PTEG_FULL, ok, ok, H_PARAMETER, H_CLOSED}},
    {D::commit_collided_is_h_parameter,
     {first, second, prepare(0, 18), commit(0, 18), commit(0, 18), prepare(0, 18)},
     {ok, ok, ok, H_PTEG_FULL, H_PARAMETER, H_PTEG_FULL}},
    {D::commit_collision_is_h_parameter,
     {first, second, prepare(0, 18), commit(0, 18), within_24, commit(0, 18)},
     {ok, ok, ok, H_PARAMETER, ok, H_PTEG_FULL}},
    {D::commit_never_shrinks,
     {first, second, prepare(0, 18), commit(0, 18), commit(0, 18), within_24},
     {ok, ok, ok, ok, H_CLOSED, ok}},
    {D::commit_never_grows,
     {prepare(0, 18), commit(0, 18), beyond_18, prepare(0, 18), commit(0, 18), prepare(0, 19), commit(0, 19),
      commit(0, 19), beyond_18},
     {ok, ok, H_PARAMETER, ok, ok, ok, ok, H_CLOSED, H_PARAMETER}},
    {D::commit_swaps,
     {prepare(0, 18), commit(0, 18), beyond_18, prepare(0, 24), commit(0, 24), within_24, beyond_24,
      commit(0, 24), commit(0, 18), beyond_18},
     {ok, ok, H_PARAMETER, ok, ok, ok, H_PARAMETER, H_CLOSED, ok, H_PARAMETER}},
    {D::commit_same_size_is_h_parameter,
     {prepare(0, 18), commit(0, 18), prepare(0, 18), commit(0, 18), commit(0, 19), commit(1, 18),
      commit(0, 18), prepare(0, 19), commit(0, 19)},
     {ok, ok, ok, H_PARAMETER, H_CLOSED, H_CLOSED, H_PARAMETER, ok, ok}},
    {D::commit_smaller_is_h_parameter,
     {prepare(0, 18), commit(0, 19), commit(0, 18), commit(0, 18), within_24},
     {ok, H_CLOSED, H_PARAMETER, H_PARAMETER, ok}},
    {D::read_ignores_bound, {within_24, beyond_24, {token::H_READ, {0x2000000000, ~0ull}}}, {ok, ok, ok}},
    {D::reset_keeps_pending, {prepare(0, 24), reset_guest(), commit(0, 24)}, {busy_10, ok, H_BUSY}},
    {D::reset_keeps_prepared, {prepare(0, 24), reset_guest(), commit(0, 24)}, {busy_10, ok, H_CLOSED}},
    {D::reset_keeps_size,
     {first, prepare(0, 18), commit(0, 18), reset_guest(), first, prepare(0, 18), reset_guest(),
      commit(0, 18)},
     {ok, ok, ok, ok, ok, ok, ok, H_CLOSED}},
    {D::reset_keeps_larger_size,
     {prepare(0, 18), commit(0, 18), reset_guest(), within_24, beyond_24},
     {ok, ok, ok, ok, H_PARAMETER}},
    {D::reset_while_preparing_dies,
     {reset_guest(), prepare(0, 18), reset_guest(), commit(0, 18)},
     {ok, ok, ok, H_CLOSED}},
    {D::reset_of_resized_hangs,
     {prepare(0, 24), reset_guest(), prepare(0, 18), reset_guest(), commit(0, 18)},
     {busy_10, ok, ok, ok, H_CLOSED}},
    {D::read_refuses_last,
     {read_hpte(last_ptex(24) - 1), within_24, beyond_24},
     {ok, H_PARAMETER, H_PARAMETER}},
    {D::read_empty_is_h_not_found,
     {first, read_hpte(0x003 * 8 + 5), within_24, beyond_24, {token::H_READ, {0x2000000000, 0}}},
     {ok, ok, H_NOT_FOUND, H_PARAMETER, ok}},
};

TEST(deviations, do_what_their_sentences_say_and_no_more) {
  for (const auto& one : sentences) {
    const auto deviant = play(*stage_for(one, {one.deviation}), one.calls, one.may_resize);
    EXPECT_EQ(deviant.statuses(), one.deviant) << id_of(one.deviation);
  }
}

TEST(deviations, of_an_option_not_offered_do_nothing_where_it_is) {
  for (const auto deviation : all_deviations()) {
    if (!text_of(deviation).needs_absent) continue;
    for (const bool may_resize : {true, false}) {
      const std::vector calls{commit(0, 18), prepare(0, 17), prepare(0, 18), commit(0, 18)};
      EXPECT_EQ(play(*without_permissions({deviation}), calls, may_resize),
                play(*without_permissions({}), calls, may_resize))
          << id_of(deviation);
    }
  }
}

// Deviations that no guest can prove: a right platform that drops its Pending HPT before the last call gives
// the same answers.
TEST(deviations, can_be_what_a_right_platform_is_permitted) {
  std::vector<Call> restarting(18, prepare(0, 24));
  const std::pair<Deviation, std::vector<Call>> cases[] = {
      {D::prepare_match_restarts, restarting},
      {D::prepare_creates_nothing, {prepare(0, 18), commit(0, 18)}},
      {D::commit_failure_discards, {prepare(0, 18), commit(0, 19), commit(0, 18)}},
      {D::commit_failure_discards, {prepare(0, 24), commit(0, 24), commit(0, 24)}}};
  for (const auto& [deviation, calls] : cases) {
    BuiltinOptions migrating;
    migrating.permissions = none;
    migrating.permissions.migration_every = calls.size();
    const auto deviant = play(*without_permissions({deviation}), calls, true);
    EXPECT_EQ(deviant, play(*make_builtin_adapter(migrating), calls, true)) << id_of(deviation);
    EXPECT_NE(deviant, play(*without_permissions({}), calls, true)) << id_of(deviation);
  }
}

TEST(deviations, about_smaller_tables_leave_others_alone) {
  for (const auto deviation :
       {D::prepare_smaller_is_h_parameter, D::commit_smaller_is_h_parameter, D::commit_never_shrinks}) {
    SCOPED_TRACE(id_of(deviation));
    SchemeA iut({.permissions = none, .deviations = {deviation}});
    for (const unsigned shift : {24, 25}) {
      prepare_fully(iut, shift);
      EXPECT_EQ(iut.hcall(commit(0, shift)).status, H_SUCCESS);
      expect_size(iut, shift);
    }
  }
}

TEST(deviations, that_remember_an_error_forget_it_with_the_partition) {
  const auto deviant = without_permissions({D::prepare_error_sticks});
  EXPECT_EQ(play(*deviant, {prepare(1, 18)}, true).statuses(), Statuses{H_PARAMETER});
  EXPECT_EQ(play(*deviant, {prepare(0, 18)}, true).statuses(), Statuses{ok});
}

TEST(deviations, that_ignore_a_collision_lose_one_entry_and_keep_the_other) {
  const auto deviant = without_permissions({D::commit_ignores_collided});
  const auto seen =
      play(*deviant, {first, second, prepare(0, 18), commit(0, 18), commit(0, 18), read_hpte(0x003 * 8 + 5)},
           true);
  EXPECT_THAT(seen.responses.back().out[0], testing::AnyOf(first.args[2], second.args[2]));
}

TEST(deviations, that_swap_the_tables_keep_the_entries) {
  const auto deviant = without_permissions({D::commit_swaps});
  const auto seen = play(
      *deviant,
      {first, prepare(0, 18), commit(0, 18), commit(0, 24), commit(0, 18), read_hpte(0x003 * 8 + 5)}, true);
  EXPECT_EQ(seen.statuses(), (Statuses{ok, ok, ok, ok, ok, ok}));
  EXPECT_EQ(seen.responses.back().out[0], first.args[2]);
}

TEST(deviations, show_at_a_clause_of_the_exhibits_last_call) {
  const std::map<std::uint64_t, std::string> prefixes{{token::H_RESIZE_HPT_PREPARE, "prepare."},
                                                      {token::H_RESIZE_HPT_COMMIT, "commit."},
                                                      {token::H_READ, "read."},
                                                      {token::reset, "reset."}};
  for (const auto& exhibit : exhibits) {
    const auto clause = shown_at(exhibit.deviation);
    // Where an entry ended up is read with H_READ, but no clause of H_READ says where it has to be.
    if (clause == Clause::commit_bolted) continue;
    EXPECT_THAT(std::string(id_of(clause)), testing::StartsWith(prefixes.at(exhibit.calls.back().token)))
        << id_of(exhibit.deviation);
  }
}

TEST(deviations, named_by_their_ids) {
  for (const auto deviation : all_deviations()) {
    EXPECT_EQ(deviation_named(id_of(deviation)), deviation);
    EXPECT_THAT(text_of(deviation).text, testing::EndsWith("."));
  }
  EXPECT_EQ(deviation_named("prepare_accepts_16"), std::nullopt);
  EXPECT_EQ(to_string(Deviations{}), "none");
  EXPECT_EQ(to_string(Deviations{D::commit_keeps_pending, D::prepare_accepts_17}),
            "prepare_accepts_17 commit_keeps_pending");
}

// Registers as a hostile guest would fill them, in hypervisors right and wrong. Nothing is judged; the
// sanitizers and the assertions in the code do.
TEST(deviations, no_guest_breaks_any_hypervisor) {
  std::mt19937_64 random(1);
  const auto pick = [&random](auto... values) {
    const std::uint64_t list[] = {static_cast<std::uint64_t>(values)...};
    return list[random() % std::size(list)];
  };
  Deviations all;
  std::vector<Deviations> sets{{}};
  for (const auto deviation : all_deviations()) {
    sets.push_back({deviation});
    all.add(deviation);
  }
  sets.push_back(all);
  // With everything on, the first wrong check hides those behind it; other mixtures get further.
  for (const std::uint64_t one_in : {2, 4, 8, 16}) {
    for (int mixture = 0; mixture < 16; ++mixture) {
      Deviations some;
      for (const auto deviation : all_deviations())
        if (random() % one_in == 0) some.add(deviation);
      sets.push_back(some);
    }
  }
  for (const auto& deviations : sets) {
    BuiltinOptions options;
    options.max_shift = 46;
    options.deviations = deviations;
    const auto adapter = make_builtin_adapter(options);
    for (int partition = 0; partition < 4; ++partition) {
      adapter->restart({.may_resize = partition != 1});
      std::vector<Call> calls(1'000);
      for (auto& call : calls) {
        call.token = pick(token::H_ENTER, token::H_ENTER, token::H_READ, token::H_REMOVE, token::H_PROTECT,
                          token::H_BULK_REMOVE, token::H_RESIZE_HPT_PREPARE, token::H_RESIZE_HPT_PREPARE,
                          token::H_RESIZE_HPT_COMMIT, token::H_RESIZE_HPT_COMMIT, random());
        for (auto& argument : call.args)
          argument = pick(0, random(), random() % 64, random() % 4096, ~0ull, 1ull << (random() % 64),
                          H_EXACT, bulk::request | random() % 64, 18, 46);
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

TEST(builtin_adapter, keeps_the_answers_before_a_fault_and_stays_faulty_until_restart) {
  const auto adapter = without_permissions({D::commit_all_flags_dies});
  adapter->restart({});
  const std::vector calls{prepare(0, 18), commit(~0ull, 18), commit(0, 18)};
  std::vector<Response> responses(3);
  const auto result = adapter->batch(calls, responses);
  EXPECT_EQ(result.answered, 1u);
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::died);
  EXPECT_THAT(result.fault->evidence, HasSubstr("commit_all_flags_dies"));
  EXPECT_EQ(adapter->batch(calls, responses).answered, 0u);
  adapter->restart({});
  EXPECT_EQ(adapter->batch(std::span(calls).first(1), std::span(responses).first(1)).answered, 1u);
}

TEST(builtin_adapter, faults_are_of_all_three_kinds) {
  std::set<Fault::Kind> kinds;
  for (const auto& exhibit : exhibits)
    if (const auto seen = play(*without_permissions({exhibit.deviation}), exhibit.calls, true); seen.fault)
      kinds.insert(*seen.fault);
  EXPECT_EQ(kinds.size(), 3u);
}

TEST(builtin_adapter, waiting_is_the_hypervisors_time) {
  const auto adapter = without_permissions({});
  EXPECT_TRUE(is_long_busy(play(*adapter, {prepare(0, 30)}, true).responses[0].status));
  adapter->wait(std::chrono::milliseconds(100));
  Response response;
  const auto call = commit(0, 30);
  EXPECT_EQ(adapter->batch({&call, 1}, {&response, 1}).answered, 1u);
  EXPECT_EQ(response.status, H_SUCCESS);
}

// The adapter as the command line makes it.
std::unique_ptr<Adapter> parsed(const std::string& options) {
  const auto choice = builtin_adapter();
  EXPECT_EQ(choice.name, "builtin");
  CLI::App app;
  choice.add_options(app);
  app.parse(options);
  return choice.make();
}

TEST(builtin_adapter, declares_what_the_options_say) {
  EXPECT_EQ(
      parsed("")->restart({}),
      (Statement{.resize = Statement::Resize::enabled, .initial_shift = 24, .max_shift = 30, .pages = 0x3f}));
  EXPECT_EQ(
      parsed("--initial-shift 18 --max-shift 46")->restart({}),
      (Statement{.resize = Statement::Resize::enabled, .initial_shift = 18, .max_shift = 46, .pages = 0x3f}));
  EXPECT_EQ(parsed("--initial-shift 40")->restart({}).max_shift, 40);
  EXPECT_EQ(parsed("")->restart({.may_resize = false}).resize, Statement::Resize::disabled);
  EXPECT_EQ(parsed("--resize disabled")->restart({}).resize, Statement::Resize::disabled);
  EXPECT_EQ(parsed("--resize absent")->restart({}).resize, Statement::Resize::absent);
}

TEST(builtin_adapter, declaration_is_what_the_hypervisor_keeps_to) {
  const auto adapter = parsed("--initial-shift 19 --max-shift 40");
  adapter->restart({});
  const std::vector calls{read_hpte(last_ptex(19)), read_hpte(last_ptex(19) + 1), prepare(0, 40),
                          prepare(0, 41)};
  std::vector<Response> responses(calls.size());
  adapter->batch(calls, responses);
  EXPECT_EQ(responses[0].status, H_SUCCESS);
  EXPECT_EQ(responses[1].status, H_PARAMETER);
  EXPECT_TRUE(is_long_busy(responses[2].status));
  EXPECT_EQ(responses[3].status, H_RESOURCE);
  const std::pair<const char*, std::int64_t> answers[] = {{"--resize disabled", H_AUTHORITY},
                                                          {"--resize absent", H_FUNCTION}};
  for (const auto& [options, answer] : answers)
    EXPECT_EQ(play(*parsed(options), {prepare(0, 18)}, true).statuses(), Statuses{answer});
}

TEST(builtin_adapter, describes_itself) {
  const auto description =
      parsed("--deviation commit_keeps_pending --deviation prepare_accepts_17")->describe();
  EXPECT_EQ(description.name, "hptck built-in, scheme A");
  EXPECT_THAT(description.version, testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_EQ(description.identity.at("deviations"), "prepare_accepts_17 commit_keeps_pending");
  EXPECT_EQ(description.identity.at("initial shift"), "24");
  EXPECT_EQ(description.identity.at("largest shift"), "30");
  EXPECT_EQ(description.identity.at("resize"), "enabled");
  EXPECT_EQ(description.abilities, (std::set{Ability::forbid_resize, Ability::reset, Ability::configure}));
  EXPECT_EQ(parsed("--resize absent")->describe().abilities, (std::set{Ability::reset, Ability::configure}));
}

TEST(builtin_adapter, reset_leaves_an_empty_table_of_the_initial_size_and_nothing_pending) {
  const auto adapter = parsed("--initial-shift 18");
  adapter->restart({});
  const std::array calls{prepare(0, 19), commit(0, 19),
                         Call{token::H_ENTER, {H_EXACT, 3, HPTE_BOLTED | HPTE_VALID, 0x10}}, prepare(0, 18)};
  std::array<Response, 4> responses;
  ASSERT_FALSE(adapter->batch(calls, responses).fault);
  for (const auto& response : responses) ASSERT_EQ(response.status, status::H_SUCCESS);
  ASSERT_FALSE(adapter->reset());
  const std::array looks{commit(0, 18), read_hpte(3), read_hpte(1 << 14), prepare(0, 0)};
  ASSERT_FALSE(adapter->batch(looks, responses).fault);
  EXPECT_EQ(responses[0].status, status::H_CLOSED);
  EXPECT_EQ(responses[1], Response{});
  EXPECT_EQ(responses[2].status, status::H_PARAMETER);
  EXPECT_EQ(responses[3].status, status::H_SUCCESS);
}

TEST(builtin_adapter, reset_gives_no_permission) {
  const auto adapter = parsed("");
  adapter->restart({.may_resize = false});
  ASSERT_FALSE(adapter->reset());
  const auto call = prepare(0, 0);
  Response response;
  ASSERT_FALSE(adapter->batch({&call, 1}, {&response, 1}).fault);
  EXPECT_EQ(response.status, status::H_AUTHORITY);
}

TEST(builtin_adapter, bad_options_are_refused_before_there_is_an_adapter) {
  for (const auto* options : {"--initial-shift 17", "--max-shift 47", "--scheme c", "--resize maybe"})
    EXPECT_THROW(parsed(options), CLI::ParseError) << options;
  try {
    parsed("--deviation commit_forgets");
    FAIL();
  } catch (const CLI::ParseError& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown deviation commit_forgets"));
    for (const auto& text : deviation_texts())
      if (text.seen_in != SeenIn::configuration) {
        EXPECT_THAT(error.what(), HasSubstr(text.id));
      }
  }
}

}  // namespace
}  // namespace hptck
