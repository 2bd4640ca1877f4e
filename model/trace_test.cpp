// The trace format round-trips exactly, both ways, and refuses the rest with line and column.
#include "model/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "spec/catalogue.h"

namespace hptck {
namespace {

constexpr const char* example =
    "hptck-trace 1\n"
    "intent COMMIT without a Pending HPT is answered with H_CLOSED.\n"
    "expect refused commit.no_pending\n"
    "partition resize=enabled initial=24 max=46\n"
    "H_RESIZE_HPT_COMMIT 0x0 0x18 -> H_CLOSED\n"
    "wait 5\n"
    "H_READ 0x0 0xfffff -> H_SUCCESS 0x0 0x7\n"
    "hcall 0x999 0x1 -> -77\n"
    "reset\n"
    "H_ENTER 0x0 0x0 0x0 0x0 -> no answer\n";

std::string refusal(const std::string& text) {
  try {
    parse_trace(text, "t");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Trace, text_round_trips) {
  const auto trace = parse_trace(example, "t");
  EXPECT_EQ(print_trace(trace), example);
  EXPECT_EQ(trace.refused_clause, Clause::commit_no_pending);
  EXPECT_EQ(trace.statement.initial_shift, 24);
  ASSERT_EQ(trace.steps.size(), 5u);
  EXPECT_EQ(trace.steps[1].wait_ms, 5u);
  EXPECT_EQ(trace.steps[1].response->out[1], 7u);
  EXPECT_EQ(trace.steps[2].call.token, 0x999u);
  EXPECT_EQ(trace.steps[2].response->status, -77);
  EXPECT_EQ(trace.steps[3].call, reset_guest());
  EXPECT_TRUE(trace.steps[3].response);
  EXPECT_FALSE(trace.steps[4].response);
}

RC_GTEST_PROP(Trace, every_trace_round_trips, ()) {
  Trace trace;
  const auto shift = rc::gen::oneOf(rc::gen::just(0), rc::gen::inRange(18, 47));
  trace.statement = {static_cast<Statement::Resize>(*rc::gen::inRange(0, 4)),
                     static_cast<std::uint8_t>(*shift), static_cast<std::uint8_t>(*shift)};
  trace.expect = static_cast<Trace::Expect>(*rc::gen::inRange(0, 3));
  trace.intent = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('!', '~')));
  if (trace.expect == Trace::Expect::refused)
    trace.refused_clause = static_cast<Clause>(*rc::gen::inRange(0, clause_count));
  const auto word = rc::gen::oneOf(rc::gen::arbitrary<std::uint64_t>(), rc::gen::just(std::uint64_t{0}),
                                   rc::gen::just(~std::uint64_t{0}));
  const int count = *rc::gen::inRange(1, 6);
  for (int i = 0; i < count; ++i) {
    Step step;
    step.wait_ms = *rc::gen::inRange(0u, 3u);
    step.call.token = *rc::gen::element<std::uint64_t>(0x8, 0xc, 0x36c, 0x370, 0x4, ~1ull);
    for (auto& argument : step.call.args) argument = *word;
    Response response;
    response.status =
        *rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange<std::int64_t>(-20, 20));
    for (auto& out : response.out) out = *word;
    if (i + 1 < count || *rc::gen::arbitrary<bool>()) step.response = response;
    if (*rc::gen::inRange(0, 6) == 0) {
      step.call = reset_guest();
      if (step.response) step.response = Response{};
    }
    trace.steps.push_back(step);
  }
  const auto text = print_trace(trace);
  const auto again = parse_trace(text, "t");
  RC_ASSERT(again == trace);
  RC_ASSERT(print_trace(again) == text);
}

