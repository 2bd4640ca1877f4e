#include "conformance/adapters/plugin/plugin_adapter.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "conformance/adapters/deadline_option.h"
#include "conformance/adapters/plugin/plugin_process.h"

namespace hptck {
namespace {

constexpr std::uint32_t known_pages = HPTCK_PAGES_64K | HPTCK_PAGES_64K_IN_4K | HPTCK_PAGES_16M_IN_4K |
                                      HPTCK_PAGES_16M_IN_64K | HPTCK_PAGES_16M | HPTCK_PAGES_16G;

bool is_size(std::uint32_t shift) { return shift == 0 || (shift >= min_shift && shift <= max_shift); }

// A statement that is out of range cannot be judged by, so it is an error.
Statement checked(const hptck_statement& declared) {
  const auto refuse = [](const std::string& what) {
    throw EnvironmentError(
        fmt::format("the plugin's restart() declares {}. Correct the struct hptck_statement.", what));
  };
  if (declared.resize > HPTCK_RESIZE_ABSENT) refuse(fmt::format("resize {}, which is none", declared.resize));
  for (const auto shift : {declared.initial_shift, declared.max_shift})
    if (!is_size(shift)) refuse(fmt::format("a shift of {}, which is not 18 to 46", shift));
  if (declared.max_shift != 0 && declared.max_shift < declared.initial_shift)
    refuse(fmt::format("a max_shift of {} below an initial_shift of {}", declared.max_shift,
                       declared.initial_shift));
  if (declared.pages_known != 0 && (declared.pages & ~known_pages) != 0)
    refuse(fmt::format("pages {:#x}, of which only bits {:#x} have a meaning", declared.pages, known_pages));
  Statement statement;
  constexpr Statement::Resize kinds[] = {Statement::Resize::unknown, Statement::Resize::enabled,
                                         Statement::Resize::disabled, Statement::Resize::absent};
  statement.resize = kinds[declared.resize];
  statement.initial_shift = static_cast<std::uint8_t>(declared.initial_shift);
  statement.max_shift = static_cast<std::uint8_t>(declared.max_shift);
  if (declared.pages_known != 0) statement.pages = static_cast<std::uint8_t>(declared.pages);
  return statement;
}

class PluginAdapter final : public Adapter {
 public:
  explicit PluginAdapter(PluginOptions options) : options_(std::move(options)) {
    // A name without a slash would be searched for in the system's folders.
    std::error_code trouble;
    const auto path = std::filesystem::absolute(options_.library, trouble);
    if (!trouble) options_.library = path.string();
  }

  Description describe() override {
    if (!description_) {
      if (!process_) start();
      const auto& loaded = process_->loaded();
      Description description{
          .name = loaded.name, .version = loaded.version, .identity = {}, .abilities = {}};
      description.identity["library"] = options_.library;
      description.identity["library options"] = options_.options;
      description.identity["plugin interface"] = fmt::format("{}", HPTCK_PLUGIN_ABI);
      if ((loaded.abilities & HPTCK_CAN_FORBID_RESIZE) != 0)
        description.abilities.insert(Ability::forbid_resize);
      if ((loaded.abilities & HPTCK_CAN_RESET) != 0) description.abilities.insert(Ability::reset);
      description_ = std::move(description);
    }
    return *description_;
  }

  // A process that was in use may have been damaged by earlier calls, so only the failure of a new one
  // counts.
  Statement restart(const Partition& partition) override {
    late_fault_.reset();
    for (;;) {
      const bool fresh = process_ == nullptr;
      if (fresh) start();
      auto process = std::move(process_);  // given back unless it failed
      hptck_statement declared{};
      const auto fault = process->restart(partition.may_resize, declared, options_.start_deadline);
      if (!fault) {
        const auto statement = checked(declared);
        process_ = std::move(process);
        return statement;
      }
      if (fresh)
        throw EnvironmentError(
            fmt::format("{}: restart() makes no partition. {}", options_.library, fault->evidence));
    }
  }

  BatchResult batch(std::span<const Call> calls, std::span<Response> responses) override {
    if (calls.empty()) return {};
    if (late_fault_) return {0, std::exchange(late_fault_, std::nullopt)};
    auto process = in_use();
    auto result = process->hcall(calls, responses, options_.deadline);
    if (!result.fault) process_ = std::move(process);
    return result;
  }

  std::optional<Fault> reset() override {
    if (late_fault_) return std::exchange(late_fault_, std::nullopt);
    auto process = in_use();
    auto fault = process->reset(options_.deadline);
    if (!fault) process_ = std::move(process);
    return fault;
  }

  void wait(std::chrono::milliseconds time) override {
    if (late_fault_) return;
    if (!process_ || (process_->loaded().abilities & HPTCK_CAN_ADVANCE_TIME) == 0) {
      std::this_thread::sleep_for(time);
      return;
    }
    auto process = in_use();
    late_fault_ = process->advance_time(time, options_.deadline);
    if (!late_fault_) process_ = std::move(process);
  }

 private:
  void start() {
    process_ =
        std::make_unique<plugin::PluginProcess>(options_.library, options_.options, options_.start_deadline);
  }

  std::unique_ptr<plugin::PluginProcess> in_use() {
    if (!process_) throw EnvironmentError("the plugin has no partition: restart() has to come first");
    return std::move(process_);
  }

  PluginOptions options_;
  std::unique_ptr<plugin::PluginProcess> process_;
  std::optional<Description> description_;
  std::optional<Fault> late_fault_;  ///< what went wrong while time passed
};

}  // namespace

std::unique_ptr<Adapter> make_plugin_adapter(PluginOptions options) {
  return std::make_unique<PluginAdapter>(std::move(options));
}

AdapterChoice plugin_adapter() {
  const auto options = std::make_shared<PluginOptions>();
  const auto add_options = [options](CLI::App& app) {
    app.add_option("--library", options->library, "shared library that exports hptck_plugin_entry")
        ->required()
        ->type_name("FILE");
    app.add_option("--library-options", options->options, "text for the plugin's create()");
    add_deadline(app, options->deadline, "a hypercall not answered for so long is a hang");
  };
  const auto make = [options] { return make_plugin_adapter(*options); };
  return {"plugin", "a shared library with the C interface of hptck_plugin.h", add_options, make};
}

}  // namespace hptck
