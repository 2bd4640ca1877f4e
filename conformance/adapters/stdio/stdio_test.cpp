// The adapter against programs that do it wrongly, and against hptck serve, which does it right. Whatever a
// child does, or does not do, has to come out as what it is: misbehaviour in answer to a guest is a Fault
// with its evidence, what keeps the kit from judging is an EnvironmentError, and nothing is left behind.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "conformance/adapters/stdio/session.h"
#include "conformance/adapters/stdio/stdio_adapter.h"
#include "conformance/adapters/stdio/wire.h"

namespace hptck {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::unique_ptr<Adapter> misbehaving(const std::string& mode, std::chrono::milliseconds deadline = 10s) {
  return make_stdio_adapter(
      {.command = {HPTCK_MISBEHAVING, mode}, .deadline = deadline, .start_deadline = deadline});
}

// Programs that hang are given this long, all others more than they could need.
constexpr auto short_deadline = 300ms;

std::unique_ptr<Adapter> serving(std::vector<std::string> options) {
  std::vector<std::string> command{HPTCK_PROGRAM, "serve"};
  command.insert(command.end(), options.begin(), options.end());
  return make_stdio_adapter({.command = std::move(command)});
}

const std::vector<Call>& some_calls() {
  static const std::vector<Call> calls{prepare(0, 18), read_hpte(7), commit(0, 18), prepare(0, 0)};
  return calls;
}

BatchResult batch(Adapter& adapter, const std::vector<Call>& calls) {
  std::vector<Response> responses(calls.size());
  return adapter.batch(calls, responses);
}

struct Misbehaviour {
  const char* mode;
  Fault::Kind kind;
  const char* evidence;
  std::size_t answered = 0;  // of four calls in an array
};

std::ostream& operator<<(std::ostream& out, const Misbehaviour& m) { return out << m.mode; }

class FaultOf : public testing::TestWithParam<Misbehaviour> {};

TEST_P(FaultOf, is_told_with_its_evidence_and_the_next_partition_is_a_new_process) {
  const auto& expected = GetParam();
  const bool hangs = expected.kind == Fault::Kind::hung;
  const auto adapter = misbehaving(expected.mode, hangs ? short_deadline : 10s);
  for (int time = 0; time < 2; ++time) {
    adapter->restart({});
    const auto result = batch(*adapter, some_calls());
    ASSERT_TRUE(result.fault);
    EXPECT_EQ(result.fault->kind, expected.kind) << result.fault->evidence;
    EXPECT_EQ(result.answered, expected.answered);
    EXPECT_THAT(result.fault->evidence,
                AllOf(HasSubstr("In play was " + to_string(some_calls()[expected.answered])),
                      HasSubstr(expected.evidence)));
  }
}

using enum Fault::Kind;
INSTANTIATE_TEST_SUITE_P(
    table, FaultOf,
    testing::Values(Misbehaviour{"dies", died, "ended with exit status 3"},
                    Misbehaviour{"crashes", died, "was killed by SIGABRT"},
                    Misbehaviour{"dies_at_commit", died, "Seen in a second run, one call at a time", 2},
                    Misbehaviour{"hangs_at_commit", hung, "Seen in a second run, one call at a time", 2},
                    Misbehaviour{"last_words", died, "out of?[31m tables"},
                    Misbehaviour{"half_a_line_and_dies", died, "ended with exit status 5", 2},
                    Misbehaviour{"hangs", hung, "no answer within"},
                    Misbehaviour{"half_a_line_and_hangs", hung, "no answer within", 2},
                    Misbehaviour{"trickles", hung, "no answer within"},
                    Misbehaviour{"not_json", garbled, "an array of requests was not answered with an array"},
                    Misbehaviour{"empty_line", garbled, "not answered with an array"},
                    Misbehaviour{"object_for_array", garbled, "not today"},
                    Misbehaviour{"floods", garbled, "a line of more than 1048576 bytes"},
                    Misbehaviour{"floods_lines", garbled, "The line was: x"},
                    Misbehaviour{"closes_output", garbled, "it closed its standard output"},
                    Misbehaviour{"out_of_order", garbled, "the answer's id is 6, and the request's is 3"},
                    Misbehaviour{"answers_too_few", garbled, "the array has 3 answers to 4 requests", 3},
                    Misbehaviour{"answers_too_many", garbled, "the array has more answers than requests", 3},
                    Misbehaviour{"goes_on_after_the_answer", garbled, "goes on after the answer", 3},
                    Misbehaviour{"wrong_id", garbled, "the answer's id is 43"},
                    Misbehaviour{"id_as_text", garbled, "the answer's id is \"3\""},
                    Misbehaviour{"no_id", garbled, "the answer has no id"},
                    Misbehaviour{"no_version", garbled, "does not say \"jsonrpc\":\"2.0\""},
                    Misbehaviour{"no_result", garbled, "has to have a result or an error"},
                    Misbehaviour{"error", garbled, "JSON-RPC error -32602: \"not today\""},
                    Misbehaviour{"error_without_code", garbled, "the error has no code"},
                    Misbehaviour{"no_status", garbled, "the result has no status"},
                    Misbehaviour{"status_is_a_number", garbled, "the status 0 is not"},
                    Misbehaviour{"status_is_decimal", garbled, "the status \"10\" is not"},
                    Misbehaviour{"status_is_signed", garbled, "the status \"-0x1\" is not"},
                    Misbehaviour{"status_is_too_long", garbled, "the status \"0x10000000000000000\" is not"},
                    Misbehaviour{"out_is_text", garbled, "out is \"0x0\""},
                    Misbehaviour{"out_has_numbers", garbled, "out is [1]"},
                    Misbehaviour{"out_has_ten", garbled, "array of up to nine"},
                    Misbehaviour{"not_utf8", garbled, "not JSON"}, Misbehaviour{"deep", garbled, "not JSON"}),
    [](const auto& test) { return test.param.mode; });

class DescribesItselfWrongly : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(DescribesItselfWrongly, is_no_verdict_but_an_error_that_says_what_to_do) {
  const auto [mode, expected] = GetParam();
  const auto hangs = std::string(mode).ends_with("hangs");
  const auto adapter = misbehaving(mode, hangs ? short_deadline : 10s);
  try {
    adapter->restart({});
    FAIL();
  } catch (const EnvironmentError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr(mode), HasSubstr(expected), HasSubstr("See docs/adapter-protocol.md")));
  }
}

