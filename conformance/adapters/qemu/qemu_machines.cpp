#include "conformance/adapters/qemu/qemu_machines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <csignal>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include "conformance/adapters/qemu/guest_images.h"
#include "conformance/adapters/qemu/host_mmu.h"
#include "conformance/adapters/qemu/machine.h"

namespace hptck {
namespace {

using machines::Accelerator;
using machines::Configuration;
using machines::Processor;
using namespace std::chrono_literals;

// A pseries machine takes multiples of this; a migration has to move all of it.
constexpr std::uint64_t usual_memory = 256 << 20;
constexpr auto control_timeout = 5s;
constexpr std::size_t longest_list = 1 << 16;
// A longer list of machine types is not believed.
constexpr std::size_t most_types = 100;

// Everything that a command writes to standard output and error, bounded; nothing when it does not end in
// time.
std::optional<std::string> output_of(const std::vector<std::string>& command,
                                     std::chrono::milliseconds limit) {
  Pipe pipe;
  Process process(command, {}, {.output = pipe.writer.get()});
  pipe.writer.close();
  fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK);
  std::string text;
  Patience patience(limit);
  for (;;) {
    const bool ended = process.ending().has_value();
    char buffer[4096];
    ssize_t got = 0;
    while (text.size() < longest_list && (got = read(pipe.reader.get(), buffer, sizeof buffer)) > 0)
      text.append(buffer, static_cast<std::size_t>(got));
    if (ended) return text;
    if (text.size() >= longest_list) return std::nullopt;
    patience.look();
    if (patience.ended()) return std::nullopt;
    process.pause(1ms);
  }
}

// In lower case, because QEMU spells the names of processors in several ways.
std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> words;
  std::string word;
  for (const char c : text + '\n') {
    if (std::isspace(static_cast<unsigned char>(c)) == 0)
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!word.empty())
      words.insert(std::exchange(word, {}));
  }
  return words;
}

