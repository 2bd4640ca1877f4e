// One solver for each question: a context that has answered many is slower than a fresh one, and what one
// finds would depend on what was asked before it.
#include "model/proofs/witnesses.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "model/proofs/claims.h"

namespace hptck {
namespace {

using namespace hashing;
using symbolic::Bool;
using M = Mistake;
using W64 = symbolic::Word<64>;
using S = PlacedEntry<Symbolic>;

constexpr unsigned tebibyte_low_bit = 40 - avpn_low_bit;  // of AVPN
constexpr std::uint64_t real_mode_tebibyte = 0x1ffffff;   // the platform's own (ambiguity A9)
constexpr std::uint64_t storage = 0x10, protection = 2;   // WIMG 0010; PP of what the guest may write

/// L and LP, and the segment's size.
struct Kind {
  bool terabyte;
  const PageEncoding* encoding;  ///< null: 4 KiB, L clear
};
std::vector<Kind> kinds_with(bool large) {
  std::vector<Kind> kinds;
  for (const bool terabyte : {false, true}) {
    if (!large) {
      kinds.push_back({terabyte, nullptr});
      continue;
    }
    for (const auto& encoding : page_encodings)
      if (encoding.actual_shift < (terabyte ? large_segment : small_segment))
        kinds.push_back({terabyte, &encoding});
  }
  return kinds;
}
constexpr const PageEncoding *k64 = &page_encodings[0], *k4_in_64 = &page_encodings[1],
                             *k16m = &page_encodings[4], *k16g = &page_encodings[5];

struct Polarity {
  bool a_secondary, b_secondary;
};
constexpr Polarity polarities[] = {{false, true}, {false, false}, {true, false}, {true, true}};

class Search {
 public:
  /// What every HPTE of a guest fulfils.
  static Bool legal(const S& x, const Kind& kind) {
    const auto lowest = kind.encoding != nullptr && kind.encoding->base_shift > avpn_low_bit
                            ? 7u + kind.encoding->base_shift - avpn_low_bit
                            : 7u;
    const std::uint64_t fixed =
        std::uint64_t{kind.terabyte} << 62 | HPTE_VALID | (kind.encoding != nullptr ? HPTE_LARGE : 0);
    const std::uint64_t free =
        ((std::uint64_t{1} << 62) - 1 - low_bits(lowest).value) | HPTE_BOLTED | HPTE_SECONDARY;
    const std::uint64_t lp = kind.encoding != nullptr ? kind.encoding->lp : 0;
    return all(eq(only_bits(x.e.high, lit(~free)), lit(fixed)),
               eq(x.e.low, lit(lp << 12 | storage | protection)),
               negate(eq(tebibyte(x), lit(real_mode_tebibyte))));
  }
  static W64 tebibyte(const S& x) { return shifted_right(avpn_of(x.e), lit(tebibyte_low_bit)); }
  static Bool legal(const S& x, const std::vector<Kind>& kinds) {
    auto any_kind = legal(x, kinds.front());
    for (const auto& kind : kinds) any_kind = either(any_kind, legal(x, kind));
    return any_kind;
  }
  static Bool secondary_is(const S& x, bool secondary) {
    return secondary ? is_secondary(x.e) : negate(is_secondary(x.e));
  }

  explicit Search(const Relationship& of)
      : of_(of), a_(placed("a")), b_(placed("b")), solver_(context_, "QF_BV") {
    z3::params parameters(context_);
    parameters.set("random_seed", 1u);
    solver_.set(parameters);
    require(fulfils(of, a_, b_));
  }
  void require(const Bool& formula) { solver_.add(raw(formula)); }
  const S& a() const { return a_; }
  const S& b() const { return b_; }
  /// That it can stand in one table with these, before and after.
  void apart_from(const std::vector<Witness>& others) {
    const auto to = constant(resized<8>(a_.ptex), lit(of_.to));
    const auto place = rehashed_ptex(a_.e, a_.ptex, to);
    for (const auto& other : others) {
      if (other.of.pair) continue;
      const auto x = other.a.placed();
      const auto x_place = rehashed_ptex(x.e, x.ptex, Concrete::Word<8>(of_.to));
      require(all(negate(eq(tebibyte(a_), lit(raw(avpn_of(x.e)) >> tebibyte_low_bit))),
                  negate(eq(hpteg_at(a_.ptex), lit(raw(hpteg_at(x.ptex))))),
                  negate(eq(hpteg_at(place), lit(raw(hpteg_at(x_place)))))));
    }
  }
  std::optional<Witness> find() {
    const auto answer = solver_.check();
    if (answer == z3::unknown) throw std::runtime_error("Z3 does not know whether there is a witness");
    if (answer == z3::unsat) return std::nullopt;
    const auto model = solver_.get_model();
    const auto number = [&](const W64& word) { return model.eval(raw(word), true).get_numeral_uint64(); };
    const auto words = [&](const S& x) {
      return Witness::Words{number(x.ptex), number(x.e.high), number(x.e.low)};
    };
    return Witness{of_, words(a_), of_.pair ? words(b_) : Witness::Words{}};
  }

