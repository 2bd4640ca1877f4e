// What is in the built-in hypervisor's table: the hypercalls that change it, what a resize carries over, and
// the deviations that only the contents give away. All of it in both schemes. Where an entry belongs is
// computed from its page's virtual address, as the Power ISA has it; the hypervisor computes it from the
// entry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>

#include "conformance/adapters/builtin/builtin_adapter.h"
#include "spec/embedded.h"

namespace hptck {
namespace {

using namespace status;
using testing::AnyOf;
using testing::ElementsAre;
using D = Deviation;
using Calls = std::vector<Call>;

constexpr auto schemes = {Scheme::a, Scheme::b};
constexpr Permissions none{
    .hardware_every = 0, .migration_every = 0, .shortage_every = 0, .timeout_steps = 0};

constexpr std::uint64_t large_bit = 0x4, secondary_bit = 0x2;
constexpr std::uint64_t terabyte_bit = 1ull << 62;
constexpr std::uint64_t memory = 0x190;  // doubleword 1: ordinary memory, with R and C
constexpr std::uint64_t r_bit = 0x100, c_bit = 0x80;

struct Page {
  std::uint64_t vsid = 0;
  std::uint64_t offset = 0;  // in the segment, in bytes
  std::uint64_t slot = 0;    // that its entry has in the HPTEG
  bool terabyte = false, secondary = false, bolted = true;
  unsigned base_shift = 12;
  std::optional<std::uint64_t> lp{};  // of a large page
  bool operator==(const Page&) const = default;
};

std::uint64_t ptex(const Page& page, unsigned shift) {
  auto hash = page.vsid ^ (page.offset >> page.base_shift);
  if (page.terabyte) hash ^= page.vsid << 25;
  if (page.secondary) hash = ~hash;
  return (hash & ((std::uint64_t{1} << (shift - 7)) - 1)) * 8 + page.slot;
}

Hpte entry_of(const Page& page) {
  const unsigned segment_bits = page.terabyte ? 40 : 28;
  const auto avpn = (page.vsid << (segment_bits - 23)) | (page.offset >> 23);
  Hpte hpte{(avpn << 7) | HPTE_VALID, memory | page.lp.value_or(0) << 12};
  if (page.terabyte) hpte.high |= terabyte_bit;
  if (page.secondary) hpte.high |= secondary_bit;
  if (page.bolted) hpte.high |= HPTE_BOLTED;
  if (page.lp) hpte.high |= large_bit;
  return hpte;
}

Call enter(std::uint64_t flags, std::uint64_t at, Hpte hpte) {
  return {token::H_ENTER, {flags, at, hpte.high, hpte.low}};
}
Call enter(const Page& page, unsigned shift) { return enter(H_EXACT, ptex(page, shift), entry_of(page)); }
Call read_four(std::uint64_t at) { return {token::H_READ, {H_READ_4, at}}; }
Call remove(std::uint64_t flags, std::uint64_t at, std::uint64_t avpn = 0) {
  return {token::H_REMOVE, {flags, at, avpn}};
}
Call protect(std::uint64_t flags, std::uint64_t at, std::uint64_t avpn = 0) {
  return {token::H_PROTECT, {flags, at, avpn}};
}

// Of the translation specifiers, those that are not given end the call.
struct Specifier {
  std::uint64_t high = bulk::end, avpn = 0;
};
Call bulk_remove(const std::vector<Specifier>& specifiers) {
  Call call{token::H_BULK_REMOVE, {}};
  for (std::size_t index = 0; index < 4; ++index) {
    const auto specifier = index < specifiers.size() ? specifiers[index] : Specifier{};
    call.args[2 * index] = specifier.high;
    call.args[2 * index + 1] = specifier.avpn;
  }
  return call;
}

std::uint64_t avpn_of(const Page& page) { return entry_of(page).high & ~0x7full; }

constexpr std::uint64_t hpte_count(unsigned shift) { return std::uint64_t{1} << (shift - 4); }

Hypervisor hypervisor(Scheme scheme, unsigned initial_shift = 20, const Deviations& deviations = {}) {
  return {scheme,
          {.initial_shift = initial_shift, .max_shift = 46, .permissions = none, .deviations = deviations}};
}

Hpte read(Hypervisor& iut, std::uint64_t at) {
  const auto response = iut.hcall(read_hpte(at));
  EXPECT_EQ(response.status, H_SUCCESS) << at;
  return {response.out[0], response.out[1]};
}

// The guest waits after every PREPARE, so that preparation is over whatever it takes.
Response issue(Hypervisor& iut, const Call& call) {
  if (call.token == token::reset) {
    iut.reboot();
    return {};
  }
  const auto response = iut.hcall(call);
  if (call.token == token::H_RESIZE_HPT_PREPARE) iut.advance(std::chrono::milliseconds(200));
  return response;
}

std::vector<Response> play(Hypervisor iut, const Calls& calls) {
  std::vector<Response> responses;
  for (const auto& call : calls) responses.push_back(issue(iut, call));
  return responses;
}

void resize(Hypervisor& iut, unsigned shift) {
  issue(iut, prepare(0, shift));
  EXPECT_EQ(iut.hcall(prepare(0, shift)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, shift)).status, H_SUCCESS);
}

// All that a table of that shift holds, by its place.
std::map<std::uint64_t, Hpte> contents(Hypervisor& iut, unsigned shift) {
  std::map<std::uint64_t, Hpte> found;
  for (std::uint64_t at = 0; at < hpte_count(shift); at += 4) {
    const auto four = iut.hcall(read_four(at));
    for (std::size_t index = 0; index < 4; ++index)
      if (const Hpte hpte{four.out[2 * index], four.out[2 * index + 1]}; hpte != Hpte{})
        found[at + index] = hpte;
  }
  return found;
}

constexpr Page some{.vsid = 0x2003, .slot = 5}, other{.vsid = 0x2005, .slot = 5};

// --- The hypercalls, each by LoPAR's sentences about it.

TEST(enter, refuses_what_does_not_suit_the_platform_and_nothing_else) {
  const auto answer = [](std::uint64_t high, std::uint64_t low) {
    auto iut = hypervisor(Scheme::a);
    const auto status = iut.hcall(enter(H_EXACT, 8, {high, low})).status;
    EXPECT_EQ(iut.hcall(read_hpte(8)).out[0], status == H_SUCCESS ? high : 0);
    return status;
  };
  for (std::uint64_t b = 0; b < 4; ++b)
    EXPECT_EQ(answer(b << 62 | HPTE_VALID, memory), b < 2 ? H_SUCCESS : H_PARAMETER) << b;
  for (std::uint64_t wimg = 0; wimg < 16; ++wimg)
    EXPECT_EQ(answer(HPTE_VALID, wimg << 3), wimg == 2 ? H_SUCCESS : H_PARAMETER) << wimg;
  for (std::uint64_t lp = 0; lp < 256; ++lp) {
    const bool listed = lp % 16 == 1 || lp % 16 == 7 || lp == 0x38 || lp == 0x08 || lp == 0x00 || lp == 0x03;
    EXPECT_EQ(answer(HPTE_VALID | large_bit, memory | lp << 12), listed ? H_SUCCESS : H_PARAMETER) << lp;
    EXPECT_EQ(answer(HPTE_VALID, memory | lp << 12), H_SUCCESS) << lp;
  }
}

TEST(remove, returns_the_entry_and_empties_the_slot) {
  for (const auto scheme : schemes) {
    auto iut = hypervisor(scheme);
    iut.hcall(enter(some, 20));
    const auto removed = iut.hcall(remove(0, ptex(some, 20)));
    EXPECT_EQ(removed.status, H_SUCCESS);
    EXPECT_THAT(removed.out, ElementsAre(entry_of(some).high, entry_of(some).low, 0, 0, 0, 0, 0, 0, 0));
    EXPECT_EQ(read(iut, ptex(some, 20)), Hpte{});
    EXPECT_EQ(iut.hcall(remove(0, ptex(some, 20))), (Response{H_NOT_FOUND, {}}));
    EXPECT_EQ(iut.hcall(enter(some, 20)).status, H_SUCCESS);
  }
}

TEST(remove, finds_nothing_where_the_avpn_differs_or_a_bit_of_the_mask_is_set) {
  const auto at = ptex(some, 20), avpn = avpn_of(some);
  const std::pair<Call, std::int64_t> cases[] = {
      {remove(H_AVPN, at, avpn), H_SUCCESS},
      {remove(H_AVPN, at, avpn ^ 0x80), H_NOT_FOUND},
      {remove(H_AVPN, at, avpn ^ terabyte_bit), H_NOT_FOUND},
      {remove(H_AVPN, at, avpn | HPTE_VALID), H_NOT_FOUND},
      {remove(0, at, avpn ^ 0x80), H_SUCCESS},
      {remove(H_ANDCOND, at, HPTE_BOLTED), H_NOT_FOUND},
      {remove(H_ANDCOND, at, secondary_bit), H_SUCCESS},
      {remove(H_ANDCOND, at, 0), H_SUCCESS},
      {remove(0, at, HPTE_BOLTED), H_SUCCESS},
      {remove(H_AVPN | H_ANDCOND, at, avpn), H_NOT_FOUND},
  };
  for (const auto& [call, answer] : cases) {
    auto iut = hypervisor(Scheme::a);
    iut.hcall(enter(some, 20));
    EXPECT_EQ(iut.hcall(call).status, answer) << to_string(call);
    EXPECT_EQ(read(iut, at), answer == H_SUCCESS ? Hpte{} : entry_of(some)) << to_string(call);
  }
}

TEST(remove, of_a_slot_that_is_not_valid_finds_nothing_and_leaves_it) {
  auto iut = hypervisor(Scheme::a);
  iut.hcall(enter(H_EXACT, 8, {HPTE_BOLTED, memory}));
  EXPECT_EQ(iut.hcall(remove(0, 8)).status, H_NOT_FOUND);
  EXPECT_EQ(iut.hcall(remove(H_AVPN, 8, 0)).status, H_NOT_FOUND);
  EXPECT_EQ(read(iut, 8), (Hpte{HPTE_BOLTED, memory}));
}

TEST(every_hypercall_of_the_table, refuses_what_is_beyond_it_at_its_present_size) {
  for (const auto scheme : schemes) {
    auto iut = hypervisor(scheme);
    for (const unsigned shift : {20, 18, 21}) {
      if (shift != 20) resize(iut, shift);
      for (const std::uint64_t at : {hpte_count(shift), ~std::uint64_t{0}}) {
        for (const auto& call : {enter(0, at, entry_of(some)), enter(H_EXACT, at, entry_of(some)),
                                 remove(0, at), protect(0, at), read_hpte(at)})
          EXPECT_EQ(iut.hcall(call).status, H_PARAMETER) << to_string(call);
      }
      EXPECT_EQ(iut.hcall(bulk_remove({{bulk::request | hpte_count(shift)}})).status, H_PARAMETER);
      const auto last = hpte_count(shift) - 1;
      EXPECT_EQ(iut.hcall(remove(0, last)).status, H_NOT_FOUND);
      EXPECT_EQ(iut.hcall(protect(0, last)).status, H_NOT_FOUND);
      EXPECT_EQ(iut.hcall(bulk_remove({{bulk::request | last}})).status, H_SUCCESS);
    }
  }
}

TEST(protect, changes_n_and_pp_and_clears_r_and_leaves_all_else) {
  for (std::uint64_t flags = 0; flags < 8; ++flags) {
    auto iut = hypervisor(Scheme::a);
    auto hpte = entry_of(some);
    hpte.low |= 0x5 | 0xabcd000;
    iut.hcall(enter(H_EXACT, 8, hpte));
    EXPECT_EQ(iut.hcall(protect(flags | 1ull << 63 | 0x7ffull << 48 | 0xe00, 8)), (Response{H_SUCCESS, {}}));
    EXPECT_EQ(read(iut, 8), (Hpte{hpte.high, (hpte.low & ~0x107ull) | flags}));
  }
}

TEST(protect, finds_nothing_where_the_avpn_differs_or_nothing_is_valid) {
  auto iut = hypervisor(Scheme::a);
  iut.hcall(enter(some, 20));
  iut.hcall(enter(H_EXACT, 8, {HPTE_BOLTED, memory}));
  const auto at = ptex(some, 20);
  EXPECT_EQ(iut.hcall(protect(H_AVPN | 3, at, avpn_of(some) ^ 0x80)).status, H_NOT_FOUND);
  EXPECT_EQ(read(iut, at), entry_of(some));
  EXPECT_EQ(iut.hcall(protect(3, 8)).status, H_NOT_FOUND);
  EXPECT_EQ(read(iut, 8), (Hpte{HPTE_BOLTED, memory}));
  EXPECT_EQ(iut.hcall(protect(H_AVPN | 3, at, avpn_of(some))).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(protect(2, at, avpn_of(some) ^ 0x80)).status, H_SUCCESS);
  EXPECT_EQ(read(iut, at).low, (memory & ~r_bit) | 2);
}

TEST(bulk_remove, answers_each_request_with_what_became_of_it) {
  auto iut = hypervisor(Scheme::a);
  for (std::uint64_t at = 0; at < 4; ++at)
    iut.hcall(enter(H_EXACT, at, {0x1000 | HPTE_BOLTED | HPTE_VALID, 0x10 | at * c_bit}));
  const auto answer = iut.hcall(bulk_remove(
      {{bulk::request | 3}, {bulk::request | bulk::avpn | 2, 0x1000}, {bulk::request | 1}, {bulk::request}}));
  EXPECT_EQ(answer.status, H_SUCCESS);
  EXPECT_THAT(answer.out, ElementsAre(0x8c00000000000003, 0, 0x8a00000000000002, 0x1000, 0x8400000000000001,
                                      0, 0x8000000000000000, 0, 0));
  EXPECT_TRUE(contents(iut, 18).empty());
}

TEST(bulk_remove, goes_on_where_nothing_is_found) {
  auto iut = hypervisor(Scheme::a);
  for (std::uint64_t at = 0; at < 4; ++at)
    iut.hcall(enter(H_EXACT, at, {0x1000 | HPTE_BOLTED | HPTE_VALID, 0x10}));
  const auto answer = iut.hcall(bulk_remove({{bulk::request | bulk::avpn | 0, 0x2000},
                                             {bulk::request | bulk::andcond | 1, HPTE_BOLTED},
                                             {bulk::request | 9},
                                             {bulk::request | bulk::andcond | 3, secondary_bit}}));
  EXPECT_EQ(answer.status, H_SUCCESS);
  EXPECT_THAT(answer.out, ElementsAre(0x9200000000000000, 0x2000, 0x9100000000000001, HPTE_BOLTED,
                                      0x9000000000000009, 0, 0x8100000000000003, secondary_bit, 0));
  EXPECT_NE(read(iut, 0), Hpte{});
  EXPECT_NE(read(iut, 1), Hpte{});
  EXPECT_NE(read(iut, 2), Hpte{});
  EXPECT_EQ(read(iut, 3), Hpte{});
}

TEST(bulk_remove, ends_at_the_end_and_at_what_is_no_request_and_at_an_impossible_one) {
  const std::tuple<std::uint64_t, std::int64_t, std::uint64_t> cases[] = {
      {bulk::end | 1, H_SUCCESS, bulk::end | 1},
      {1, H_PARAMETER, 1},                                    // unused
      {bulk::response | 1, H_PARAMETER, bulk::response | 1},  // a response is no request
      {bulk::request | hpte_count(20), H_PARAMETER, 0xa000000000000000 | hpte_count(20)},
      {bulk::request | bulk::ptex, H_PARAMETER, 0xa0ffffffffffffff},
      {bulk::request | bulk::avpn | bulk::andcond | 1, H_PARAMETER, 0xa300000000000001},
      {bulk::request | 0x3cull << 56 | 7, H_SUCCESS, 0x9000000000000007},  // what was in the codes is gone
  };
  for (const auto& [high, status, becomes] : cases) {
    auto iut = hypervisor(Scheme::a);
    for (std::uint64_t at = 0; at < 3; ++at) iut.hcall(enter(H_EXACT, at, {HPTE_BOLTED | HPTE_VALID, 0x10}));
    const bool goes_on = becomes == 0x9000000000000007;
    const auto answer = iut.hcall(bulk_remove({{bulk::request}, {high, 5}, {bulk::request | 2, 6}}));
    EXPECT_EQ(answer.status, status) << high;
    EXPECT_THAT(answer.out, ElementsAre(bulk::response, 0, becomes, 5,
                                        (goes_on ? bulk::response : bulk::request) | 2, 6, bulk::end, 0, 0));
    EXPECT_EQ(read(iut, 0), Hpte{});
    EXPECT_NE(read(iut, 1), Hpte{});
    EXPECT_EQ(read(iut, 2) == Hpte{}, goes_on);
  }
}

TEST(bulk_remove, says_in_its_first_request_that_the_hardware_failed) {
  auto permissions = none;
  permissions.hardware_every = 2;
  SchemeA iut({.permissions = permissions, .deviations = {}});
  iut.hcall(enter(H_EXACT, 1, entry_of(some)));
  const auto answer = iut.hcall(bulk_remove({{bulk::request | bulk::avpn | 1, 7}, {bulk::request | 2}}));
  EXPECT_EQ(answer.status, H_HARDWARE);
  EXPECT_THAT(answer.out,
              ElementsAre(0xb200000000000001, 7, bulk::request | 2, 0, bulk::end, 0, bulk::end, 0, 0));
  EXPECT_EQ(read(iut, 1), entry_of(some));
}

// --- What a resize carries over.

TEST(scheme_a_commit, carries_over_unbolted_entries_with_an_even_ptex_where_no_other_needs_the_slot) {
  const Page even{.vsid = 0x2000, .slot = 2, .bolted = false},
      odd{.vsid = 0x2000, .slot = 3, .bolted = false};
  const Page even_too{.vsid = 0x3000, .slot = 2, .bolted = false}, bolted{.vsid = 0x3800, .slot = 2};
  auto iut = hypervisor(Scheme::a, 22);
  for (const auto& page : {even, odd, even_too}) iut.hcall(enter(page, 22));
  auto with_bolted = iut;
  with_bolted.hcall(enter(bolted, 22));
  resize(iut, 18);
  EXPECT_THAT(contents(iut, 18), ElementsAre(std::pair(ptex(even, 18), entry_of(even))));
  resize(with_bolted, 18);
  EXPECT_THAT(contents(with_bolted, 18), ElementsAre(std::pair(ptex(bolted, 18), entry_of(bolted))));
}

// A page of any size and segment. Few of the hashes' low bits vary, so that pages often need each other's
// slots, in the table that they are in and in others.
Page any_page(std::mt19937_64& random) {
  const std::pair<unsigned, std::optional<std::uint64_t>> encodings[] = {
      {12, {}}, {12, {}}, {12, 0x37}, {16, 0x51}, {12, 0x38}, {16, 0x08}, {24, 0x00}, {34, 0x03}};
  Page page;
  page.terabyte = random() % 2 == 0;
  page.secondary = random() % 2 == 0;
  page.bolted = random() % 3 != 0;
  page.slot = random() % 8;
  const auto& [base_shift, lp] = encodings[random() % (page.terabyte ? 8 : 7)];
  page.base_shift = base_shift;
  page.lp = lp;
  page.vsid = random() & (page.terabyte ? 0x3fffffffff : 0x3ffffffffffff);
  page.offset = random() & ((std::uint64_t{1} << (page.terabyte ? 40 : 28)) - 1);
  page.offset = page.offset >> base_shift << base_shift;
  const auto wanted = random() % 8;  // HPTEG in a 2^18 table
  page.vsid ^= (ptex(page, 18) / 8 ^ wanted) & 0x7ff;
  return page;
}

// A guest, and what its table has to hold.
class Guest {
 public:
  Guest(Scheme scheme, std::uint64_t seed) : iut_(hypervisor(scheme, shift_)), random_(seed) {}

