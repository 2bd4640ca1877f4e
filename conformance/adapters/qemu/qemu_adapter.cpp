#include "conformance/adapters/qemu/qemu_adapter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "conformance/adapters/deadline_option.h"
#include "conformance/adapters/qemu/guest_images.h"
#include "conformance/adapters/qemu/machine.h"
#include "conformance/adapters/qemu/qemu_machines.h"

namespace hptck {
namespace {

using namespace std::chrono_literals;

constexpr auto control_timeout = 5s;

class QemuAdapter : public Adapter {
 public:
  explicit QemuAdapter(QemuOptions options) : options_(std::move(options)) {}

  Description describe() override {
    if (description_) return *description_;
    if (!machine_) start(true);
    auto& qmp = machine_->qmp();
    const auto text_of = [](const std::optional<nlohmann::json>& value, const char* pointer) -> std::string {
      const nlohmann::json::json_pointer place(pointer);
      return value && value->contains(place) && (*value)[place].is_string() ? (*value)[place] : "unknown";
    };
    const auto type_at = [&](const std::string& path) {
      return text_of(qmp.execute("qom-get", control_timeout, {{"path", path}, {"property", "type"}}), "");
    };

    Description description;
    description.name = "QEMU";
    const auto version = qmp.execute("query-version", control_timeout);
    if (!version) throw EnvironmentError("QEMU runs but does not say its version on its control channel");
    const auto number = [&](const char* part) { return version->value("/qemu"_json_pointer / part, 0); };
    description.version = fmt::format("{}.{}.{}", number("major"), number("minor"), number("micro"));
    auto& identity = description.identity;
    identity["package"] = text_of(version, "/package");
    identity["machine"] = options_.machine;
    identity["machine type"] = type_at("/machine");
    identity["cpu"] = options_.cpu;
    identity["cpu type"] = type_at(text_of(qmp.execute("query-cpus-fast", control_timeout), "/0/qom-path"));
    identity["memory"] = options_.memory;
    identity["resize-hpt"] = options_.resize_hpt;
    const auto kvm = qmp.execute("query-kvm", control_timeout);
    identity["accelerator"] = kvm && kvm->value("enabled", false) ? "KVM" : "TCG";
    identity["command"] = quoted(machine_->command());
    description.abilities.insert(Ability::reset);
    if (options_.resize_hpt != "disabled") description.abilities.insert(Ability::forbid_resize);
    description.abilities.insert(Ability::configure);
    return *(description_ = std::move(description));
  }

  Statement restart(const Partition& partition) override {
    const bool may_resize = partition.may_resize && options_.resize_hpt != "disabled";
    const bool same_kind = machine_ && may_resize_ == may_resize;
    if (!same_kind || !give_up_pending() || machine_->reset()) start(may_resize);
    Statement statement;
    if (const auto facts = machine_->device_tree()) {
      statement.initial_shift = facts->hpt_shift;
      statement.pages = facts->pages;
      // What was asked for and what the partition is told have to agree, and there has to be a table at all
      // (there is none under radix translation), or nothing is declared.
      if (facts->hpt_shift != 0 && facts->offers_resize == may_resize) {
        statement.resize = may_resize ? Statement::Resize::enabled : Statement::Resize::disabled;
      }
    }
    return statement;
  }

  BatchResult batch(std::span<const Call> calls, std::span<Response> responses) override {
    assert(machine_ != nullptr);
    auto machine = std::move(machine_);  // given back unless it failed
    auto result = machine->run(calls, responses);
    if (!result.fault) machine_ = std::move(machine);
    for (std::size_t n = 0; n < result.answered; ++n) {
      const bool created = responses[n].status == status::H_SUCCESS || is_long_busy(responses[n].status);
      if (calls[n].token == token::H_RESIZE_HPT_PREPARE && created) prepared_.insert(calls[n].args[1]);
    }
    return result;
  }

  std::optional<Fault> reset() override {
    assert(machine_ != nullptr);
    auto machine = std::move(machine_);  // given back unless it failed
    auto fault = machine->reboot();
    if (!fault) machine_ = std::move(machine);
    return fault;
  }

  // The agent of a partition that nobody needs would keep a processor busy.
  Machines* machines() override {
    machine_.reset();
    if (!machines_) machines_ = make_qemu_machines(options_);
    return machines_.get();
  }