TEST(Trace, what_is_not_canonical_is_refused_with_its_place) {
  const std::string head = "hptck-trace 1\npartition\n";
  EXPECT_EQ(refusal(""), "t:1:1: the trace is empty");
  EXPECT_EQ(refusal("hello\n"), "t:1:1: not a trace: the first line is \"hptck-trace 1\"");
  EXPECT_EQ(refusal("hptck-trace 1\n"), "t:2:1: the trace ends before its \"partition\" line");
  EXPECT_EQ(refusal("hptck-trace 1\nH_READ 0x0 0x0 -> H_SUCCESS\n"),
            "t:2:1: expected \"partition\" before the first call");
  EXPECT_EQ(refusal("hptck-trace 1\npartition max=99\n"), "t:2:15: \"99\" is not a number from 18 to 46");
  EXPECT_EQ(refusal("hptck-trace 1\npartition max=20 initial=19\n"),
            "t:2:11: not in canonical form, which is \"partition initial=19 max=20\"");
  EXPECT_EQ(refusal(head + "H_READ 0x0 7 -> H_SUCCESS\n"),
            "t:3:12: \"7\" is not a 64-bit register value such as 0x13");
  EXPECT_EQ(refusal(head + "H_READ 0x0 0x10000000000000000 -> H_SUCCESS\n"),
            "t:3:12: \"0x10000000000000000\" is not a 64-bit register value such as 0x13");
  EXPECT_EQ(refusal(head + "H_READ 0x0 0x07 -> H_SUCCESS\n"),
            "t:3:14: not in canonical form, which is \"H_READ 0x0 0x7 -> H_SUCCESS\"");
  EXPECT_EQ(refusal(head + "H_READ 0x0  0x7 -> H_SUCCESS\n"),
            "t:3:12: \"\" is not a 64-bit register value such as 0x13");
  EXPECT_EQ(refusal(head + "H_READ 0x0 0x7\n"), "t:3:15: the answer is missing: expected \"-> STATUS\"");
  EXPECT_EQ(refusal(head + "H_READ 0x0 0x7 -> H_FINE\n"),
            "t:3:19: \"H_FINE\" is not a status: expected a name such as H_SUCCESS, or a number");
  EXPECT_EQ(refusal(head + "H_READ 0x0 0x7 -> 0\n"),
            "t:3:19: not in canonical form, which is \"H_READ 0x0 0x7 -> H_SUCCESS\"");
  EXPECT_EQ(refusal(head + "H_DO 0x0 -> H_SUCCESS\n"),
            "t:3:1: \"H_DO\" is neither a hypercall nor another kind of line");
  EXPECT_EQ(refusal(head + "reset -> H_SUCCESS\n"), "t:3:6: not in canonical form, which is \"reset\"");
  EXPECT_EQ(refusal(head + "reset 0x1\n"), "t:3:10: the answer is missing: expected \"-> STATUS\"");
  EXPECT_EQ(refusal(head + "hcall 0xffffffffffffffff -> H_FUNCTION\n"),
            "t:3:1: not in canonical form, which is \"reset\"");
  EXPECT_EQ(refusal(head + "reset -> no answer\n"), "accepted");
  EXPECT_EQ(refusal(head + "wait 0\n"), "t:3:6: \"0\" is not a number from 1 to 4294967295");
  EXPECT_EQ(refusal(head + "wait 5\n"), "t:4:1: a wait with no call after it");
  EXPECT_EQ(refusal(head + "H_READ 0x0 0x7 -> no answer\nH_READ 0x0 0x7 -> no answer\n"),
            "t:4:1: nothing can follow a call without an answer");
  EXPECT_EQ(refusal("hptck-trace 1\nexpect refused x.y\npartition\n"),
            "t:2:16: \"x.y\" is not a clause id; see `hptck clauses`");
  EXPECT_EQ(refusal(head + "H_READ 0x0 0x7 -> H_SUCCESS"),
            "t:3:28: the last line does not end with a newline");
}

TEST(Trace, no_damaged_text_crashes_the_parser) {
  const std::string whole = example;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const char c : {'\0', ' ', '\n', 'x', '\xff'}) {
      auto damaged = whole;
      damaged[i] = c;
      refusal(damaged);
    }
    refusal(whole.substr(0, i));
  }
}

}  // namespace
}  // namespace hptck