  // Enters, removes or protects something, and checks the answer.
  void act() {
    switch (random_() % 8) {
      case 0:
        return remove_one();
      case 1:
        return remove_in_bulk();
      case 2:
        return protect_one();
      default:
        return enter_one();
    }
  }

  void resize_to(unsigned shift) {
    issue_prepare(shift);
    for (auto calls = random_() % 60; calls != 0; --calls) act();
    iut_.advance(std::chrono::milliseconds(200));
    for (auto calls = random_() % 20; calls != 0; --calls) act();
    ASSERT_EQ(iut_.hcall(prepare(0, shift)).status, H_SUCCESS);
    ASSERT_EQ(iut_.hcall(commit(0, shift)).status, H_SUCCESS);
    shift_ = shift;
    std::map<std::uint64_t, Held> after;
    auto found = shift <= 20 ? contents(iut_, shift) : std::map<std::uint64_t, Hpte>();
    for (const auto& [at, held] : table_) {
      const auto place = ptex(held.page, shift);
      const auto now = shift <= 20 ? found[place] : read(iut_, place);
      if (held.page.bolted) {
        ASSERT_EQ(now, held.hpte) << place;
      }
      if (now != held.hpte) continue;
      after[place] = held;
      found.erase(place);
      survivors_ += !held.page.bolted;
    }
    for (const auto& [place, hpte] : found) ASSERT_EQ(hpte, Hpte{}) << place;
    table_ = after;
  }

