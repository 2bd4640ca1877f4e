// See the header. The options' values are shared by the two functions of the AdapterChoice, so they live as
// long as it does.
#include "conformance/adapters/builtin/builtin_adapter.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cassert>

#include "conformance/adapters/builtin/builtin_machines.h"

namespace hptck {
namespace {

HypervisorOptions hypervisor_options(const BuiltinOptions& options) {
  // The others are the fake host's.
  Deviations deviations;
  options.deviations.for_each([&](Deviation one) {
    if (!is_of_configurations(one)) deviations.add(one);
  });
  return {.initial_shift = options.initial_shift,
          .max_shift = options.max_shift,
          .offers_resize = options.resize != BuiltinOptions::Resize::absent,
          .permissions = options.permissions,
          .deviations = deviations};
}

class BuiltinAdapter final : public Adapter {
 public:
  explicit BuiltinAdapter(const BuiltinOptions& options)
      : options_(options), hypervisor_(options.scheme, hypervisor_options(options)) {}

  Description describe() override {
    Description description{
        .name = options_.scheme == Scheme::a ? "hptck built-in, scheme A" : "hptck built-in, scheme B",
        .version = HPTCK_VERSION,
        .identity = {},
        .abilities = {Ability::reset, Ability::configure}};
    description.identity["deviations"] = to_string(options_.deviations);
    description.identity["initial shift"] = fmt::format("{}", options_.initial_shift);
    description.identity["largest shift"] = fmt::format("{}", options_.max_shift);
    description.identity["resize"] = name_of(options_.resize);
    if (options_.resize != BuiltinOptions::Resize::absent)
      description.abilities.insert(Ability::forbid_resize);
    return description;
  }

  Statement restart(const Partition& partition) override {
    fault_.reset();
    const bool may_resize = partition.may_resize && options_.resize == BuiltinOptions::Resize::enabled;
    hypervisor_.restart(may_resize);
    Statement statement;
    statement.resize = options_.resize == BuiltinOptions::Resize::absent ? Statement::Resize::absent
                       : may_resize                                      ? Statement::Resize::enabled
                                                                         : Statement::Resize::disabled;
    statement.initial_shift = static_cast<std::uint8_t>(options_.initial_shift);
    statement.max_shift = static_cast<std::uint8_t>(options_.max_shift);
    statement.pages = 0x3f;  // all that hpt.cpp knows
    return statement;
  }

  BatchResult batch(std::span<const Call> calls, std::span<Response> responses) override {
    assert(responses.size() == calls.size());
    for (std::size_t index = 0; index < calls.size(); ++index) {
      responses[index] = hypervisor_.hcall(calls[index]);
      if (!fault_) fault_ = fault_of(calls[index], responses[index]);
      if (fault_) return {index, fault_};
    }
    return {calls.size(), std::nullopt};
  }

  std::optional<Fault> reset() override {
    if (!fault_) fault_ = fault_of_reset();
    if (!fault_) hypervisor_.reboot();
    return fault_;
  }

  Machines* machines() override {
    if (!machines_) machines_ = make_builtin_machines(options_.deviations);
    return machines_.get();
  }

  void wait(std::chrono::milliseconds time) override { hypervisor_.advance(time); }

  static std::string_view name_of(BuiltinOptions::Resize resize) {
    switch (resize) {
      case BuiltinOptions::Resize::enabled:
        return "enabled";
      case BuiltinOptions::Resize::disabled:
        return "disabled";
      case BuiltinOptions::Resize::absent:
        return "absent";
    }
    return "";
  }

 private:
  std::optional<Fault> fault_of(const Call& call, const Response& response) const {
    const auto has = [this](Deviation deviation) { return options_.deviations.has(deviation); };
    const bool closed = call.token == token::H_RESIZE_HPT_COMMIT && response.status == status::H_CLOSED;
    if (has(Deviation::prepare_46_hangs) && response.status == status::H_RESOURCE &&
        call.args[1] == max_shift)
      return Fault{Fault::Kind::hung, "no answer; acted by the deviation prepare_46_hangs"};
    if (has(Deviation::commit_all_flags_dies) && closed && hypervisor_.has_pending() &&
        call.args[0] == ~std::uint64_t{0})
      return Fault{Fault::Kind::died, "ended by signal 6; acted by the deviation commit_all_flags_dies"};
    if (has(Deviation::commit_none_garbles) && closed && !hypervisor_.has_pending() && call.args[1] == 0)
      return Fault{Fault::Kind::garbled,
                   "the guest's memory is overwritten; acted by the deviation commit_none_garbles"};
    return std::nullopt;
  }