INSTANTIATE_TEST_SUITE_P(
    table, DescribesItselfWrongly,
    testing::Values(std::pair{"describe_dies", "ended with exit status 7"},
                    std::pair{"describe_hangs", "no answer within"},
                    std::pair{"describe_not_json", "describe was answered with Welcome!"},
                    std::pair{"describe_error", "JSON-RPC error -32602"},
                    std::pair{"describe_wrong_id", "the answer's id is 77"},
                    std::pair{"describe_empty", "the result has no name"},
                    std::pair{"describe_array", "the result is not a JSON object"},
                    std::pair{"describe_control_character", "printable ASCII"},
                    std::pair{"describe_bad_abilities", "abilities has to be an array"},
                    std::pair{"describe_shift_17", "initial_shift has to be a number from 18 to 46"},
                    std::pair{"describe_shift_text", "max_shift has to be a number from 18 to 46"},
                    std::pair{"describe_shifts_crossed", "max_shift is below initial_shift"},
                    std::pair{"describe_resize_maybe", "resize has to be"},
                    std::pair{"describe_bad_pages", "pages has to hold sizes"},
                    std::pair{"describe_misspelt", "a statement has no member \"inital_shift\""},
                    std::pair{"restart_error", "does not make a fresh partition: JSON-RPC error -32602"},
                    std::pair{"restart_dies", "ended with exit status 8"}),
    [](const auto& test) { return test.param.first; });

TEST(StdioAdapter, a_command_that_cannot_be_started_is_an_environment_error) {
  const auto adapter = make_stdio_adapter({.command = {"/no/such/hypervisor"}});
  try {
    adapter->describe();
    FAIL();
  } catch (const EnvironmentError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot run /no/such/hypervisor"));
  }
}

TEST(StdioAdapter, a_signal_from_outside_is_an_environment_error) {
  for (const auto* mode : {"killed", "terminated"}) {
    const auto adapter = misbehaving(mode);
    adapter->restart({});
    EXPECT_THROW(batch(*adapter, some_calls()), EnvironmentError) << mode;
  }
}

TEST(StdioAdapter, a_child_that_never_reads_does_not_block_the_kit) {
  const auto adapter = misbehaving("never_reads", short_deadline);
  adapter->restart({});
  std::vector<Call> calls(16, {~0ull, {~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull}});
  const auto result = batch(*adapter, calls);
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::hung);
  EXPECT_EQ(result.answered, 0u);
}