  std::size_t survivors() const { return survivors_; }
  std::size_t size() const { return table_.size(); }

 private:
  struct Held {
    Page page;
    Hpte hpte;
  };

  void issue_prepare(unsigned shift) {
    ASSERT_THAT(iut_.hcall(prepare(0, shift)).status, AnyOf(H_SUCCESS, testing::Truly(is_long_busy)));
  }

  // No two bolted ones that need one slot in any table.
  void enter_one() {
    const auto page = any_page(random_);
    if (page.bolted)
      for (const auto& [at, held] : table_)
        if (held.page.bolted && ptex(held.page, 18) == ptex(page, 18)) return;
    const auto at = ptex(page, shift_);
    const auto status = iut_.hcall(enter(page, shift_)).status;
    ASSERT_EQ(status, table_.contains(at) ? H_PTEG_FULL : H_SUCCESS);
    if (status == H_SUCCESS) table_[at] = {page, entry_of(page)};
  }

  std::uint64_t any_ptex() {
    if (table_.empty()) return 0;
    return std::next(table_.begin(), static_cast<std::ptrdiff_t>(random_() % table_.size()))->first;
  }

  void remove_one() {
    if (table_.empty()) return;
    const auto at = any_ptex();
    const auto& hpte = table_[at].hpte;
    ASSERT_EQ(iut_.hcall(remove(H_AVPN, at, hpte.high & ~0x7full)),
              (Response{H_SUCCESS, {hpte.high, hpte.low}}));
    table_.erase(at);
  }

