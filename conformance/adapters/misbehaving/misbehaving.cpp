// A program that speaks the protocol of docs/adapter-protocol.md and, from the first hcall on, or where its
// mode says, does it wrongly: `misbehaving MODE [FILE]`. One program with modes and not many scripts, so that
// what the adapter meets is exactly what the test's table says. It knows the kit's requests by what they
// contain, which is enough for the kit's own.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

std::string mode;

bool is(const char* name) { return mode == name; }

std::vector<std::string> ids_of(const std::string& line) {
  std::vector<std::string> ids;
  for (std::size_t at = 0; (at = line.find("\"id\":", at)) != std::string::npos;) {
    at += 5;
    ids.push_back(line.substr(at, line.find_first_not_of("0123456789", at) - at));
  }
  return ids;
}

std::string answer(const std::string& id, const std::string& result) {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":)" + result + "}";
}

std::string error(const std::string& id) {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":{"code":-32602,"message":"not today"}})";
}

[[noreturn]] void hang() {
  for (;;) pause();
}

void write_line(const std::string& text) { std::cout << text << std::endl; }

void describe(const std::string& id) {
  std::string name = "wrong", more = R"(,"abilities":["reset","forbid_resize","advance_time","telepathy"])";
  if (is("describe_dies")) std::exit(7);
  if (is("describe_hangs")) hang();
  if (is("describe_not_json")) return write_line("Welcome!");
  if (is("describe_error")) return write_line(error(id));
  if (is("describe_wrong_id")) return write_line(answer("77", "{}"));
  if (is("describe_empty")) return write_line(answer(id, "{}"));
  if (is("describe_array")) return write_line(answer(id, "[]"));
  if (is("describe_control_character")) name = "two\\nlines";
  if (is("describe_bad_abilities")) more = R"(,"abilities":"reset")";
  if (is("describe_shift_17")) more += R"(,"statement":{"initial_shift":17})";
  if (is("describe_shift_text")) more += R"(,"statement":{"max_shift":"30"})";
  if (is("describe_shifts_crossed")) more += R"(,"statement":{"initial_shift":30,"max_shift":24})";
  if (is("describe_resize_maybe")) more += R"(,"statement":{"resize":"maybe"})";
  if (is("describe_bad_pages")) more += R"(,"statement":{"pages":["4K"]})";
  if (is("describe_misspelt")) more += R"(,"statement":{"inital_shift":24})";
  if (is("declares"))
    more += R"(,"statement":{"resize":"enabled","initial_shift":24,"max_shift":30,"ram_bytes":1073741824,)"
            R"("pages":["12/12","16/24","20/20"]})";
  write_line(answer(id, R"({"name":")" + name + R"(","version":"1")" + more + "}"));
}

void restart(const std::string& id) {
  if (is("restart_error")) return write_line(error(id));
  if (is("restart_dies")) std::exit(8);
  if (is("restart_overrides"))
    return write_line(answer(id, R"({"statement":{"resize":"disabled","initial_shift":20}})"));
  write_line(answer(id, "{}"));
}

void event(const std::string& line, const std::string& id) {
  if (is("event_error")) return write_line(error(id));
  if (is("event_dies")) std::exit(9);
  write_line(answer(id, "{}"));
  std::cerr << line << std::endl;
}

// What an hcall is answered with, wrong or right.
std::string hcall(const std::string& id, std::size_t index) {
  if (is("hangs_at_the_third") && index == 2) hang();
  if (is("wrong_id")) return answer("4" + id, R"({"status":"0x0"})");
  if (is("id_as_text")) return answer('"' + id + '"', R"({"status":"0x0"})");
  if (is("no_id")) return R"({"jsonrpc":"2.0","result":{"status":"0x0"}})";
  if (is("no_version")) return R"({"id":)" + id + R"(,"result":{"status":"0x0"}})";
  if (is("error")) return error(id);
  if (is("error_without_code")) return R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":"no"})";
  if (is("no_result")) return R"({"jsonrpc":"2.0","id":)" + id + "}";
  if (is("no_status")) return answer(id, "{}");
  if (is("status_is_a_number")) return answer(id, R"({"status":0})");
  if (is("status_is_decimal")) return answer(id, R"({"status":"10"})");
  if (is("status_is_signed")) return answer(id, R"({"status":"-0x1"})");
  if (is("status_is_too_long")) return answer(id, R"({"status":"0x10000000000000000"})");
  if (is("out_is_text")) return answer(id, R"({"status":"0x0","out":"0x0"})");
  if (is("out_has_numbers")) return answer(id, R"({"status":"0x0","out":[1]})");
  if (is("out_has_ten"))
    return answer(id,
                  R"({"status":"0x0","out":["0x0","0x0","0x0","0x0","0x0","0x0","0x0","0x0","0x0","0x1"]})");
  if (is("not_utf8")) return answer(id, "{\"status\":\"\xff\"}");
  if (is("deep")) return std::string(100000, '[');
  if (is("spaced"))
    return R"( { "id" : )" + id +
           R"( , "result" : { "out" : [ "0xA" ] , "status" : "0xFFFFFFFFFFFFFFFC" } ,)" +
           R"("jsonrpc" : "2.0", "more": "{[\"" } )";
  return answer(id, R"({"status":"0xfffffffffffffffc","out":["0xa"]})");
}

