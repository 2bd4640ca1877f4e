// The rows of the table as a whole (model/table/table_rows.h) read as terms and as machine words: each row
// has to say the same of the same HPTE. Apart from agreement_test.cpp, because these rows stand in no walk
// over terms; nothing is proved with them yet.
#include "model/table/table_rows.h"

#include <gtest/gtest.h>

#include <random>

#include "model/framework/symbolic.h"

namespace hptck {
namespace {

z3::context& context() {
  static z3::context z3;
  return z3;
}

template <class Domain>
struct Made;
template <>
struct Made<Concrete> {
  template <int width>
  static auto word(std::uint64_t value) {
    return Concrete::Word<width>(static_cast<concrete::Bits<width>>(value));
  }
  static auto bit(bool value) { return Concrete::Bool(value); }
};
template <>
struct Made<Symbolic> {
  template <int width>
  static auto word(std::uint64_t value) {
    return Symbolic::Word<width>(context().bv_val(value, width));
  }
  static auto bit(bool value) { return Symbolic::Bool(context().bool_val(value)); }
};

std::uint64_t value(Concrete::Bool b) { return holds(b); }
std::uint64_t value(const Symbolic::Bool& b) { return raw(b).simplify().is_true(); }
template <int width>
std::uint64_t value(const concrete::Word<width>& w) {
  return raw(w);
}
template <int width>
std::uint64_t value(const symbolic::Word<width>& w) {
  return raw(w).simplify().get_numeral_uint64();
}

// One HPTE and one resize; what each row says of it, in numbers.
struct Sample {
  std::uint64_t high, low, ptex;
  unsigned presence, from, to;
};
template <class Domain>
std::vector<std::uint64_t> said_of(const Sample& x) {
  using M = Made<Domain>;
  const auto here = M::template word<64>(x.ptex);
  const Carried<Domain> s{{M::template word<64>(x.high), M::template word<64>(x.low)},
                          here,
                          here,
                          M::template word<8>(x.presence),
                          M::template word<8>(0),
                          M::bit(true),
                          M::bit(false),
                          M::bit(false)};
  const Shifts<Domain> a{M::template word<8>(x.from), M::template word<8>(x.to)};
  const TableRules<Domain> rules;
  std::vector<std::uint64_t> said;
  for (const auto* list : {&rules.commit, &rules.collision, &rules.failure, &rules.reset})
    for (const auto& row : *list) {
      if (row.when) said.push_back(value(row.when(s, a)));
      const auto next = row.next(s, a);
      said.insert(said.end(), {value(next.hpte.high), value(next.hpte.low), value(next.there),
                               value(next.fate), value(next.copied), value(next.first_free)});
    }
  return said;
}

TEST(TableRows, say_the_same_as_terms_and_as_machine_words) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    Sample sample{random(),
                  random(),
                  random() % (1u << 20),
                  static_cast<unsigned>(random() % 3),
                  static_cast<unsigned>(18 + random() % 6),
                  static_cast<unsigned>(18 + random() % 6)};
    // L and an LP that is listed, bolted or not, either segment size.
    if (i % 2 == 0) sample.low = (sample.low & ~0xff000ull) | (i % 4 == 0 ? 0x38000 : 0x1000);
    EXPECT_EQ(said_of<Concrete>(sample), said_of<Symbolic>(sample)) << i;
  }
}

}  // namespace
}  // namespace hptck