// "pseries-2.12" and "pseries-2.12-sxxm" as something to sort by; nothing for other names.
std::optional<std::tuple<int, int, std::string>> version_of(const std::string& type) {
  constexpr std::string_view family = "pseries-";
  if (!type.starts_with(family)) return std::nullopt;
  int major = 0, minor = 0;
  if (type.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") != std::string::npos)
    return std::nullopt;
  const char* const end = type.data() + type.size();
  const auto [dot, bad_major] = std::from_chars(type.data() + family.size(), end, major);
  if (bad_major != std::errc() || dot == end || *dot != '.') return std::nullopt;
  const auto [rest, bad_minor] = std::from_chars(dot + 1, end, minor);
  if (bad_minor != std::errc() || (rest != end && *rest != '-')) return std::nullopt;
  return std::tuple{major, minor, std::string(rest, end)};
}

// In an option's value a comma ends the value, unless there are two.
std::string without_separators(const std::string& value) {
  std::string text;
  for (const char c : value) text += c == ',' ? std::string(",,") : std::string(1, c);
  return text;
}

std::uint64_t memory_of(const Configuration& configuration) {
  return std::max(usual_memory, std::uint64_t{1} << configuration.backing_shift);
}

// Some machine types have capabilities by default that TCG lacks. They are switched off, so that only the
// capability in question, the maximum page size, decides whether a machine starts.
constexpr const char* tcg_properties =
    ",cap-htm=off,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off";

std::string machine_of(const Configuration& c) {
  auto machine = c.machine;
  if (c.maximum) machine += ",cap-hpt-max-page-size=" + without_separators(*c.maximum);
  switch (c.accelerator) {
    case Accelerator::tcg:
      return machine + tcg_properties;
    case Accelerator::kvm_hv:
      return machine + ",kvm-type=HV";
    case Accelerator::kvm_pr:
      return machine + ",kvm-type=PR";
  }
  return machine;
}

// From POWER9 on a guest has no HPT until it says that it wants one: H_REGISTER_PROC_TBL, a new registration
// (0x8 of a changed one, 0x10) without radix translation. Earlier processors do not have this call.
constexpr std::uint64_t register_process_table = 0x37c, register_hash = 0x18;
bool chooses_translation(Processor processor) {
  return processor == Processor::POWER9 || processor == Processor::POWER10;
}

// Each encoding in an HPTEG of its own, at the page that hashes to it. 16 GiB pages exist in 1 TiB segments
// only.
Call enter(std::size_t index, machines::PageEncoding encoding) {
  constexpr std::uint64_t vast_page = 0x03, memory_coherent = 0x10, read_write = 0x2, large = 0x4;
  const bool terabyte = encoding.large && encoding.lp == vast_page;
  const std::uint64_t vsid = index + 1;
  const auto address = terabyte ? vsid << (40 - 23) : vsid << (28 - 23);
  const auto high =
      (terabyte ? std::uint64_t{1} << 62 : 0) | address << 7 | (encoding.large ? large : 0) | HPTE_VALID;
  const auto low = std::uint64_t{encoding.lp} << 12 | memory_coherent | read_write;
  return {token::H_ENTER, {H_EXACT, vsid * 8, high, low}};
}

Fault::Kind kind_of(const qemu::NoBoot& failed) {
  return failed.ending ? Fault::Kind::died : Fault::Kind::hung;
}

void refuse_outside(const Ending& ending, const std::string& why) {
  if (ending.by_signal(SIGKILL) || ending.by_signal(SIGTERM)) {
    throw EnvironmentError(why +
                           "\nThis came from outside: a user, or the kernel for want of memory (see dmesg).");
  }
}

class QemuMachines final : public Machines {
 public:
  explicit QemuMachines(QemuOptions options) : options_(std::move(options)) {}

  MachineOffer offer() override {
    MachineOffer offer;
    const auto list = [&](const char* option) {
      const auto text = output_of({options_.program, option, "help"}, options_.start_deadline);
      if (!text) throw EnvironmentError(fmt::format("{} {} help does not end", options_.program, option));
      return words_of(*text);
    };
    for (const auto& type : list("-machine")) {
      if (version_of(type) && offer.space.types.size() < most_types) offer.space.types.push_back(type);
    }
    std::sort(offer.space.types.begin(), offer.space.types.end(),
              [](const auto& a, const auto& b) { return *version_of(a) < *version_of(b); });
    const auto accelerators = list("-accel");
    const auto processors = list("-cpu");
    const auto base_shift =
        static_cast<std::uint8_t>(std::countr_zero(static_cast<unsigned long>(sysconf(_SC_PAGESIZE))));
    offer.space.backing_shifts.push_back(base_shift);
    for (const std::uint8_t shift : {16, 21, 24, 30, 34}) {
      if (shift > base_shift && has_pages(shift)) offer.space.backing_shifts.push_back(shift);
    }
    offer.at_once = std::max(1u, std::thread::hardware_concurrency());

    for (const auto accelerator : {Accelerator::tcg, Accelerator::kvm_hv, Accelerator::kvm_pr}) {
      const bool tcg = accelerator == Accelerator::tcg;
      machines::ConfigurationSpace::Beneath beneath{accelerator, {}, {}};
      if (!accelerators.contains(tcg ? "tcg" : "kvm")) {
        offer.lacking[accelerator] =
            fmt::format("{} has no accelerator {}", options_.program, tcg ? "tcg" : "kvm");
        continue;
      }
      if (!tcg) {
        const auto host = qemu::host_mmu(accelerator);
        if (const auto* why = std::get_if<std::string>(&host)) {
          offer.lacking[accelerator] = *why;
          continue;
        }
        beneath.host = std::get<machines::Host>(host);
      }
      std::string why = "no processor of those that the rules are about";
      for (const auto processor :
           {Processor::POWER7, Processor::POWER8, Processor::POWER9, Processor::POWER10}) {
        std::string name(name_of(processor));
        for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (!processors.contains(name)) continue;
        // Which processors KVM can run on this host shows only when a machine is started.
        if (!tcg && !offer.space.types.empty()) {
          Configuration usual{.machine = offer.space.types.back(),
                              .processor = processor,
                              .maximum = "4k",
                              .accelerator = accelerator,
                              .backing_shift = base_shift,
                              .host = beneath.host};
          if (const auto seen = start(usual); !seen.observation.started) {
            why = seen.observation.messages;
            continue;
          }
        }
        beneath.processors.push_back(processor);
      }
      if (beneath.processors.empty())
        offer.lacking[accelerator] = why;
      else
        offer.space.beneath.push_back(std::move(beneath));
    }
    if (offer.space.types.empty() || offer.space.beneath.empty())
      throw EnvironmentError(fmt::format("{} offers no pseries machine to configure", options_.program));
    return offer;
  }

  SeenMachine start(const Configuration& configuration) override {
    SeenMachine seen;
    auto& observation = seen.observation;
    observation.memory_bytes = memory_of(configuration);
    qemu::Machine machine(options_of(configuration), "disabled", qemu::agent_image(),
                          launch_of(configuration));
    if (const auto failed = machine.boot()) {
      observation.messages = machine.output();
      if (failed->ending && WIFEXITED(failed->ending->status)) {
        observation.exit_status = WEXITSTATUS(failed->ending->status);
        return seen;
      }
      if (failed->ending) refuse_outside(*failed->ending, failed->why);
      seen.fault = Fault{kind_of(*failed), failed->why};
      return seen;
    }
    observation.started = true;
    observation.property = machine.segment_page_sizes().value_or(std::vector<std::uint32_t>{});
    seen.fault = choose_hash(machine, configuration.processor);
    if (!seen.fault) seen.fault = enter_every_size(machine, observation.enter);
    observation.messages = machine.output();
    return seen;
  }

  SeenMigration migrate(const Configuration& source, const Configuration& destination) override {
    SeenMigration seen;
    auto& observation = seen.observation;
    observation.memory_bytes = memory_of(destination);
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      throw EnvironmentError("cannot make a socket pair");
    FileDescriptor sending(ends[0]);
    auto receiving = above_inherited(FileDescriptor(ends[1]));

    auto options = options_of(source);
    options.memory = options_of(memory_of(source) > memory_of(destination) ? source : destination).memory;
    qemu::Machine from(options, "disabled", qemu::agent_image(), launch_of(source));
    if (const auto failed = from.boot()) {
      seen.not_tried = "the source did not start: " + failed->why;
      return seen;
    }
    if ((seen.fault = choose_hash(from, source.processor))) return seen;

    auto options_there = options_of(destination);
    options_there.memory = options.memory;
    auto launch = launch_of(destination);
    launch.incoming = receiving.get();
    qemu::Machine to(options_there, "disabled", qemu::agent_image(), launch);
    receiving.close();

    // Bandwidth is bounded by default; RAM would take a second.
    from.qmp().execute("migrate-set-parameters", control_timeout, {{"max-bandwidth", std::int64_t{1} << 40}});
    const bool sent = from.qmp().pass(sending.get(), "hptck", control_timeout) &&
                      from.qmp().execute("migrate", control_timeout, {{"uri", "fd:hptck"}});
    sending.close();
    if (!sent) {
      observation.messages = with_text("the source refused to migrate", from.output(), to.output());
      return seen;
    }

    Patience patience(options_.start_deadline);
    for (;;) {
      patience.look();
      if (const auto ending = to.ending()) {
        observation.messages = to.output();
        if (WIFEXITED(ending->status)) return seen;
        refuse_outside(*ending, "the destination " + ending->text());
        seen.fault = Fault{Fault::Kind::died, with_text("the destination " + ending->text(), to.output())};
        return seen;
      }
      if (const auto ending = from.ending()) {
        refuse_outside(*ending, "the source " + ending->text());
        seen.fault = Fault{Fault::Kind::died, with_text("the source " + ending->text(), from.output())};
        return seen;
      }
      const auto status = to.qmp().execute("query-status", 100ms);
      if (status && status->value("status", "") == "running") break;
      if (patience.ended()) {
        seen.fault =
            Fault{Fault::Kind::hung,
                  with_text(fmt::format("no end of the migration within {} ms; the source's state is {}",
                                        patience.waited().count(), state_of(from)),
                            to.output())};
        return seen;
      }
      to.pause(1ms);
    }
    observation.accepted = true;
    to.take_over(from);
    seen.fault = enter_every_size(to, observation.enter);
    observation.messages = to.output();
    return seen;
  }

 private:
  QemuOptions options_of(const Configuration& configuration) const {
    auto options = options_;
    options.machine = machine_of(configuration);
    options.cpu = name_of(configuration.processor);
    options.memory = fmt::format("{}M", memory_of(configuration) >> 20);
    return options;
  }

  static bool has_pages(std::uint8_t shift) {
    try {
      const qemu::SharedRam probe(std::max(usual_memory, std::uint64_t{1} << shift), shift);
      return true;
    } catch (const EnvironmentError&) {
      return false;
    }
  }

  static qemu::Launch launch_of(const Configuration& configuration) {
    const auto base =
        static_cast<unsigned>(std::countr_zero(static_cast<unsigned long>(sysconf(_SC_PAGESIZE))));
    return {.accelerator = configuration.accelerator == Accelerator::tcg ? "tcg" : "kvm",
            .backing_page_shift = configuration.backing_shift == base ? 0u : configuration.backing_shift};
  }

  static std::string state_of(qemu::Machine& machine) {
    const auto state = machine.qmp().execute("query-migrate", 1s);
    return state ? state->value("status", "unknown") : "not told";
  }

  static std::string with_text(std::string text, const std::string& output, const std::string& more = {}) {
    for (const auto& part : {output, more}) {
      if (!part.empty()) text += "\nIts last output:\n" + part;
    }
    return text;
  }

  static std::optional<Fault> choose_hash(qemu::Machine& machine, Processor processor) {
    if (!chooses_translation(processor)) return std::nullopt;
    const Call call{register_process_table, {register_hash}};
    Response response;
    return machine.run({&call, 1}, {&response, 1}).fault;
  }

  static std::optional<Fault> enter_every_size(qemu::Machine& machine,
                                               std::vector<machines::EnterAnswer>& answers) {
    const auto encodings = machines::every_page_encoding();
    std::vector<Call> calls;
    for (std::size_t i = 0; i < encodings.size(); ++i) calls.push_back(enter(i, encodings[i]));
    std::vector<Response> responses(calls.size());
    const auto batch = machine.run(calls, responses);
    for (std::size_t i = 0; i < batch.answered; ++i) answers.push_back({encodings[i], responses[i].status});
    return batch.fault;
  }

  QemuOptions options_;
};

}  // namespace

std::unique_ptr<Machines> make_qemu_machines(QemuOptions options) {
  return std::make_unique<QemuMachines>(std::move(options));
}

}  // namespace hptck
