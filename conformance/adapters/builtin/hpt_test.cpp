// The rehash, against hashes that the tests compute from the page's virtual address, as the Power ISA defines
// them. The entry is made from the same address; what the rehash knows of it is only what the entry holds and
// where it stands.
#include "conformance/adapters/builtin/hpt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "model/hypercall.h"

namespace hptck {
namespace {

// The same cases in every run: a test that fails once in a thousand runs tells nobody anything. RC_PARAMS in
// the environment still has its way.
[[maybe_unused]] const int fixed_seed = setenv("RC_PARAMS", "seed=1 max_success=1000", 0);

constexpr std::uint64_t secondary_bit = 0x2, large_bit = 0x4;

// A page in a segment: the test's own view, from which both entry and hash follow.
struct Page {
  bool terabyte = false;
  std::uint64_t vsid = 0;
  std::uint64_t offset = 0;           // in the segment, in bytes
  unsigned page_shift = 12;           // of the base page
  std::optional<std::uint64_t> lp{};  // of a large page
  bool secondary = false;
};

std::uint64_t isa_hash(const Page& page) {
  const auto number = page.offset >> page.page_shift;
  return page.terabyte ? page.vsid ^ (page.vsid << 25) ^ number : page.vsid ^ number;
}

std::uint64_t isa_hpteg(const Page& page, unsigned shift) {
  const auto mask = (std::uint64_t{1} << (shift - 7)) - 1;
  return (page.secondary ? ~isa_hash(page) : isa_hash(page)) & mask;
}

Hpte entry_for(const Page& page, std::uint64_t tag) {
  // The virtual address has 78 bits; its high part is kept apart so that 64-bit words do.
  const unsigned segment_bits = page.terabyte ? 40 : 28;
  const auto avpn = (page.vsid << (segment_bits - 23)) | (page.offset >> 23);
  Hpte hpte;
  hpte.high = (avpn << 7) | HPTE_BOLTED | HPTE_VALID;
  if (page.terabyte) hpte.high |= std::uint64_t{1} << 62;
  if (page.secondary) hpte.high |= secondary_bit;
  if (page.lp) hpte.high |= large_bit;
  hpte.low = (tag << 28) | (page.lp.value_or(0) << 12);
  return hpte;
}

rc::Gen<Page> any_page() {
  return rc::gen::exec([] {
    Page page;
    page.terabyte = *rc::gen::arbitrary<bool>();
    const auto vsid_bits = page.terabyte ? 38 : 50;
    page.vsid = *rc::gen::arbitrary<std::uint64_t>() & ((std::uint64_t{1} << vsid_bits) - 1);
    // As in ibm,segment-page-sizes of a POWER8. Of LP, 64 KiB pages have the low four bits; the others are
    // RPN.
    const auto rpn = *rc::gen::inRange<std::uint64_t>(0, 16) << 4;
    const std::pair<unsigned, std::optional<std::uint64_t>> encodings[] = {
        {12, {}}, {12, rpn | 7}, {12, 0x38}, {16, rpn | 1}, {16, 0x08}, {24, 0x00}, {34, 0x03}};
    std::tie(page.page_shift, page.lp) = encodings[*rc::gen::inRange(0, page.terabyte ? 7 : 6)];
    page.offset =
        *rc::gen::arbitrary<std::uint64_t>() & ((std::uint64_t{1} << (page.terabyte ? 40 : 28)) - 1);
    page.offset &= ~((std::uint64_t{1} << page.page_shift) - 1);
    page.secondary = *rc::gen::arbitrary<bool>();
    return page;
  });
}

RC_GTEST_PROP(hpt_test, bolted_entry_is_found_where_the_isa_looks_for_it, ()) {
  const auto page = *any_page();
  const auto from_shift = *rc::gen::inRange(18u, 47u), to_shift = *rc::gen::inRange(18u, 47u);
  const auto slot = *rc::gen::inRange<std::uint64_t>(0, 8);
  Hpt from(from_shift), to(to_shift);
  const auto hpte = entry_for(page, 5);
  from.put(isa_hpteg(page, from_shift) * 8 + slot, hpte);
  RC_ASSERT(rehash_bolted(from, to, {}));
  RC_ASSERT(to.entries().size() == 1u);
  RC_ASSERT(to.at(isa_hpteg(page, to_shift) * 8 + slot) == hpte);
}

// Enters pages at their right places, leaving out those whose slot is taken.
Hpt filled(const std::vector<Page>& pages, unsigned shift) {
  Hpt table(shift);
  for (std::size_t index = 0; index < pages.size(); ++index) {
    const auto ptex = isa_hpteg(pages[index], shift) * 8 + index % 8;
    if (table.at(ptex) == Hpte{}) table.put(ptex, entry_for(pages[index], index));
  }
  return table;
}

RC_GTEST_PROP(hpt_test, growing_never_collides_and_loses_nothing, ()) {
  const auto pages = *rc::gen::container<std::vector<Page>>(any_page());
  const auto from_shift = *rc::gen::inRange(18u, 22u), to_shift = *rc::gen::inRange(from_shift, 47u);
  const auto from = filled(pages, from_shift);
  Hpt to(to_shift);
  RC_ASSERT(rehash_bolted(from, to, {}));
  RC_ASSERT(to.entries().size() == from.entries().size());
}

RC_GTEST_PROP(hpt_test, shrinking_collides_just_when_two_pages_need_one_slot, ()) {
  // Hashes of which only a few bits vary, above and below the smaller table's 11, so that both outcomes are
  // common.
  const auto numbers =
      *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, 1 << 7));
  std::vector<Page> pages;
  for (const auto number : numbers)
    pages.push_back(
        {.vsid = (number & 0x1f) | (number >> 5 << 11), .secondary = *rc::gen::arbitrary<bool>()});
  const auto from = filled(pages, 24);
  std::set<std::uint64_t> needed;
  for (std::size_t index = 0; index < pages.size(); ++index)
    if (from.at(isa_hpteg(pages[index], 24) * 8 + index % 8) == entry_for(pages[index], index))
      needed.insert(isa_hpteg(pages[index], 18) * 8 + index % 8);
  const bool fits = needed.size() == from.entries().size();
  RC_CLASSIFY(fits, "fits");
  Hpt to(18);
  RC_ASSERT(rehash_bolted(from, to, {}) == fits);
  if (fits) {
    for (const auto ptex : needed) RC_ASSERT(to.at(ptex) != Hpte{});
  }
}