 private:
  S placed(const std::string& name) {
    const auto word = [&](const char* field) { return W64(context_.bv_const((name + field).c_str(), 64)); };
    return {{word(".high"), word(".low")}, word(".ptex")};
  }

  Relationship of_;
  z3::context context_;
  S a_, b_;
  z3::solver solver_;
};

// Pairs that collide: each two kinds in each size, the ways in which they are hashed taken in turn.
void find_collisions(std::uint8_t from, std::uint8_t to, unsigned turn, std::vector<Witness>& found) {
  const std::pair<Kind, Kind> pairs[] = {
      {{false, nullptr}, {false, nullptr}}, {{false, nullptr}, {false, k64}},
      {{false, nullptr}, {true, nullptr}},  {{false, k64}, {true, k64}},
      {{true, nullptr}, {true, k4_in_64}},  {{false, k16m}, {false, nullptr}},
      {{true, k16m}, {false, k64}},         {{true, k16g}, {false, nullptr}}};
  const auto find = [&](const Kind& a, const Kind& b, const Polarity& polarity, bool one_segment) {
    Search search({Relation::collision, M::none, M::none, from, to, true});
    search.require(Search::legal(search.a(), a));
    search.require(Search::legal(search.b(), b));
    search.require(Search::secondary_is(search.a(), polarity.a_secondary));
    search.require(Search::secondary_is(search.b(), polarity.b_secondary));
    // In one segment; of a 1 TiB one within 256 MiB, so that much of what is hashed is the same.
    const auto same = eq(Search::tebibyte(search.a()), Search::tebibyte(search.b()));
    search.require(one_segment ? same : negate(same));
    if (one_segment)
      search.require(eq(shifted_right(avpn_of(search.a().e), lit(small_segment - avpn_low_bit)),
                        shifted_right(avpn_of(search.b().e), lit(small_segment - avpn_low_bit))));
    if (auto one = search.find()) found.push_back(*one);
  };
  for (const auto& [a, b] : pairs) find(a, b, polarities[turn++ % 4], false);
  // Different pages of one segment, one hashed each way.
  find({false, nullptr}, {false, nullptr}, polarities[0], true);
  find({true, nullptr}, {true, nullptr}, polarities[2], true);
}

// A mistake by itself, else with one other that always shows with it.
std::optional<Witness> find_mistake(Relationship of, const std::vector<Kind>& kinds,
                                    const std::vector<Witness>& others) {
  const auto ask = [&](M shared) {
    of.shared = shared;
    Search search(of);
    search.require(Search::legal(search.a(), kinds));
    search.require(is_bolted(search.a().e));
    if (of.pair) {
      search.require(Search::legal(search.b(), kinds));
      search.require(negate(eq(Search::tebibyte(search.a()), Search::tebibyte(search.b()))));
    } else {
      search.apart_from(others);
    }
    return search.find();
  };
  if (auto alone = ask(M::none)) return alone;
  for (const auto shared : all_mistakes) {
    if (shared == of.mistake) continue;
    if (auto one = ask(shared)) return one;
  }
  return std::nullopt;
}

void find_mistakes(std::uint8_t from, std::uint8_t to, std::vector<Witness>& found) {
  for (const auto mistake : all_mistakes) {
    const bool pair = mistake == M::slot_ignored || mistake == M::bolted_ignored;
    for (const bool large : {false, true}) {
      if (pair && large) continue;
      if (auto one =
              find_mistake({Relation::mistake, mistake, M::none, from, to, pair}, kinds_with(large), found))
        found.push_back(*one);
    }
  }
}

void find_edges(std::uint8_t from, std::uint8_t to, std::vector<Witness>& found) {
  unsigned turn = 0;
  for (const auto relation : {Relation::first, Relation::last, Relation::beyond, Relation::bound}) {
    if (from == to && relation != Relation::first && relation != Relation::last) continue;
    for (const bool secondary : {false, true}) {
      Search search({relation, M::none, M::none, from, to, false});
      search.require(Search::legal(search.a(), kinds_with(turn % 4 == 3)));
      search.require(Search::secondary_is(search.a(), secondary));
      search.require(turn++ % 3 == 0 ? is_terabyte(search.a().e) : negate(is_terabyte(search.a().e)));
      search.require(is_bolted(search.a().e));
      // The first PTEX and the last one, and both hashes in different slots: they share the HPTEG.
      const bool low = relation == Relation::first || relation == Relation::bound;
      search.require(eq(slot_at(search.a().ptex), lit(low ? (secondary ? 1 : 0) : (secondary ? 6 : 7))));
      for (const auto& other : found) {
        if (other.of.pair) continue;
        const auto x = other.a.placed();
        search.require(negate(eq(Search::tebibyte(search.a()), lit(raw(avpn_of(x.e)) >> tebibyte_low_bit))));
      }
      if (auto one = search.find()) found.push_back(*one);
    }
  }
}

}  // namespace

std::optional<Witness> find_witness(const Relationship& of) {
  auto kinds = kinds_with(false);
  for (const auto& kind : kinds_with(true)) kinds.push_back(kind);
  Search search(of);
  search.require(Search::legal(search.a(), kinds));
  if (of.pair) search.require(Search::legal(search.b(), kinds));
  return search.find();
}

std::vector<Witness> find_witnesses(std::uint8_t from, std::uint8_t to) {
  std::vector<Witness> found;
  if (to < from) find_collisions(from, to, from + to, found);
  find_edges(from, to, found);
  find_mistakes(from, to, found);
  return found;
}

std::vector<Witness> find_vast_witnesses() {
  std::vector<Witness> found;
  for (const auto& [mistake, to] : {std::pair{M::terabyte_vsid_not_spread, first_size_that_spreads},
                                    std::pair{M::segment_size_left_in_avpn, max_shift}}) {
    for (const auto from : witness_from) {
      const auto one =
          find_mistake({Relation::mistake, mistake, M::none, from, static_cast<std::uint8_t>(to), false},
                       kinds_with(false), {});
      if (one) found.push_back(*one);
    }
  }
  return found;
}

std::string text_of(const Witness& witness) {
  const char* relations[] = {"collision", "mistake", "shows", "first", "last", "beyond", "bound"};
  const char* mistakes[] = {"none",
                            "secondary_ignored",
                            "secondary_bits_not_complemented",
                            "terabyte_as_256m",
                            "terabyte_vsid_not_spread",
                            "segment_size_left_in_avpn",
                            "base_page_is_4k",
                            "base_page_is_the_actual_page",
                            "one_bit_too_few_recovered",
                            "one_bit_too_many_recovered",
                            "hpteg_kept",
                            "slot_not_kept",
                            "slot_ignored",
                            "bolted_ignored"};
  static_assert(std::size(mistakes) == all_mistakes.size() + 1);
  const auto words = [](const Witness::Words& x) {
    return fmt::format("{{{:#x}, {:#x}, {:#x}}}", x.ptex, x.high, x.low);
  };
  const auto& of = witness.of;
  return fmt::format("{{{{R::{}, M::{}, M::{}, {}, {}, {}}}, {}, {}}},",
                     relations[static_cast<int>(of.relation)], mistakes[static_cast<int>(of.mistake)],
                     mistakes[static_cast<int>(of.shared)], of.from, of.to, of.pair, words(witness.a),
                     of.pair ? words(witness.b) : "{}");
}

}  // namespace hptck
