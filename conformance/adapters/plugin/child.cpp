#include "conformance/adapters/plugin/child.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace hptck::plugin {
namespace {

void put(std::array<char, text_size>& to, const char* text) {
  const auto size = text == nullptr ? 0 : ::strnlen(text, to.size() - 1);
  if (size != 0) std::memcpy(to.data(), text, size);
  to[size] = 0;
}

class Child {
 public:
  Child(SharedMemory& memory, const std::string& library, const std::string& options)
      : memory_(memory), library_(library), options_(options) {}

  [[noreturn]] void serve() {
    auto& request = memory_.request();
    auto& reply = memory_.reply();
    const bool spins = spinning_pays();
    for (std::uint32_t last = 0;;) {
      const auto is_new = [last](std::uint32_t word) { return word != last; };
      while (!spin(request.ticket, spins, is_new)) {
        reply.child_sleeps.store(1);
        if (request.ticket.load() == last) futex_wait(request.ticket, last);
        reply.child_sleeps.store(0);
      }
      last = request.ticket.load(std::memory_order_acquire);
      if (request.operation == Operation::quit) {
        if (instance_ != nullptr) plugin_->destroy(instance_);
        std::fflush(nullptr);
        _exit(0);
      }
      reply.result = carry_out(request, reply);
      if (reply.result != HPTCK_OK && reply.refused == 0) put(reply.text, last_error());
      reply.done.store(last);
      const std::uint64_t one = 1;
      if (request.kit_sleeps.load() != 0) {
        [[maybe_unused]] const auto written = write(wake_number, &one, sizeof one);
      }
    }
  }

 private:
  int carry_out(const Request& request, Reply& reply) {
    switch (request.operation) {
      case Operation::load:
        return load(reply);
      case Operation::restart:
        reply.statement = {};
        return plugin_->restart(instance_, request.may_resize != 0 ? 1 : 0, &reply.statement);
      case Operation::hcall:
        return plugin_->hcall(instance_, request.calls.data(), request.count, memory_.answers(),
                              &reply.answered);
      case Operation::reset:
        return plugin_->reset(instance_);
      case Operation::advance_time:
        return plugin_->advance_time(instance_, request.milliseconds);
      case Operation::quit:
        break;
    }
    return HPTCK_GARBLED;
  }

  const char* last_error() const {
    return plugin_ == nullptr || plugin_->last_error == nullptr ? nullptr : plugin_->last_error(instance_);
  }

  int load(Reply& reply) {
    const auto why = refusal();
    reply.refused = why.empty() ? 0 : 1;
    put(reply.text, why.c_str());
    if (!why.empty()) return HPTCK_ENVIRONMENT;
    reply.abilities = plugin_->abilities;
    put(reply.name, plugin_->name);
    put(reply.version, plugin_->version);
    return HPTCK_OK;
  }

  // Why the library cannot be used, and what to do; empty when it can.
  std::string refusal() {
    void* handle = dlopen(library_.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr)
      return fmt::format("it cannot be loaded: {}\nGive the path of a shared library built for this machine.",
                         dlerror());
    using Entry = decltype(&hptck_plugin_entry);
    const auto entry = reinterpret_cast<Entry>(dlsym(handle, "hptck_plugin_entry"));
    if (entry == nullptr)
      return "it does not export hptck_plugin_entry. Define that function, as hptck_plugin.h declares it, "
             "with "
             "C linkage and default visibility.";
    const auto* offered = entry();
    if (offered == nullptr) return "its hptck_plugin_entry() returned NULL. Return a struct hptck_plugin.";
    if (offered->abi_version != HPTCK_PLUGIN_ABI)
      return fmt::format(
          "it was built for version {} of the plugin interface, and this kit has version {}. Build "
          "it with the hptck_plugin.h of this kit.",
          offered->abi_version, HPTCK_PLUGIN_ABI);
    if (offered->struct_size < sizeof(hptck_plugin))
      return fmt::format(
          "its struct_size is {}, and struct hptck_plugin has {} bytes. Set it to sizeof(struct "
          "hptck_plugin).",
          offered->struct_size, sizeof(hptck_plugin));
    const auto lacking = [&](const char* what) {
      return fmt::format("its {} is NULL. Set it in the struct that hptck_plugin_entry() returns.", what);
    };
    if (offered->name == nullptr || *offered->name == 0) return lacking("name");
    if (offered->version == nullptr) return lacking("version");
    if (offered->create == nullptr) return lacking("create");
    if (offered->destroy == nullptr) return lacking("destroy");
    if (offered->restart == nullptr) return lacking("restart");
    if (offered->hcall == nullptr) return lacking("hcall");
    if ((offered->abilities & HPTCK_CAN_RESET) != 0 && offered->reset == nullptr)
      return lacking("reset (which HPTCK_CAN_RESET promises)");
    if ((offered->abilities & HPTCK_CAN_ADVANCE_TIME) != 0 && offered->advance_time == nullptr)
      return lacking("advance_time (which HPTCK_CAN_ADVANCE_TIME promises)");
    plugin_ = offered;
    instance_ = plugin_->create(options_.c_str());
    if (instance_ != nullptr) return {};
    const char* reason = last_error();
    return fmt::format("its create() failed: {}", reason == nullptr ? "it does not say why" : reason);
  }

  SharedMemory& memory_;
  const std::string &library_, &options_;
  const hptck_plugin* plugin_ = nullptr;
  void* instance_ = nullptr;
};

}  // namespace

void serve(SharedMemory& memory, const std::string& library, const std::string& options) noexcept {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  // If the plugin calls exit(), this handler runs first and ends the child, so that the kit's own exit
  // handlers, which the child inherited, never run.
  on_exit(
      [](int status, void*) {
        std::fflush(nullptr);
        _exit(status);
      },
      nullptr);
  memory.protect_requests();
  Child(memory, library, options).serve();
}

}  // namespace hptck::plugin
