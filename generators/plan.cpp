// RapidCheck supplies the distributions; shrinking is not taken from it, because a plan's effect depends on
// what went before it in the same partition. The minimizer in conformance/ shrinks whole traces instead.
#include "generators/plan.h"

#include <algorithm>

namespace hptck {
namespace {

template <class T>
T draw(const rc::Gen<T>& gen, rc::Random& random) {
  return gen(random.split(), 100).value();
}

rc::Gen<std::uint64_t> constant(std::uint64_t value) { return rc::gen::just(value); }

// A size that can be asked for, near the current one more often than not.
rc::Gen<std::uint64_t> legal_shift(const Situation& at) {
  const auto clamp = [](int shift) {
    return static_cast<std::uint64_t>(std::clamp<int>(shift, min_shift, max_shift));
  };
  const int current = static_cast<int>(at.current_shift);
  return rc::gen::weightedOneOf<std::uint64_t>(
      {{4, rc::gen::element<std::uint64_t>(clamp(current - 1), clamp(current + 1))},
       {2, rc::gen::element<std::uint64_t>(clamp(current - 2), clamp(current), clamp(current + 2))},
       {2, rc::gen::element<std::uint64_t>(18, 19)},
       {1, rc::gen::inRange<std::uint64_t>(min_shift, max_shift + 1)}});
}

// One that has a fair chance of being granted: committing huge tables over and over teaches nothing.
rc::Gen<std::uint64_t> grantable_shift(const Situation& at) {
  const auto clamp = [&](int shift) {
    return static_cast<std::uint64_t>(
        std::clamp<int>(shift, min_shift, static_cast<int>(std::min(at.limit, max_shift))));
  };
  const int current = static_cast<int>(at.current_shift);
  return rc::gen::element<std::uint64_t>(clamp(current - 1), clamp(current + 1), clamp(current - 2),
                                         clamp(current), 18, 19);
}

rc::Gen<std::uint64_t> illegal_shift() {
  return rc::gen::weightedOneOf<std::uint64_t>(
      {{3, rc::gen::element<std::uint64_t>(17, 47)},
       {2, rc::gen::element<std::uint64_t>(1, 16, 48, 63, 64, 0xff, 0x7fffffff, 0x80000000, 0xffffffff)},
       {1, rc::gen::inRange<std::uint64_t>(1, 18)},
       {1, rc::gen::inRange<std::uint64_t>(47, 300)}});
}

rc::Gen<std::uint64_t> nonzero_flags() {
  return rc::gen::weightedOneOf<std::uint64_t>(
      {{3, constant(1)},
       {2, rc::gen::map(rc::gen::inRange(0, 64),
                        [](int bit) -> std::uint64_t { return std::uint64_t{1} << bit; })},
       {1, constant(~std::uint64_t{0})},
       {1, rc::gen::nonZero<std::uint64_t>()}});
}

// What kinds of plan there are, with their weights.
enum class Purpose {
  resize,
  prepare,
  poll_and_commit,
  mismatch,
  commit_wrong,
  commit_twice,
  commit_impatiently,
  cancel,
  collide,
  probe,
  anything
};

rc::Gen<Purpose> any_purpose(bool pending) {
  using P = Purpose;
  if (pending) {
    return rc::gen::weightedElement<P>({{2, P::resize},
                                        {2, P::prepare},
                                        {4, P::poll_and_commit},
                                        {5, P::mismatch},
                                        {4, P::commit_wrong},
                                        {1, P::commit_twice},
                                        {1, P::commit_impatiently},
                                        {2, P::cancel},
                                        {1, P::probe},
                                        {3, P::anything}});
  }
  return rc::gen::weightedElement<P>({{4, P::resize},
                                      {6, P::prepare},
                                      {3, P::mismatch},
                                      {2, P::commit_wrong},
                                      {1, P::commit_twice},
                                      {1, P::commit_impatiently},
                                      {1, P::cancel},
                                      {2, P::collide},
                                      {1, P::probe},
                                      {3, P::anything}});
}

void append(Plan& plan, const Plan& more) { plan.insert(plan.end(), more.begin(), more.end()); }

Plan make_plan(const Situation& at, rc::Random random) {
  const auto shift_to_grant = [&] { return draw(grantable_shift(at), random); };
  // The Pending HPT's size, or that of one about to be made.
  std::uint64_t size = at.pending_shift;
  Plan plan;
  const auto make_pending = [&](bool until_done) {
    size = shift_to_grant();
    plan.push_back({prepare(0, size), until_done});
  };
  switch (draw(any_purpose(at.pending), random)) {
    case Purpose::resize:
      make_pending(true);
      plan.push_back({commit(0, size)});
      append(plan, probe_size(static_cast<unsigned>(size)));
      break;
    case Purpose::prepare: {
      const auto shift = draw(any_shift(at), random);
      plan.push_back({prepare(draw(any_flags(), random), shift), draw(rc::gen::inRange(0, 4), random) == 0});
      if (draw(rc::gen::inRange(0, 3), random) == 0) plan.push_back({commit(0, shift)});
      break;
    }
    case Purpose::poll_and_commit:
      plan.push_back({prepare(0, size), true});
      plan.push_back({commit(0, size)});
      append(plan, probe_size(static_cast<unsigned>(size)));
      break;
    case Purpose::mismatch: {
      // Something that does not match, whatever it is answered; then whether the old one is still there.
      if (!at.pending) make_pending(draw(rc::gen::inRange(0, 2), random) == 0);
      switch (draw(rc::gen::inRange(0, 5), random)) {
        case 0:
          plan.push_back({prepare(draw(nonzero_flags(), random), size)});
          break;
        case 1:
          plan.push_back({prepare(draw(nonzero_flags(), random), draw(any_shift(at), random))});
          break;
        case 2:
          plan.push_back({prepare(0, draw(illegal_shift(), random))});
          break;
        case 3:
          plan.push_back({prepare(
              0, draw(rc::gen::element<std::uint64_t>(46, 45, std::min(at.limit + 1, max_shift)), random))});
          break;
        default:
          plan.push_back({prepare(0, draw(legal_shift(at), random))});
          break;
      }
      plan.push_back({commit(0, size)});
      break;
    }
    case Purpose::commit_wrong: {
      if (!at.pending) make_pending(true);
      const auto flags = draw(any_flags(), random);
      const auto shift = draw(rc::gen::oneOf(constant(size), any_shift(at)), random);
      plan.push_back({commit(flags, shift)});
      append(plan, probe_size(at.current_shift));
      break;
    }
    case Purpose::commit_twice:
      if (!at.pending) make_pending(true);
      plan.push_back({prepare(0, size), true});
      plan.push_back({commit(0, size)});
      plan.push_back({commit(0, size)});
      break;
    case Purpose::commit_impatiently:
      // A guest that does not wait: an answer given too early may differ from those before it.
      make_pending(false);
      plan.insert(plan.end(), draw(rc::gen::inRange<std::size_t>(2, 24), random), {commit(0, size)});
      break;
    case Purpose::cancel:
      if (!at.pending) make_pending(draw(rc::gen::inRange(0, 2), random) == 0);
      plan.push_back({prepare(0, 0)});
      plan.push_back({commit(0, size)});
      break;
    case Purpose::collide: {
      if (at.current_shift == min_shift) {
        make_pending(true);
        break;
      }
      const auto slot = draw(rc::gen::inRange(0u, 8u), random);
      append(plan, colliding_entries(at.current_shift, slot,
                                     draw(rc::gen::inRange<std::uint64_t>(0, 1000), random)));
      size = at.current_shift - 1;
      plan.push_back({prepare(0, size), true});
      plan.push_back({commit(0, size)});
      if (draw(rc::gen::inRange(0, 2), random) == 0) plan.push_back({prepare(0, size)});
      plan.push_back({commit(0, size)});
      append(plan, probe_size(at.current_shift));
      break;
    }
    case Purpose::probe:
      append(plan, probe_size(at.current_shift));
      break;
    case Purpose::anything: {
      const auto flags = draw(any_flags(), random), shift = draw(any_shift(at), random);
      plan.push_back(
          {draw(rc::gen::inRange(0, 2), random) == 0 ? prepare(flags, shift) : commit(flags, shift)});
      break;
    }
  }
  return plan;
}

// In one of the states in which a reboot may leave something behind.
Plan make_reset_plan(const Situation& at, rc::Random random) {
  Plan plan;
  const std::uint64_t size = draw(grantable_shift(at), random);
  const bool resizes = draw(rc::gen::inRange(0, 2), random) == 0;
  if (draw(rc::gen::inRange(0, 2), random) == 0)
    append(plan, colliding_entries(at.current_shift, draw(rc::gen::inRange(0u, 8u), random),
                                   draw(rc::gen::inRange<std::uint64_t>(0, 1000), random)));
  const auto entered = plan;
  plan.push_back({prepare(0, size), resizes || draw(rc::gen::inRange(0, 2), random) == 0});
  if (resizes) plan.push_back({commit(0, size)});
  plan.push_back({reset_guest()});
  plan.push_back({commit(0, size)});
  append(plan, probe_size(at.start_shift));
  for (const auto& enter : entered) plan.push_back({read_hpte(enter.call.args[1])});
  return plan;
}

}  // namespace

Situation situation_of(std::span<const ConcreteState> live_states, unsigned current_shift) {
  Situation at;
  const ConcreteState* best = nullptr;
  int best_rank = -1;
  for (const auto& s : live_states) {
    const auto phase = static_cast<Phase>(raw(s.phase));
    const bool dropped = phase == Phase::cancelled && raw(s.gone) == static_cast<int>(Gone::dropped);
    const int rank = 2 * (dropped                    ? 0
                          : phase == Phase::prepared ? 2
                                                     : 1) +
                     (raw(s.current) == current_shift ? 1 : 0);
    if (rank > best_rank) best = &s, best_rank = rank;
  }
  if (best == nullptr) return at;
  at.pending_shift = raw(best->pending);
  at.pending = at.pending_shift != 0;
  at.current_shift = raw(best->current);
  at.limit = raw(best->limit);
  return at;
}

Situation after(Situation at, const Call& call) {
  const auto flags = call.args[0], shift = call.args[1];
  if (call.token == token::reset) {
    at.pending = false;
    at.pending_shift = 0;
    at.current_shift = at.start_shift;
  } else if (call.token == token::H_RESIZE_HPT_PREPARE) {
    at.pending = flags == 0 && shift >= min_shift && shift <= at.limit;
    at.pending_shift = at.pending ? static_cast<unsigned>(shift) : 0;
  } else if (call.token == token::H_RESIZE_HPT_COMMIT && at.pending && flags == 0 &&
             shift == at.pending_shift) {
    at.current_shift = at.pending_shift;
    at.pending = false;
    at.pending_shift = 0;
  }
  return at;
}

rc::Gen<std::uint64_t> any_shift(const Situation& at) {
  // Bits that an implementation drops if it narrows the register to a byte, a halfword or a word.
  const auto upper =
      rc::gen::element<std::uint64_t>(1ull << 8, 1ull << 16, 1ull << 32, 1ull << 63, 0xffffffffull << 32);
  return rc::gen::weightedOneOf<std::uint64_t>(
      {{8, grantable_shift(at)},
       {4, legal_shift(at)},
       {4, illegal_shift()},
       {1, constant(0)},
       {1, rc::gen::element<std::uint64_t>(46, 45)},
       {1, constant(std::min(at.limit + 1, max_shift + 1))},
       {3, rc::gen::map(
               rc::gen::pair(upper, rc::gen::oneOf(legal_shift(at), constant(at.pending ? at.pending_shift
                                                                                        : at.current_shift))),
               [](const auto& p) -> std::uint64_t { return p.first | p.second; })},
       {1, rc::gen::arbitrary<std::uint64_t>()}});
}

rc::Gen<std::uint64_t> any_flags() {
  return rc::gen::weightedOneOf<std::uint64_t>({{5, constant(0)}, {2, nonzero_flags()}});
}

rc::Gen<Plan> any_plan(const Situation& at) {
  return [at](const rc::Random& random, int) { return rc::shrinkable::just(make_plan(at, random)); };
}

// A reboot takes a real machine as long as hundreds of hypercalls, so it is asked for rarely.
Plan PlanSource::next(const Situation& situation) {
  constexpr unsigned plans_per_reset = 256;
  if (situation.start_shift != 0 && ++plans_ % plans_per_reset == 0)
    return make_reset_plan(situation, random_.split());
  return make_plan(situation, random_.split());
}

Plan colliding_entries(unsigned shift, unsigned slot, std::uint64_t salt) {
  // 4 KiB pages in a 256 MiB segment: the hash is the VSID exclusive-or the page's index in the segment. The
  // two VSIDs differ in the topmost bit of the HPTEG index only, which every smaller table drops.
  const auto mask = (std::uint64_t{1} << (shift - 7)) - 1;
  const auto top = (mask >> 1) + 1;
  Plan plan;
  for (const auto vsid : {salt, salt | top}) {
    const auto hpteg = vsid & mask;
    const auto pteh =
        (vsid << 12) | HPTE_BOLTED | HPTE_VALID;  // AVPN: the VSID above 5 bits of page index, from bit 7
    const std::uint64_t ptel = 0x10 | 0x2;        // real page 0, M of WIMG, PP 2
    plan.push_back({{token::H_ENTER, {H_EXACT, hpteg * 8 + slot, pteh, ptel}}});
  }
  return plan;
}

Plan probe_size(unsigned shift) {
  const auto hptes = std::uint64_t{1} << (shift - 4);
  return {{read_hpte(hptes - 1)}, {read_hpte(hptes)}};
}

}  // namespace hptck