TEST(StdioAdapter, an_array_that_hangs_while_its_calls_do_not_blames_nobody_for_certain) {
  const auto adapter = misbehaving("hangs_at_the_third", short_deadline);
  adapter->restart({});
  const auto result = batch(*adapter, some_calls());
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::hung);
  EXPECT_EQ(result.answered, 0u);
  EXPECT_THAT(result.fault->evidence, HasSubstr("in a second run, one at a time, all of them were answered"));
}

TEST(StdioAdapter, what_nobody_asked_for_is_held_against_the_next_call) {
  const auto adapter = misbehaving("says_more");
  adapter->restart({});
  std::optional<Fault> fault;
  for (int time = 0; time < 3 && !fault; ++time) fault = batch(*adapter, some_calls()).fault;
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, Fault::Kind::garbled);
  EXPECT_THAT(fault->evidence, HasSubstr("by the way"));
}

TEST(StdioAdapter, an_answer_given_before_the_end_counts) {
  const auto adapter = misbehaving("answers_and_dies");
  adapter->restart({});
  EXPECT_FALSE(batch(*adapter, some_calls()).fault);
  const auto result = batch(*adapter, some_calls());
  ASSERT_TRUE(result.fault);
  EXPECT_EQ(result.fault->kind, Fault::Kind::died);
  EXPECT_THAT(result.fault->evidence, HasSubstr("exit status 6"));
}

TEST(StdioAdapter, any_way_to_write_an_answer_will_do_and_much_on_stderr_is_no_harm) {
  for (const auto* mode : {"spaced", "right", "talks_a_lot"}) {
    const auto adapter = misbehaving(mode);
    adapter->restart({});
    std::vector<Response> responses(some_calls().size());
    const auto result = adapter->batch(some_calls(), responses);
    ASSERT_FALSE(result.fault) << mode << result.fault->evidence;
    for (const auto& response : responses)
      EXPECT_EQ(response, (Response{status::H_PARAMETER, {0xa}})) << mode;
  }
}

TEST(StdioAdapter, what_is_declared_arrives) {
  const auto adapter = misbehaving("declares");
  const auto description = adapter->describe();
  EXPECT_EQ(description.name, "wrong");
  EXPECT_EQ(description.version, "1");
  EXPECT_EQ(description.abilities, (std::set{Ability::forbid_resize, Ability::reset}));
  EXPECT_THAT(description.identity.at("command"), HasSubstr(" declares"));
  Statement expected{.resize = Statement::Resize::enabled, .initial_shift = 24, .max_shift = 30};
  expected.pages = 1u << 3;
  EXPECT_EQ(adapter->restart({}), expected);
  EXPECT_EQ(adapter->describe().identity.at("memory"), "1073741824 bytes");
  expected.resize = Statement::Resize::disabled;
  EXPECT_EQ(adapter->restart({.may_resize = false}), expected) << "what was asked for is declared";
  EXPECT_EQ(misbehaving("restart_overrides")->restart({}),
            (Statement{.resize = Statement::Resize::disabled, .initial_shift = 20}));
}

TEST(StdioAdapter, events_are_sent_and_their_faults_are_told) {
  {
    const auto adapter = misbehaving("right");
    adapter->restart({});
    EXPECT_FALSE(adapter->reset());
    adapter->wait(1h);  // which nobody sleeps
    EXPECT_FALSE(batch(*adapter, some_calls()).fault);
  }
  for (const auto& [mode, kind] :
       {std::pair{"event_error", Fault::Kind::garbled}, std::pair{"event_dies", Fault::Kind::died}}) {
    const auto adapter = misbehaving(mode);
    adapter->restart({});
    auto fault = adapter->reset();
    ASSERT_TRUE(fault) << mode;
    EXPECT_EQ(fault->kind, kind);
    adapter->restart({});
    adapter->wait(1ms);
    fault = batch(*adapter, some_calls()).fault;
    ASSERT_TRUE(fault) << mode;
    EXPECT_EQ(fault->kind, kind);
  }
}