RC_GTEST_PROP(hpt_test, entries_in_wrong_places_break_nothing,
              (const std::vector<std::array<std::uint64_t, 3>>& entries)) {
  const auto from_shift = *rc::gen::inRange(17u, 48u), to_shift = *rc::gen::inRange(17u, 48u);
  Hpt from(from_shift), to(to_shift);
  for (const auto& [ptex, high, low] : entries) from.put(ptex & (from.hpte_count() - 1), {high, low});
  if (to_shift >= from_shift) {
    RC_ASSERT(rehash_bolted(from, to, {}));
  } else {
    rehash_bolted(from, to, {});
  }
  for (const auto& [ptex, hpte] : to.entries()) RC_ASSERT(ptex < to.hpte_count());
}

// Two entries of one page: the second stands where no walk finds it, which is the guest's error and no reason
// to refuse it a table that is not smaller.
TEST(hpt_test, entry_in_a_wrong_place_is_no_collision_unless_shrinking) {
  Hpt from(24);
  from.put(0x000 * 8, {HPTE_BOLTED | HPTE_VALID, 1});
  from.put(0x800 * 8, {HPTE_BOLTED | HPTE_VALID, 2});
  for (const unsigned shift : {23, 24, 25}) {
    Hpt to(shift);
    EXPECT_EQ(rehash_bolted(from, to, {}), shift >= 24) << shift;
    EXPECT_EQ(to.entries().size(), 1u);
  }
}

TEST(hpt_test, entries_that_are_not_bolted_are_left_behind) {
  Hpt from(18), to(18);
  from.put(0, {HPTE_VALID, 1});
  from.put(1, {HPTE_BOLTED, 2});  // bolted, but not valid
  from.put(2, {HPTE_BOLTED | HPTE_VALID, 3});
  EXPECT_TRUE(rehash_bolted(from, to, {}));
  EXPECT_EQ(to.entries().size(), 1u);
  EXPECT_EQ(to.at(2).low, 3u);
}

// One page worked by hand: VSID 0x123456, page 0x345 of a 256 MiB segment, secondary. Its hash is
// 0x123456 xor 0x345 = 0x123713. In 2^18 bytes there are 0x800 HPTEGs: complement of 0x713 in 0x7ff is 0x0ec.
// In 2^24 bytes there are 0x20000: complement of 0x03713 in 0x1ffff is 0x1c8ec.
TEST(hpt_test, secondary_entry_worked_by_hand) {
  Hpt from(18), to(24);
  const Hpte hpte{(std::uint64_t{0x123456} << 12) | HPTE_BOLTED | secondary_bit | HPTE_VALID, 0x190};
  from.put(0x0ec * 8 + 6, hpte);
  EXPECT_TRUE(rehash_bolted(from, to, {}));
  EXPECT_EQ(to.at(0x1c8ec * 8 + 6), hpte);
}

// VSID 0x13 of 1 TiB, page 0x2801: address 0x2801000, so bit 25 and bit 23 are in the entry and 0x001 is not.
// The hash is 0x13 xor 0x26000000 xor 0x2801 = 0x26002812.
TEST(hpt_test, one_terabyte_entry_worked_by_hand) {
  Hpt from(18), to(46);
  const Hpte hpte{(std::uint64_t{1} << 62) | (std::uint64_t{0x13} << 24) | (std::uint64_t{0x5} << 7) |
                      HPTE_BOLTED | HPTE_VALID,
                  0x190};
  from.put(0x012 * 8, hpte);
  EXPECT_TRUE(rehash_bolted(from, to, {}));
  EXPECT_EQ(to.at(0x26002812ull * 8), hpte);
}

}  // namespace
}  // namespace hptck
