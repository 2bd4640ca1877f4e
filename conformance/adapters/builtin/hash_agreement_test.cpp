// The built-in hypervisor's rehash and the model's share no code and are not written alike: one puts bits of
// the HPTEG's index into a hash, the other recovers the page and hashes it again. On entries in right places,
// and on those in wrong ones, they come to the same.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <vector>

#include "conformance/adapters/builtin/hpt.h"
#include "model/table/hashing.h"

namespace hptck {
namespace {

[[maybe_unused]] const int fixed_seed = setenv("RC_PARAMS", "seed=1 max_success=1000", 0);

using Entry = hashing::Entry<Concrete>;
using W8 = Concrete::Word<8>;
using W64 = Concrete::Word<64>;

// Any of all, not only small ones at first.
std::uint64_t any_word() { return *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()); }
W8 any_shift() {
  const auto shift = rc::gen::inRange<unsigned>(min_shift, max_shift + 1);
  return W8(static_cast<std::uint8_t>(*rc::gen::resize(rc::kNominalSize, shift)));
}

// A bolted entry of some page.
Hpte any_entry() {
  const std::vector<hashing::PageEncoding> encodings(hashing::page_encodings.begin(),
                                                     hashing::page_encodings.end());
  const auto encoding = *rc::gen::elementOf(encodings);
  Hpte hpte;
  hpte.high = (any_word() & ~(std::uint64_t{3} << 62)) | HPTE_BOLTED | HPTE_VALID;
  if (encoding.base_shift == 34 || *rc::gen::arbitrary<bool>()) hpte.high |= std::uint64_t{1} << 62;
  hpte.low = (any_word() & ~(std::uint64_t{encoding.mask} << 12)) | std::uint64_t{encoding.lp} << 12;
  return hpte;
}

void agree(const Hpte& hpte, W64 ptex, W8 from_shift, W8 to_shift) {
  const Entry e{W64(hpte.high), W64(hpte.low)};
  const auto page = hashing::recovered_page(e, hashing::hpteg_at(ptex));
  RC_ASSERT(holds(is_page(page)) && holds(maps(e, page)));
  Hpt from(raw(from_shift)), to(raw(to_shift));
  const auto hash = hash_of(hpte, raw(ptex), from, {});
  RC_ASSERT((hash & hashing::low_bits(hashing::hash_bits).value) == raw(hash_of(page)));
  from.put(raw(ptex), hpte);
  RC_ASSERT(rehash_bolted(from, to, {}));
  RC_ASSERT(to.entries().size() == 1u);
  RC_ASSERT(to.at(raw(rehashed_ptex(e, ptex, to_shift))) == hpte);
}

RC_GTEST_PROP(hash_agreement_test, of_entries_in_right_places, ()) {
  const auto hpte = any_entry();
  const auto from = any_shift();
  const Entry e{W64(hpte.high), W64(hpte.low)};
  const auto page = hashing::recovered_page(e, W64(any_word()));
  const auto hpteg = raw(hashing::hpteg_of(hash_of(page), is_secondary(e), from));
  const W64 ptex(hpteg * 8 + *rc::gen::inRange<std::uint64_t>(0, 8));
  RC_ASSERT(holds(stands_right(page, is_secondary(e), ptex, from)));
  agree(hpte, ptex, from, any_shift());
}

RC_GTEST_PROP(hash_agreement_test, of_entries_anywhere, ()) {
  const auto from = any_shift();
  const auto last_ptex = raw(hashing::last_hpteg(from)) * 8 + 7;
  agree(any_entry(), W64(any_word() & last_ptex), from, any_shift());
}

}  // namespace
}  // namespace hptck