TEST(StdioAdapter, nothing_is_left_behind) {
  const auto file = fmt::format("{}/hptck-stdio-pids-{}", testing::TempDir(), getpid());
  for (const auto* mode : {"right", "ignores_everything", "dies", "not_json"}) {
    {
      const auto adapter =
          make_stdio_adapter({.command = {HPTCK_MISBEHAVING, mode, file}, .deadline = short_deadline});
      adapter->restart({});
      batch(*adapter, some_calls());
    }
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << mode << ": there is still a child, or its zombie";
  }
  std::ifstream pids(file);
  int seen = 0;
  for (pid_t pid = 0; pids >> pid; ++seen) {
    // A grandchild's zombie is reaped by whoever inherited it, in its own time; and a signal sent is not yet
    // a signal that has struck, on a machine with other things to do.
    std::string state;
    for (int look = 0; look < 500; ++look) {
      state = "gone";
      if (std::ifstream stat(fmt::format("/proc/{}/stat", pid)); stat) stat >> state >> state >> state;
      if (state == "gone" || state == "Z" || state == "X") break;
      std::this_thread::sleep_for(10ms);
    }
    EXPECT_THAT(state, testing::AnyOf("gone", "Z", "X")) << pid;
  }
  EXPECT_GE(seen, 8);
  unlink(file.c_str());
}