  void remove_in_bulk() {
    const std::set<std::uint64_t> chosen{any_ptex(), any_ptex()};
    std::vector<Specifier> specifiers;
    for (const auto at : chosen) specifiers.push_back({bulk::request | at});
    ASSERT_EQ(iut_.hcall(bulk_remove(specifiers)).status, H_SUCCESS);
    for (const auto at : chosen) table_.erase(at);
  }

  void protect_one() {
    if (table_.empty()) return;
    const auto at = any_ptex(), flags = random_() % 8;
    ASSERT_EQ(iut_.hcall(protect(flags, at)).status, H_SUCCESS);
    auto& low = table_[at].hpte.low;
    low = (low & ~0x107ull) | flags;
  }

  unsigned shift_ = 19;
  Hypervisor iut_;
  std::mt19937_64 random_;
  std::map<std::uint64_t, Held> table_;
  std::size_t survivors_ = 0;
};

TEST(resize, carries_over_what_the_guest_left_whenever_it_changed_it) {
  for (const auto scheme : schemes) {
    std::size_t survivors = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      SCOPED_TRACE(seed);
      Guest guest(scheme, seed);
      for (int calls = 0; calls < 200; ++calls) guest.act();
      for (const unsigned shift : {18, 20, 20, 46, 19, 24, 18}) {
        guest.resize_to(shift);
        if (HasFatalFailure()) return;
      }
      EXPECT_GT(guest.size(), 10u);
      survivors += guest.survivors();
    }
    EXPECT_GT(survivors, 1000u);
  }
}

// --- Scheme B, where a change has to reach a copy.

// Entries that are copied before the one that the test is about.
Calls filling(std::size_t count) {
  Calls calls;
  for (std::size_t index = 0; index < count; ++index)
    calls.push_back(enter(Page{.vsid = 0x100 + index / 8, .slot = index % 8}, 20));
  return calls;
}

TEST(scheme_b_mirror, entry_removed_before_it_is_copied_is_not_copied) {
  const Page last{.vsid = 0x2700, .slot = 5}, later{.vsid = 0x4700, .slot = 5};
  ASSERT_EQ(ptex(last, 20), ptex(later, 20));
  for (const auto& second : {std::optional<Page>(), std::optional(later), std::optional(last)}) {
    auto iut = hypervisor(Scheme::b);
    for (const auto& call : filling(100)) iut.hcall(call);
    iut.hcall(enter(last, 20));
    EXPECT_TRUE(is_long_busy(iut.hcall(prepare(0, 18)).status));
    EXPECT_EQ(iut.hcall(remove(0, ptex(last, 20))).status, H_SUCCESS);
    if (second) {
      EXPECT_EQ(iut.hcall(enter(*second, 20)).status, H_SUCCESS);
    }
    iut.advance(std::chrono::milliseconds(100));
    EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
    EXPECT_EQ(contents(iut, 18).size(), second ? 101u : 100u);
    EXPECT_EQ(read(iut, ptex(last, 18)), second ? entry_of(*second) : Hpte{});
  }
}