  std::optional<Fault> fault_of_reset() const {
    if (options_.deviations.has(Deviation::reset_while_preparing_dies) && hypervisor_.is_preparing())
      return Fault{Fault::Kind::died,
                   "ended by signal 11; acted by the deviation reset_while_preparing_dies"};
    if (options_.deviations.has(Deviation::reset_of_resized_hangs) &&
        hypervisor_.current_shift() != options_.initial_shift)
      return Fault{Fault::Kind::hung,
                   "the guest does not run again; acted by the deviation "
                   "reset_of_resized_hangs"};
    return std::nullopt;
  }

  BuiltinOptions options_;
  Hypervisor hypervisor_;
  std::unique_ptr<Machines> machines_;
  std::optional<Fault> fault_;
};

Scheme scheme_named(std::string_view name) { return name == "b" ? Scheme::b : Scheme::a; }

std::string known_deviations() {
  std::string known;
  for (const auto& text : deviation_texts()) known += fmt::format("\n  {:40} {}", text.id, text.text);
  return known;
}

}  // namespace

std::unique_ptr<Adapter> make_builtin_adapter(const BuiltinOptions& options) {
  // A partition is permitted the table that it has, so the limit is never below that.
  auto consistent = options;
  consistent.max_shift = std::max(options.max_shift, options.initial_shift);
  return std::make_unique<BuiltinAdapter>(consistent);
}

AdapterChoice builtin_adapter() {
  struct Values {
    BuiltinOptions options;
    std::string scheme = "a", resize = "enabled";
    std::vector<std::string> deviations;
  };
  const auto values = std::make_shared<Values>();

  const auto add_options = [values](CLI::App& app) {
    const CLI::Validator known_deviation(
        [](const std::string& id) {
          return deviation_named(id)
                     ? std::string()
                     : fmt::format("unknown deviation {}; known are:{}", id, known_deviations());
        },
        "ID");
    app.add_option("--scheme", values->scheme, "Host scheme of the RFC")
        ->check(CLI::IsMember({"a", "b"}))
        ->capture_default_str();
    app.add_option("--deviation", values->deviations, "Switch a deviation on; may be repeated")
        ->check(known_deviation)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--initial-shift", values->options.initial_shift, "Log base 2 of the HPT's size at start")
        ->check(CLI::Range(min_shift, max_shift))
        ->capture_default_str();
    app.add_option("--max-shift", values->options.max_shift,
                   "Log base 2 of the largest HPT permitted, never below that at start")
        ->check(CLI::Range(min_shift, max_shift))
        ->capture_default_str();
    app.add_option("--resize", values->resize,
                   "Whether partitions may resize their HPT, or are not offered the option")
        ->check(CLI::IsMember({"enabled", "disabled", "absent"}))
        ->capture_default_str();
    // Whether the scheme has the deviation is known when both options are.
    app.final_callback([values] {
      for (const auto& id : values->deviations)
        if (!is_of_configurations(*deviation_named(id)) &&
            !can_make(scheme_named(values->scheme), *deviation_named(id)))
          throw CLI::ValidationError(
              "--deviation", fmt::format("scheme {} does not have the deviation {}: it finds collisions in "
                                         "preparation, not in COMMIT",
                                         values->scheme, id));
    });
  };

  const auto make = [values] {
    auto options = values->options;
    options.scheme = scheme_named(values->scheme);
    for (const auto& id : values->deviations) options.deviations.add(*deviation_named(id));
    options.resize = values->resize == "absent"     ? BuiltinOptions::Resize::absent
                     : values->resize == "disabled" ? BuiltinOptions::Resize::disabled
                                                    : BuiltinOptions::Resize::enabled;
    return make_builtin_adapter(options);
  };

  return {"builtin", "a hypervisor of the RFC's scheme A or B in this process, with deviations at will",
          add_options, make};
}

}  // namespace hptck
