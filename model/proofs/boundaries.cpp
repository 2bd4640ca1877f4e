#include "model/proofs/boundaries.h"

#include "model/proofs/capability_obligations.h"

namespace hptck {
namespace {

using namespace machines;
using symbolic::Bool;

using W8 = symbolic::Word<8>;

Bool is(const W8& word, auto value) { return eq(word, lit(value)); }
Bool kvm(const SymbolicFacts& f) { return negate(is(f.accelerator, Accelerator::tcg)); }

// What can be written as a configuration and plausibly be had: a host only with KVM, page sizes that are
// some.
Bool plausible(const World& w, const SymbolicFacts& f) {
  const auto no_host = both(both(is(f.contiguous, 0u), is(f.terabyte, 0u)),
                            both(both(is(f.slb_entries, 0u), is(f.kernel, 16u)),
                                 both(is(f.host_pairs, 0u), is(f.host_shapes, 0u))));
  auto backed = w.truth(false);
  for (const unsigned shift : {12u, 16u, 24u, 30u, 34u}) backed = either(backed, is(f.backing, shift));
  const auto kernel = either(is(f.kernel, 12u), is(f.kernel, 16u));
  return both(both(both(is_configuration(f), either(kvm(f), no_host)), both(backed, kernel)),
              eq(f.number, f.bytes));
}

// That one setting differs, and the others do not. The least steps: the next size, the next byte, one page
// size of the host, one SLB entry.
Bool one_step_apart(const World& w, const SymbolicFacts& a, const SymbolicFacts& b) {
  const auto step_of_bytes = [](const auto& x, const auto& y) {
    return either(eq(minus(y, lit(1)), x), eq(shifted_left(x, lit(1)), y));
  };
  const auto one_bit = [](const W8& x, const W8& y) {
    const auto turned = xor_bits(x, y);
    return eq(and_bits(turned, minus(turned, lit(1))), lit(0));
  };
  const auto next = [](const W8& x, const W8& y) {
    return either(eq(minus(x, lit(1)), y), eq(minus(y, lit(1)), x));
  };
  const std::vector<Bool> same{eq(a.scheme, b.scheme),
                               eq(a.processor, b.processor),
                               both(eq(a.form, b.form), eq(a.bytes, b.bytes)),
                               eq(a.accelerator, b.accelerator),
                               eq(a.backing, b.backing),
                               eq(a.contiguous, b.contiguous),
                               eq(a.terabyte, b.terabyte),
                               eq(a.slb_entries, b.slb_entries),
                               eq(a.kernel, b.kernel),
                               both(eq(a.host_pairs, b.host_pairs), eq(a.host_shapes, b.host_shapes))};
  const auto sizes = both(is(a.form, Form::size), is(b.form, Form::size));
  const auto bytes = either(step_of_bytes(a.bytes, b.bytes), step_of_bytes(b.bytes, a.bytes));
  const std::vector<Bool> step{w.truth(),
                               w.truth(),
                               either(negate(eq(a.form, b.form)), both(sizes, bytes)),
                               w.truth(false),
                               w.truth(),
                               w.truth(),
                               w.truth(),
                               next(a.slb_entries, b.slb_entries),
                               w.truth(),
                               both(one_bit(a.host_pairs, b.host_pairs), eq(a.host_pairs, a.host_shapes))};
  auto any = w.truth(false);
  for (std::size_t i = 0; i < same.size(); ++i) {
    auto here = both(negate(same[i]), step[i]);
    for (std::size_t j = 0; j < same.size(); ++j)
      if (j != i) here = both(here, same[j]);
    any = either(any, here);
  }
  return any;
}

}  // namespace

std::vector<Boundary> find_boundaries() {
  z3::context context;
  const World w{context, rules<Symbolic>(), specification<Symbolic>()};
  const auto a = any_facts(w, "a."), b = any_facts(w, "b.");
  const auto fired = [&](const SymbolicFacts& f, std::size_t row, std::int64_t answer) {
    const auto code = constant(w.word<64>("answer"), lit(answer));
    return walk_all(w.pages.start, nothing_yet(f), f, code).fired[row];
  };
  const auto starts = [&](const SymbolicFacts& f) {
    const auto code = constant(w.word<64>("answer"), lit(started));
    return walk_all(w.pages.start, nothing_yet(f), f, code).accepted;
  };
  std::vector<Boundary> found;
  std::size_t i = 0;
  for (const auto& row : w.pages.start) {
    const auto answer = row.kind != RowKind::effect && row.allowed.allow(refused) ? refused : started;
    // Another way to write a maximum is a step only where no other is.
    for (const auto& [same_form, without_kvm] :
         {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
      if (!row.when) break;
      z3::solver solver(context);
      solver.add(raw(both(plausible(w, a), plausible(w, b))));
      solver.add(raw(one_step_apart(w, a, b)));
      solver.add(raw(both(fired(a, i, answer), negate(fired(b, i, answer)))));
      // Beyond the boundary a machine starts; short of it too, where the row only changes it.
      solver.add(raw(starts(b)));
      if (answer == started) solver.add(raw(starts(a)));
      if (same_form) solver.add(raw(eq(a.form, b.form)));
      if (without_kvm) solver.add(raw(negate(kvm(a))));
      if (solver.check() != z3::sat) continue;
      const auto model = solver.get_model();
      found.push_back({row.clause, configuration_of(model, a), configuration_of(model, b)});
      break;
    }
    ++i;
  }
  return found;
}

}  // namespace hptck