  void wait(std::chrono::milliseconds time) override { std::this_thread::sleep_for(time); }

 private:
  void start(bool may_resize) {
    machine_.reset();
    machine_ = std::make_unique<qemu::Machine>(options_, may_resize ? options_.resize_hpt : "disabled",
                                               qemu::agent_image());
    may_resize_ = may_resize;
    prepared_.clear();
  }

  // QEMU (7.2) keeps a Pending HPT through system_reset, which would hand it on to the next partition. So it
  // is asked to give it up first, and believed only when COMMIT then finds none of any size asked for so far;
  // the reset that follows undoes whatever else these calls may have done. False: only a new process will do.
  bool give_up_pending() {
    if (prepared_.empty()) return true;
    std::vector<Call> calls{prepare(0, 0)};
    for (const auto shift : std::exchange(prepared_, {})) calls.push_back(commit(0, shift));
    std::vector<Response> responses(calls.size());
    try {
      if (machine_->run(calls, responses).fault) return false;
    } catch (const EnvironmentError&) {  // this process was killed meanwhile; the next one may fare better
      return false;
    }
    if (responses[0].status != status::H_SUCCESS) return false;
    return std::all_of(responses.begin() + 1, responses.end(),
                       [](const Response& response) { return response.status == status::H_CLOSED; });
  }

  QemuOptions options_;
  std::unique_ptr<qemu::Machine> machine_;
  std::unique_ptr<Machines> machines_;
  bool may_resize_ = true;
  std::set<std::uint64_t> prepared_;  ///< sizes that this process may have a Pending HPT of
  std::optional<Description> description_;
};

std::string refuse_own_properties(const std::string& machine) {
  for (const char* property : {"resize-hpt", "memory-backend"}) {
    if (machine.find(fmt::format(",{}=", property)) != std::string::npos) {
      return fmt::format("{} is not to be given here (there is --resize-hpt)", property);
    }
  }
  return {};
}

}  // namespace

std::optional<std::uint64_t> ram_bytes(std::string_view memory) {
  memory = memory.substr(0, memory.find(','));
  if (memory.starts_with("size=")) memory.remove_prefix(5);
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(memory.data(), memory.data() + memory.size(), number);
  if (error != std::errc() || number == 0) return std::nullopt;
  const std::string_view suffix(rest, static_cast<std::size_t>(memory.data() + memory.size() - rest));
  constexpr std::string_view suffixes = "BKMGTPE";
  unsigned power = 2;  // a plain number counts MiB
  if (suffix.size() > 1) return std::nullopt;
  if (suffix.size() == 1) {
    const auto found = suffixes.find(static_cast<char>(std::toupper(static_cast<unsigned char>(suffix[0]))));
    if (found == std::string_view::npos) return std::nullopt;
    power = static_cast<unsigned>(found);
  }
  if (number > ((std::uint64_t{1} << 62) >> (10 * power))) return std::nullopt;
  return number << (10 * power);
}

std::unique_ptr<Adapter> make_qemu_adapter(QemuOptions options) {
  return std::make_unique<QemuAdapter>(std::move(options));
}

AdapterChoice qemu_adapter() {
  const auto options = std::make_shared<QemuOptions>();
  const auto add_options = [options](CLI::App& app) {
    app.add_option("--qemu", options->program, "the program to test")->capture_default_str();
    app.add_option("--machine", options->machine, "machine type, and properties of it after a comma")
        ->capture_default_str()
        ->check(CLI::Validator(refuse_own_properties, ""));
    app.add_option("--cpu", options->cpu, "CPU model")->capture_default_str();
    app.add_option("--memory", options->memory, "RAM, as QEMU's -m takes it")
        ->capture_default_str()
        ->check(CLI::Validator(
            [](const std::string& text) {
              return ram_bytes(text) ? "" : text + " is not an amount of memory";
            },
            ""));
    app.add_option("--resize-hpt", options->resize_hpt, "the machine's property of this name")
        ->capture_default_str()
        ->check(CLI::IsMember({"disabled", "enabled", "required"}));
    add_deadline(app, options->deadline, "a hypercall not answered for so long is a hang");
  };
  const auto make = [options] { return make_qemu_adapter(*options); };
  return {"qemu", "a QEMU pseries, started by the kit", add_options, make};
}

}  // namespace hptck