TEST(Serve, behaves_as_the_built_in_hypervisor_does) {
  const auto adapter = serving({"--initial-shift", "18", "--max-shift", "20"});
  EXPECT_EQ(adapter->describe().name, "hptck built-in, scheme A");
  const Statement statement{
      .resize = Statement::Resize::enabled, .initial_shift = 18, .max_shift = 20, .pages = 0x3f};
  EXPECT_EQ(adapter->restart({}), statement);
  const std::vector<Call> calls{
      prepare(0, 19), commit(0, 19), read_hpte(1 << 14), prepare(0, 21), {0xffff'ffff'ffff'fffc, {}}};
  std::vector<Response> responses(calls.size());
  ASSERT_FALSE(adapter->batch(calls, responses).fault);
  EXPECT_EQ(responses[1].status, status::H_SUCCESS);
  EXPECT_EQ(responses[2].status, status::H_SUCCESS);
  EXPECT_EQ(responses[3].status, status::H_RESOURCE);
  EXPECT_EQ(responses[4].status, status::H_FUNCTION);
  ASSERT_FALSE(adapter->reset());
  ASSERT_FALSE(adapter->batch(calls, responses).fault);
  EXPECT_EQ(responses[1].status, status::H_SUCCESS) << "a reset gives back the table of the initial size";
  EXPECT_EQ(adapter->restart({.may_resize = false}).resize, Statement::Resize::disabled);
  ASSERT_FALSE(adapter->batch(calls, responses).fault);
  EXPECT_EQ(responses[0].status, status::H_AUTHORITY);
}

TEST(Serve, lets_time_pass_without_spending_it) {
  const auto adapter = serving({});
  adapter->restart({});
  const auto ask = prepare(0, 30);
  Response response;
  ASSERT_FALSE(adapter->batch({&ask, 1}, {&response, 1}).fault);
  ASSERT_TRUE(is_long_busy(response.status));
  adapter->wait(100ms);
  ASSERT_FALSE(adapter->batch({&ask, 1}, {&response, 1}).fault);
  EXPECT_EQ(response.status, status::H_SUCCESS);
}

// What serve writes, as lines.
std::string served(const std::string& requests) {
  const auto command = fmt::format("printf '%s' '{}' | {} serve", requests, HPTCK_PROGRAM);
  FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  for (int c = 0; (c = fgetc(pipe)) != EOF;) output += static_cast<char>(c);
  EXPECT_EQ(pclose(pipe), 0);
  return output;
}

TEST(Serve, refuses_what_is_no_request_with_the_codes_of_json_rpc) {
  const std::pair<const char*, const char*> table[] = {
      {R"({"jsonrpc":"2.0")", "-32700"},
      {"[]", "-32600"},
      {"7", "-32600"},
      {R"({"jsonrpc":"2.0","id":1})", "-32600"},
      {R"({"jsonrpc":"1.0","id":1,"method":"describe"})", "-32600"},
      {R"({"jsonrpc":"2.0","id":[],"method":"describe"})", "-32600"},
      {R"({"jsonrpc":"2.0","id":1,"method":"dance"})", "-32601"},
      {R"({"jsonrpc":"2.0","id":1,"method":"event","params":{"name":"migrate"}})", "-32601"},
      {R"({"jsonrpc":"2.0","id":1,"method":"event"})", "-32602"},
      {R"({"jsonrpc":"2.0","id":1,"method":"event","params":{"name":"advance_time"}})", "-32602"},
      {R"({"jsonrpc":"2.0","id":1,"method":"event","params":{"name":"advance_time","ms":-1}})", "-32602"},
      {R"({"jsonrpc":"2.0","id":1,"method":"hcall"})", "-32602"},
      {R"({"jsonrpc":"2.0","id":1,"method":"hcall","params":[]})", "-32602"},
      {R"({"jsonrpc":"2.0","id":1,"method":"hcall","params":{"token":4}})", "-32602"},
      {R"({"jsonrpc":"2.0","id":1,"method":"hcall","params":{"token":"0x4","args":["1"]}})", "-32602"},
      {R"({"jsonrpc":"2.0","id":1,"method":"restart","params":{"may_resize":0}})", "-32602"},
  };
  for (const auto& [request, code] : table) {
    const auto answer = served(std::string(request) + "\n");
    EXPECT_THAT(answer, HasSubstr(fmt::format("\"code\":{},", code))) << request;
    EXPECT_THAT(answer, HasSubstr("\"jsonrpc\":\"2.0\"")) << request;
  }
}

TEST(Serve, the_documented_transcript_is_what_it_answers) {
  std::ifstream documentation(HPTCK_PROTOCOL);
  std::string requests, answers;
  for (std::string line; std::getline(documentation, line);) {
    if (line.starts_with("    > ")) requests += line.substr(6) + '\n';
    if (line.starts_with("    < ")) answers += line.substr(6) + '\n';
  }
  EXPECT_EQ(std::ranges::count(requests, '\n'), 12);
  EXPECT_EQ(served(requests), answers);
}

TEST(Serve, answers_in_order_and_not_to_notifications) {
  const std::string hcall = R"("jsonrpc": "2.0","method":"hcall","params":{"token":"0x999"}})";
  const std::string requests = R"([{"id":"b",)" + hcall + ",{" + hcall + R"(,{"id":1,)" + hcall + "]\n{" +
                               hcall + '\n' + R"({"id":5,"jsonrpc":"2.0","method":"shutdown"})" + "\n{}\n";
  const auto answer = served(requests);
  const auto b = answer.find("\"id\":\"b\""), one = answer.find("\"id\":1"), five = answer.find("\"id\":5");
  ASSERT_NE(five, std::string::npos) << answer;
  EXPECT_LT(b, one);
  EXPECT_LT(one, five);
  EXPECT_EQ(std::ranges::count(answer, '\n'), 2) << "nothing is answered after shutdown";
}

TEST(Wire, canonical_text_is_read_back_and_no_other) {
  const stdio::HcallRequest request{7, {0x36c, {1, 0, ~0ull}}};
  std::string text;
  append(text, request);
  EXPECT_EQ(text, R"({"jsonrpc":"2.0","id":7,"method":"hcall","params":{"token":"0x36c",)"
                  R"("args":["0x1","0x0","0xffffffffffffffff"]}})");
  std::string_view rest = text;
  const auto read = stdio::take_request(rest);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, 7u);
  EXPECT_EQ(read->call, request.call);
  EXPECT_TRUE(rest.empty());
  for (std::size_t length = 0; length < text.size(); ++length) {
    rest = std::string_view(text).substr(0, length);
    EXPECT_FALSE(stdio::take_request(rest)) << rest;
    EXPECT_EQ(rest.size(), length) << "what is not taken stays";
  }
  text.clear();
  append(text, stdio::HcallAnswer{8, {status::H_PARAMETER, {0, 5}}});
  EXPECT_EQ(text, R"({"jsonrpc":"2.0","id":8,"result":{"status":"0xfffffffffffffffc","out":["0x0","0x5"]}})");
}

TEST(Wire, values_are_cut_where_they_end) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"{\"a\":\"}]\\\"\"} ,", "{\"a\":\"}]\\\"\"}"},
      {"  [[1],{}],2", "[[1],{}]"},
      {"12,3", "12"},
      {"\"x,y\"]", "\"x,y\""},
      {",", ""}};
  for (auto [text, expected] : table) EXPECT_EQ(stdio::take_value(text), expected);
  for (std::string_view text : {"{", "[1,", "{\"a\":\"}", "[\"\\"})
    EXPECT_EQ(stdio::take_value(text), std::nullopt);
}

}  // namespace
}  // namespace hptck