void hcalls(const std::string& line) {
  auto ids = ids_of(line);
  const bool array = line[0] == '[';
  if (is("dies")) std::exit(3);
  if (is("crashes")) abort();
  const bool has_commit = line.find("\"token\":\"0x370\"") != std::string::npos;
  if (is("dies_at_commit") && has_commit) abort();
  if (is("hangs_at_commit") && has_commit) hang();
  if (is("killed")) raise(SIGKILL);
  if (is("terminated")) raise(SIGTERM);
  if (is("hangs") || is("ignores_everything")) hang();
  if (is("not_json")) return write_line("I am fine");
  if (is("empty_line")) return write_line("");
  if (is("floods"))
    for (const std::string piece(65536, 'x');;) std::cout << piece << std::flush;
  if (is("floods_lines"))
    for (;;) std::cout << "x\n";
  if (is("trickles"))
    for (;; usleep(20'000)) std::cout << ' ' << std::flush;
  if (is("closes_output")) {
    close(1);
    hang();
  }
  if (is("object_for_array")) return write_line(error("null"));
  if (is("out_of_order")) std::swap(ids.front(), ids.back());
  if (is("answers_too_few")) ids.pop_back();
  if (is("answers_too_many")) ids.push_back(ids.back());
  if (is("last_words")) {
    std::cerr << "out of\x1b[31m tables" << std::endl;
    std::exit(4);
  }
  if (is("talks_a_lot"))
    for (int i = 0; i < 100'000; ++i) std::cerr << "nothing to see here, " << i << '\n';
  std::string text = array ? "[" : "";
  for (std::size_t index = 0; index < ids.size(); ++index)
    text += (index == 0 ? "" : ",") + hcall(ids[index], index);
  text += array ? "]" : "";
  if (is("half_a_line_and_hangs") || is("half_a_line_and_dies")) {
    std::cout << text.substr(0, text.size() / 2) << std::flush;
    if (is("half_a_line_and_hangs")) hang();
    std::exit(5);
  }
  if (is("goes_on_after_the_answer")) text += "{}";
  write_line(text);
  if (is("says_more")) write_line("by the way");
  if (is("answers_and_dies")) std::exit(6);
}

}  // namespace

int main(int argc, char** argv) {
  mode = argc > 1 ? argv[1] : "";
  if (argc > 2) {  // who is to be gone afterwards
    const auto child = fork();
    if (child == 0) hang();
    std::ofstream(argv[2], std::ios::app) << getpid() << ' ' << child << std::endl;
  }
  if (is("ignores_everything")) {
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
  }
  // So that the kit, once its restart has been answered, cannot write much before it would block.
  if (is("never_reads")) fcntl(0, F_SETPIPE_SZ, 4096);
  for (std::string line; std::getline(std::cin, line);) {
    const auto has = [&line](const char* method) {
      return line.find("\"method\":\"" + std::string(method)) != std::string::npos;
    };
    const auto ids = ids_of(line);
    if (has("hcall")) {
      hcalls(line);
    } else if (has("describe")) {
      describe(ids[0]);
    } else if (has("restart")) {
      restart(ids[0]);
      if (is("never_reads")) hang();
    } else if (has("event")) {
      event(line, ids[0]);
    } else if (has("shutdown")) {
      if (is("ignores_everything")) hang();
      write_line(answer(ids[0], "{}"));
      return 0;
    }
  }
  if (is("ignores_everything")) hang();
  return 0;
}