TEST(scheme_b_mirror, entry_removed_leaves_another_that_has_the_slot_in_the_new_table) {
  const Page keeps{.vsid = 0x803, .slot = 5}, loose{.vsid = 0x003, .slot = 5, .bolted = false};
  auto iut = hypervisor(Scheme::b);
  iut.hcall(enter(keeps, 20));
  EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
  iut.hcall(enter(loose, 20));
  EXPECT_EQ(iut.hcall(protect(1, ptex(loose, 20))).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(remove(0, ptex(loose, 20))).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
  EXPECT_THAT(contents(iut, 18), ElementsAre(std::pair(ptex(keeps, 18), entry_of(keeps))));
}

// The second is in a wrong place and was not copied, since the first has the slot. It looks just like it.
TEST(scheme_b_mirror, entry_removed_leaves_another_that_looks_like_it) {
  const auto twin = entry_of(some);
  const auto place = ptex(some, 20), wrong_place = place ^ 0x4000;
  auto iut = hypervisor(Scheme::b);
  iut.hcall(enter(H_EXACT, place, twin));
  EXPECT_EQ(iut.hcall(prepare(0, 20)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(enter(H_EXACT, wrong_place, twin)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(remove(0, wrong_place)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 20)).status, H_SUCCESS);
  EXPECT_EQ(read(iut, place), twin);
}

TEST(scheme_b_mirror, preparation_that_ended_on_a_collision_stays_so_when_an_entry_of_the_two_is_removed) {
  const Page one{.vsid = 0x003, .slot = 5}, two{.vsid = 0x803, .slot = 5};
  for (const auto& removed : {one, two}) {
    auto iut = hypervisor(Scheme::b);
    iut.hcall(enter(one, 20));
    iut.hcall(enter(two, 20));
    EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_PTEG_FULL);
    EXPECT_EQ(iut.hcall(remove(0, ptex(removed, 20))).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_PTEG_FULL);
    EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_PTEG_FULL);
    EXPECT_EQ(iut.hcall(prepare(0, 0)).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(prepare(0, 18)).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
  }
}

// --- Deviations.

// Calls that end in one whose answer the deviation changes, and it alone.
struct Exhibit {
  Deviation deviation;
  Calls calls;
  unsigned initial_shift = 20;
};

Exhibit after_resize(Deviation deviation, const Page& page, unsigned to, unsigned from = 20) {
  return {deviation, {enter(page, from), prepare(0, to), commit(0, to), read_hpte(ptex(page, to))}, from};
}

constexpr Page secondary{.vsid = 0x12345, .slot = 3, .secondary = true};
constexpr Page terabyte{.vsid = 0x801, .slot = 1, .terabyte = true};
constexpr Page large_64k{.vsid = 0x777, .offset = 1 << 23, .slot = 1, .base_shift = 16, .lp = 1};
constexpr Page mixed_64k{.vsid = 0x777, .offset = 1 << 23, .slot = 1, .base_shift = 12, .lp = 7};
constexpr Page moving{.vsid = 0x2000, .slot = 4};  // in HPTEG 0 up to 2^20, and in another from 2^21 on
constexpr Page loose{.vsid = 0x2000, .slot = 4, .bolted = false};
// The first two need one slot of a 2^18 table, the third the same HPTEG. The second is in the upper half of a
// 2^20 table.
constexpr Page low{.vsid = 0x0003, .slot = 5}, high{.vsid = 0x1803, .slot = 5},
    near{.vsid = 0x0803, .slot = 6};

Calls group_with(std::uint64_t count) {
  Calls calls;
  for (std::uint64_t slot = 0; slot < count; ++slot)
    calls.push_back(enter(H_EXACT, slot, {HPTE_BOLTED | HPTE_VALID, memory}));
  return calls;
}

Calls operator+(Calls calls, const Call& call) {
  calls.push_back(call);
  return calls;
}

Page not_bolted(Page page) {
  page.bolted = false;
  return page;
}

// What exhibits are made of.
namespace part {
const Page low_loose = not_bolted(low), high_loose = not_bolted(high), some_loose = not_bolted(some);
const Page first_slot{.vsid = 0x2005};
const Page top{.vsid = 0x3ffffffffffff, .offset = 0xffff000, .slot = 2};
const Page large_16m{.vsid = 0x777, .offset = 3 << 24, .slot = 1, .base_shift = 24, .lp = 0};
const Page beside{.vsid = low.vsid, .slot = low.slot + 1};
const auto at = ptex(some, 20), beyond = hpte_count(20) + at;
const auto entry = entry_of(some);
const auto wrong_avpn = avpn_of(some) ^ 0x80;
const Call entering = enter(some, 20), reading = read_hpte(at);
const Calls collision{enter(low, 20), enter(high, 20), prepare(0, 18), commit(0, 18)};

const std::vector<Exhibit> exhibits{
    {D::commit_overwrites_on_collision, collision},
    after_resize(D::rehash_forgets_secondary, secondary, 22),
    after_resize(D::rehash_forgets_1t, terabyte, 20),
    after_resize(D::rehash_takes_first_slot, some, 20),
    after_resize(D::rehash_1t_not_spread, terabyte, 46),
    after_resize(D::rehash_base_is_4k, large_64k, 20),
    after_resize(D::rehash_base_is_actual, mixed_64k, 20),
    after_resize(D::rehash_b_in_avpn, terabyte, 46),
    after_resize(D::rehash_one_bit_short, {.vsid = 0x777, .offset = 1 << 22}, 20),
    after_resize(D::rehash_one_bit_over, {.vsid = 0x800}, 20, 18),
    after_resize(D::rehash_keeps_hpteg, moving, 22),
    after_resize(D::rehash_drops_bolted_bit, some, 20),
    after_resize(D::rehash_drops_secondary_bit, secondary, 20),
    after_resize(D::rehash_clears_second_half, some, 20),
    after_resize(D::rehash_loses_last_slot, {.vsid = 0x777, .slot = 7}, 20),
    after_resize(D::rehash_loses_last_hpteg, {.vsid = 0x1fff}, 20),
    after_resize(D::rehash_loses_first_hpteg, {.vsid = 0}, 20),
    after_resize(D::rehash_loses_secondary, secondary, 20),
    after_resize(D::rehash_loses_large, large_64k, 20),
    after_resize(D::rehash_loses_1t, terabyte, 20),
    after_resize(D::commit_clears_table, some, 20),
    {D::commit_loses_entered, {prepare(0, 18), entering, commit(0, 18), read_hpte(ptex(some, 18))}},
    {D::commit_loses_protection,
     {entering, prepare(0, 18), protect(1, at), commit(0, 18), read_hpte(ptex(some, 18))}},
    {D::commit_false_collision, {enter(low, 20), enter(near, 20), prepare(0, 18), commit(0, 18)}},
    {D::commit_unbolted_collide, {enter(low_loose, 20), enter(high, 20), prepare(0, 18), commit(0, 18)}},
    {D::commit_collision_frees_table, collision + read_hpte(ptex(low, 20))},
    {D::commit_collision_moves, collision + read_hpte(ptex(high, 20))},
    {D::commit_failure_drops_unbolted, {enter(loose, 20), commit(0, 18), read_hpte(ptex(loose, 20))}},
    {D::commit_resurrects_removed,
     {entering, prepare(0, 18), remove(0, at), commit(0, 18), read_hpte(ptex(some, 18))}},
    {D::commit_unbolted_unhashed,
     {enter(loose, 20), prepare(0, 22), commit(0, 22), read_hpte(ptex(loose, 20))}},
    {D::commit_leaves_copies,
     {enter(moving, 20), prepare(0, 22), commit(0, 22), read_hpte(ptex(moving, 20))}},
    {D::read_four_unaligned, {entering, read_four(at)}},
    {D::read_hides_unbolted, {enter(loose, 20), read_hpte(ptex(loose, 20))}},
    {D::enter_beyond_wraps, {enter(H_EXACT, beyond, entry)}},
    {D::enter_beyond_is_h_pteg_full, {enter(H_EXACT, beyond, entry)}},
    {D::enter_exact_ignored, {entering}},
    {D::enter_exact_returns_group, {entering}},
    {D::enter_exact_overwrites, {entering, enter(H_EXACT, at, entry_of(other))}},
    {D::enter_occupied_is_h_parameter, {entering, entering}},
    {D::enter_returns_group, group_with(3) + enter(0, 0, entry)},
    {D::enter_sees_seven_slots, group_with(7) + enter(0, 0, entry)},
    {D::enter_full_overwrites, group_with(8) + enter(0, 0, entry)},
    {D::enter_full_is_h_resource, group_with(8) + enter(0, 0, entry)},
    {D::remove_beyond_wraps, {entering, remove(0, beyond)}},
    {D::remove_beyond_is_h_not_found, {remove(0, beyond)}},
    {D::remove_ignores_avpn, {entering, remove(H_AVPN, at, wrong_avpn)}},
    {D::remove_ignores_andcond, {entering, remove(H_ANDCOND, at, HPTE_BOLTED)}},
    {D::remove_removes_nothing, {entering, remove(0, at), reading}},
    {D::remove_refuses_bolted, {entering, remove(0, at)}},
    {D::protect_beyond_wraps, {entering, protect(1, beyond)}},
    {D::protect_beyond_is_h_not_found, {protect(1, beyond)}},
    {D::protect_ignores_avpn, {entering, protect(H_AVPN | 1, at, wrong_avpn)}},
    {D::protect_ignores_v, {protect(1, at)}},
    {D::protect_changes_nothing, {entering, protect(1, at), reading}},
    {D::protect_drops_bolted_bit, {entering, protect(1, at), reading}},
    {D::bulk_goes_on_after_parameter,
     {entering, bulk_remove({{bulk::request | beyond}, {bulk::request | at}})}},
    {D::bulk_beyond_is_not_found, {bulk_remove({{bulk::request | beyond}})}},
    {D::bulk_ignores_avpn, {entering, bulk_remove({{bulk::request | bulk::avpn | at, wrong_avpn}})}},
    {D::bulk_stops_at_not_found, {entering, bulk_remove({{bulk::request | 0}, {bulk::request | at}})}},
    {D::bulk_removes_first_only,
     {entering, enter(other, 20), bulk_remove({{bulk::request | ptex(other, 20)}, {bulk::request | at}}),
      reading}},
    {D::bulk_leaves_requests, {entering, bulk_remove({{bulk::request | at}})}},
    {D::reset_keeps_entries, {enter(loose, 20), reset_guest(), read_hpte(ptex(loose, 20))}},
    {D::reset_keeps_bolted, {entering, reset_guest(), reading}},
};

// Where the sentences stop: calls that the deviation has no part in.
const std::vector<Exhibit> harmless{
    {D::commit_overwrites_on_collision, {enter(low, 20), enter(near, 20), prepare(0, 18), commit(0, 18)}},
    after_resize(D::rehash_forgets_secondary, top, 18),
    after_resize(D::rehash_forgets_1t, top, 18),
    after_resize(D::rehash_takes_first_slot, first_slot, 22),
    after_resize(D::rehash_1t_not_spread, terabyte, 30),
    after_resize(D::rehash_1t_not_spread, top, 46),
    after_resize(D::rehash_base_is_4k, mixed_64k, 30),
    after_resize(D::rehash_base_is_actual, large_64k, 30),
    after_resize(D::rehash_base_is_actual, large_16m, 30),
    after_resize(D::rehash_b_in_avpn, terabyte, 45),
    after_resize(D::rehash_b_in_avpn, top, 46),
    after_resize(D::rehash_one_bit_short, large_16m, 30),
    after_resize(D::rehash_one_bit_short, {.vsid = 0x777, .offset = 1 << 21}, 30),
    after_resize(D::rehash_one_bit_over, {.vsid = 0x800}, 30, 19),
    after_resize(D::rehash_one_bit_over, {.vsid = 0x800, .secondary = true}, 30, 19),
    after_resize(D::rehash_one_bit_over, large_64k, 30, 18),
    after_resize(D::rehash_one_bit_over, {.vsid = 0x7ff, .secondary = true}, 30, 18),
    after_resize(D::rehash_keeps_hpteg, moving, 18),
    {D::rehash_drops_bolted_bit, collision},
    {D::rehash_drops_bolted_bit, {entering, prepare(0, 18), reading}},
    after_resize(D::rehash_drops_secondary_bit, terabyte, 18),
    {D::rehash_clears_second_half, collision},
    after_resize(D::rehash_loses_last_slot, {.slot = 6}, 18),
    after_resize(D::rehash_loses_last_hpteg, {.vsid = 0x1ffe}, 22),
    after_resize(D::rehash_loses_first_hpteg, {.vsid = 1}, 22),
    after_resize(D::rehash_loses_secondary, large_64k, 18),
    after_resize(D::rehash_loses_large, terabyte, 18),
    after_resize(D::rehash_loses_1t, secondary, 18),
    {D::commit_clears_table, collision + read_hpte(ptex(low, 20))},
    {D::commit_loses_entered, {entering, prepare(0, 18), commit(0, 18)}},
    {D::commit_loses_entered, {prepare(0, 18), entering, prepare(0, 19), commit(0, 19)}},
    {D::commit_loses_protection, {entering, protect(1, at), prepare(0, 18), commit(0, 18)}},
    {D::commit_loses_protection, {prepare(0, 18), entering, protect(1, at), commit(0, 18)}},
    {D::commit_loses_protection,
     {entering, prepare(0, 18), protect(1, at), remove(0, at), entering, protect(2, at), commit(0, 18)}},
    {D::commit_false_collision, {enter(low, 20), enter(beside, 20), prepare(0, 20), commit(0, 20)}},
    {D::commit_false_collision, {enter(low, 20), enter(beside, 20), prepare(0, 22), commit(0, 22)}},
    {D::commit_false_collision, {enter(low, 20), enter(high_loose, 20), prepare(0, 18), commit(0, 18)}},
    {D::commit_unbolted_collide,
     {enter(low_loose, 20), enter(high_loose, 20), prepare(0, 18), commit(0, 18)}},
    {D::commit_collision_frees_table, {entering, prepare(0, 18), commit(0, 19), reading}},
    {D::commit_collision_moves, Calls{enter(some_loose, 20)} + enter(low, 20) + enter(high, 20) +
                                    prepare(0, 18) + commit(0, 18) + read_hpte(ptex(low, 20)) + reading},
    {D::commit_failure_drops_unbolted, collision + read_hpte(ptex(low, 20))},
    {D::commit_failure_drops_unbolted,
     {enter(loose, 20), prepare(0, 18), prepare(1, 18), prepare(0, 18), commit(0, 18)}},
    {D::commit_resurrects_removed, {enter(some_loose, 20), prepare(0, 18), remove(0, at), commit(0, 18)}},
    {D::commit_resurrects_removed, {entering, remove(0, at), prepare(0, 18), commit(0, 18)}},
    {D::commit_resurrects_removed,
     {enter(low, 20), prepare(0, 18), remove(0, ptex(low, 20)), enter(high, 20), commit(0, 18)}},
    {D::commit_unbolted_unhashed, {enter(moving, 20), prepare(0, 22), commit(0, 22)}},
    {D::commit_unbolted_unhashed, {enter(high_loose, 20), enter(low, 20), prepare(0, 18), commit(0, 18)}},
    {D::commit_leaves_copies, {enter(moving, 20), prepare(0, 20), commit(0, 20)}},
    {D::commit_leaves_copies, {enter(high, 20), prepare(0, 18), commit(0, 18)}},
    {D::commit_leaves_copies, {enter(loose, 20), prepare(0, 22), commit(0, 22)}},
    {D::read_four_unaligned, {entering, read_four(at & ~std::uint64_t{3}), reading}},
    {D::read_hides_unbolted, {entering, reading, read_four(at)}},
    {D::enter_beyond_wraps, {remove(0, beyond), protect(0, beyond), read_hpte(beyond)}},
    {D::enter_beyond_is_h_pteg_full, {enter(H_EXACT, at, {entry.high, 0})}},
    {D::enter_exact_ignored, {enter(0, at, entry), enter(0, at, entry)}},
    {D::enter_exact_returns_group, {enter(0, at, entry), enter(0, at, entry)}},
    {D::enter_exact_overwrites, group_with(8) + enter(0, 0, entry)},
    {D::enter_occupied_is_h_parameter, group_with(8) + enter(0, 0, entry)},
    {D::enter_returns_group, {entering}},
    {D::enter_sees_seven_slots, group_with(8)},
    {D::enter_full_overwrites, {entering, entering}},
    {D::enter_full_is_h_resource, {entering, entering}},
    {D::remove_beyond_wraps, {enter(0, beyond, entry), bulk_remove({{bulk::request | beyond}})}},
    {D::remove_beyond_is_h_not_found, {bulk_remove({{bulk::request | beyond}})}},
    {D::remove_ignores_avpn,
     {entering, remove(H_ANDCOND, at, HPTE_BOLTED), remove(H_AVPN, at, avpn_of(some))}},
    {D::remove_ignores_andcond, {entering, remove(H_AVPN, at, wrong_avpn), remove(0, at + 1)}},
    {D::remove_removes_nothing, {entering, bulk_remove({{bulk::request | at}}), reading}},
    {D::remove_refuses_bolted,
     {enter(some_loose, 20), remove(0, at), entering, bulk_remove({{bulk::request | at}})}},
    {D::protect_beyond_wraps, {entering, remove(0, beyond), enter(0, beyond, entry)}},
    {D::protect_beyond_is_h_not_found, {remove(0, beyond)}},
    {D::protect_ignores_avpn, {protect(1, at), entering, remove(H_AVPN, at, wrong_avpn)}},
    {D::protect_ignores_v, {entering, protect(H_AVPN | 1, at, wrong_avpn), remove(0, at + 1)}},
    {D::protect_changes_nothing, {protect(1, at), entering, protect(H_AVPN | 1, at, wrong_avpn)}},
    {D::protect_drops_bolted_bit, {entering, protect(H_AVPN | 1, at, wrong_avpn)}},
    {D::bulk_goes_on_after_parameter, {entering, bulk_remove({{0}, {bulk::request | at}})}},
    {D::bulk_goes_on_after_parameter, {entering, bulk_remove({{bulk::response | at}, {bulk::request | at}})}},
    {D::bulk_beyond_is_not_found,
     {entering, bulk_remove({{bulk::request | bulk::avpn | bulk::andcond | at}})}},
    {D::bulk_ignores_avpn, {entering, bulk_remove({{bulk::request | bulk::andcond | at, HPTE_BOLTED}})}},
    {D::bulk_stops_at_not_found, {entering, bulk_remove({{bulk::request | at}, {bulk::request | 0}})}},
    {D::bulk_removes_first_only,
     {entering, bulk_remove({{bulk::request | at}, {bulk::request | at}, {bulk::request | beyond}})}},
    {D::bulk_leaves_requests, {bulk_remove({{bulk::request | at}, {bulk::request | beyond}})}},
    {D::reset_keeps_entries, {entering, prepare(0, 22), commit(0, 22), reset_guest(), reading}},
    {D::reset_keeps_bolted, {enter(some_loose, 20), reset_guest(), reading}},
    {D::reset_keeps_bolted, {entering, prepare(0, 18), commit(0, 18), reset_guest(), reading}},
};
}  // namespace part

TEST(contents_deviations, each_has_an_exhibit) {
  std::vector<Deviation> shown, to_show;
  for (const auto& exhibit : part::exhibits) shown.push_back(exhibit.deviation);
  for (int index = 0; index < deviation_count; ++index)
    if (text_of(static_cast<Deviation>(index)).seen_in == SeenIn::contents)
      to_show.push_back(static_cast<Deviation>(index));
  EXPECT_EQ(shown, to_show);
}

TEST(contents_deviations, each_shows_in_the_last_call_of_its_exhibit_in_both_schemes) {
  for (const auto& exhibit : part::exhibits)
    for (const auto scheme : schemes) {
      SCOPED_TRACE(id_of(exhibit.deviation));
      ASSERT_TRUE(can_make(scheme, exhibit.deviation));
      auto expected = play(hypervisor(scheme, exhibit.initial_shift), exhibit.calls);
      auto deviant = play(hypervisor(scheme, exhibit.initial_shift, {exhibit.deviation}), exhibit.calls);
      EXPECT_NE(deviant.back(), expected.back());
      deviant.pop_back();
      expected.pop_back();
      // Scheme B meets the collision in preparation, and who overwrites meets none.
      if (scheme == Scheme::b && exhibit.deviation == D::commit_overwrites_on_collision) continue;
      EXPECT_EQ(deviant, expected);
    }
}

// Whatever its size, all that a table of the smallest size would hold is looked at in the end.
TEST(contents_deviations, do_what_their_sentences_say_and_no_more) {
  for (const auto& one : part::harmless)
    for (const auto scheme : schemes) {
      SCOPED_TRACE(id_of(one.deviation));
      auto right = hypervisor(scheme, one.initial_shift);
      auto deviant = hypervisor(scheme, one.initial_shift, {one.deviation});
      for (const auto& call : one.calls)
        EXPECT_EQ(issue(deviant, call), issue(right, call)) << to_string(call);
      const bool misreads = text_of(one.deviation).breaks == "read.contents";
      if (!misreads && one.deviation != D::rehash_drops_bolted_bit) {
        EXPECT_EQ(contents(deviant, 18), contents(right, 18));
      }
    }
}

TEST(contents_deviations, that_do_not_hash_what_is_not_bolted_do_so_whenever_it_was_entered) {
  for (const auto scheme : schemes)
    for (const bool during : {false, true}) {
      auto iut = hypervisor(scheme, 20, {D::commit_unbolted_unhashed});
      if (!during) iut.hcall(enter(loose, 20));
      issue(iut, prepare(0, 22));
      if (during) iut.hcall(enter(loose, 20));
      EXPECT_EQ(iut.hcall(commit(0, 22)).status, H_SUCCESS);
      EXPECT_THAT(contents(iut, 22), ElementsAre(std::pair(ptex(loose, 20), entry_of(loose))));
    }
}

TEST(contents_deviations, that_overwrite_an_entry_overwrite_its_copy) {
  const Page later{.vsid = 0x4003, .slot = 5};
  ASSERT_EQ(ptex(later, 20), ptex(some, 20));
  auto iut = hypervisor(Scheme::b, 20, {D::enter_exact_overwrites});
  iut.hcall(enter(some, 20));
  issue(iut, prepare(0, 22));
  EXPECT_EQ(iut.hcall(enter(later, 20)).status, H_SUCCESS);
  EXPECT_EQ(iut.hcall(commit(0, 22)).status, H_SUCCESS);
  EXPECT_THAT(contents(iut, 22), ElementsAre(std::pair(ptex(later, 22), entry_of(later))));
}

TEST(contents_deviations, that_leave_something_pending_mirror_into_it) {
  for (const auto deviation : {D::commit_keeps_pending, D::commit_swaps}) {
    SCOPED_TRACE(id_of(deviation));
    const unsigned again = deviation == D::commit_swaps ? 20 : 18;
    auto iut = hypervisor(Scheme::b, 20, {deviation});
    iut.hcall(enter(some, 20));
    iut.hcall(enter(other, 20));
    EXPECT_EQ(issue(iut, prepare(0, 18)).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(remove(0, ptex(some, 18))).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(protect(1, ptex(other, 18))).status, H_SUCCESS);
    EXPECT_EQ(iut.hcall(commit(0, again)).status, H_SUCCESS);
    EXPECT_EQ(read(iut, ptex(some, again)), Hpte{});
    EXPECT_EQ(read(iut, ptex(other, again)).low, (memory & ~r_bit) | 1);
  }
}

TEST(contents_deviations, of_a_failing_commit_spoil_the_old_table_at_each_answer_that_they_name) {
  const Page stays{.vsid = 0x1007}, unbolted{.vsid = 0x1009, .bolted = false};
  const auto unbolted_at = ptex(unbolted, 20);
  const Calls entered{enter(low, 20), enter(high, 20), enter(stays, 20), enter(unbolted, 20)};
  for (const auto scheme : schemes) {
    auto dropping = hypervisor(scheme, 20, {D::commit_failure_drops_unbolted});
    for (const auto& call : entered) dropping.hcall(call);
    EXPECT_TRUE(is_long_busy(dropping.hcall(prepare(0, 30)).status));
    EXPECT_EQ(dropping.hcall(commit(0, 30)).status, H_BUSY);
    EXPECT_EQ(read(dropping, unbolted_at), Hpte{});
    dropping.hcall(enter(unbolted, 20));
    issue(dropping, prepare(0, 18));
    EXPECT_EQ(dropping.hcall(commit(0, 19)).status, H_CLOSED);
    EXPECT_EQ(read(dropping, unbolted_at), Hpte{});
    dropping.hcall(enter(unbolted, 20));
    EXPECT_EQ(dropping.hcall(commit(0, 18)).status, H_PTEG_FULL);
    EXPECT_EQ(read(dropping, unbolted_at), Hpte{});
    EXPECT_EQ(contents(dropping, 20).size(), 3u);
    for (const auto deviation : {D::commit_collision_frees_table, D::commit_collision_moves}) {
      SCOPED_TRACE(id_of(deviation));
      auto iut = hypervisor(scheme, 20, {deviation});
      for (const auto& call : entered) iut.hcall(call);
      issue(iut, prepare(0, 18));
      for (int attempt = 0; attempt < 2; ++attempt) {
        EXPECT_EQ(iut.hcall(commit(0, 18)).status, H_PTEG_FULL);
        EXPECT_EQ(contents(iut, 20).size(), deviation == D::commit_collision_moves ? 2u : 0u);
        iut.hcall(enter(stays, 20));
      }
    }
  }
}

}  // namespace
}  // namespace hptck
