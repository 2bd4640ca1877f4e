#include "conformance/adapters/plugin/plugin_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <type_traits>

#include "conformance/adapters/plugin/child.h"
#include "conformance/adapters/process/patience.h"

namespace hptck::plugin {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

// Calls and answers are copied as they are.
static_assert(sizeof(Call) == sizeof(hptck_call) && offsetof(Call, args) == offsetof(hptck_call, args));
static_assert(sizeof(Response) == sizeof(hptck_answer) &&
              offsetof(Response, out) == offsetof(hptck_answer, out));
static_assert(std::is_trivially_copyable_v<Call> && std::is_trivially_copyable_v<Response>);

[[noreturn]] void fail(std::string_view what) {
  throw EnvironmentError(fmt::format("{}: {}", what, std::strerror(errno)));
}

// Without control characters; up to the first zero byte if there is one.
std::string harmless(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c == 0) break;
    text += c == '\n' || c == '\t' || (c >= ' ' && c <= '~') ? c : '?';
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string harmless(const std::array<char, text_size>& shared) {
  const auto copy = shared;  // looked at once
  return harmless(std::string_view(copy.data(), copy.size()));
}

}  // namespace

PluginProcess::PluginProcess(const std::string& library, const std::string& options, milliseconds deadline) {
  wake_ = FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake_.get() < 0) fail("cannot make an event descriptor");
  wake_ = above_inherited(std::move(wake_));
  const int inherited[] = {wake_.get()};
  process_.emplace([&] { serve(memory_, library, options); }, inherited);
  try {
    if (const auto fault = run(Operation::load, deadline))
      throw EnvironmentError(fmt::format("{}: it failed while it was loaded. {}", library, fault->evidence));
    auto& reply = memory_.reply();
    loaded_ = {harmless(reply.name), harmless(reply.version), reply.abilities};
  } catch (const EnvironmentError& error) {
    if (std::string_view(error.what()).starts_with(library)) throw;
    throw EnvironmentError(fmt::format("{}: {}", library, error.what()));
  }
}

// A plugin that is well gets to destroy its instance.
PluginProcess::~PluginProcess() {
  if (failed_ || process_->ending()) return;
  post(Operation::quit);
  for (Patience patience(1s); !process_->ending() && !patience.ended(); patience.look()) sleep(2ms);
}

std::optional<Fault> PluginProcess::restart(bool may_resize, hptck_statement& statement,
                                            milliseconds deadline) {
  memory_.request().may_resize = may_resize ? 1 : 0;
  auto fault = run(Operation::restart, deadline);
  statement = memory_.reply().statement;
  return fault;
}

BatchResult PluginProcess::hcall(std::span<const Call> calls, std::span<Response> responses,
                                 milliseconds deadline) {
  assert(responses.size() >= calls.size());
  auto& reply = memory_.reply();
  for (std::size_t done = 0; done < calls.size();) {
    const auto part = calls.subspan(done, std::min(calls.size() - done, capacity));
    auto& request = memory_.request();
    request.count = static_cast<std::uint32_t>(part.size());
    std::memcpy(request.calls.data(), part.data(), part.size_bytes());
    reply.answered = 0;
    auto fault = run(Operation::hcall, deadline);
    std::size_t answered = load_volatile(reply.answered);
    const bool impossible = answered > part.size();
    if (!fault && answered != part.size())
      fault =
          Fault{Fault::Kind::garbled,
                with_output(fmt::format("The plugin's hcall() returned HPTCK_OK with *answered at {} of {}.",
                                        answered, part.size()))};
    if (fault) {
      // A fault needs a call to blame; if all calls were answered, the last one is blamed.
      answered = impossible ? 0 : std::min(answered, part.size() - 1);
      if (impossible) fault->evidence += "\nIts count of answers is impossible, so that none is believed.";
      fault->evidence = fmt::format("In play was {}.\n{}", to_string(part[answered]), fault->evidence);
    } else {
      answered = part.size();
    }
    if (answered != 0)
      std::memcpy(static_cast<void*>(&responses[done]), memory_.answers(), answered * sizeof(hptck_answer));
    done += answered;
    if (fault) return {done, std::move(fault)};
  }
  return {calls.size(), std::nullopt};
}

std::optional<Fault> PluginProcess::reset(milliseconds deadline) { return run(Operation::reset, deadline); }

std::optional<Fault> PluginProcess::advance_time(milliseconds time, milliseconds deadline) {
  memory_.request().milliseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
  return run(Operation::advance_time, deadline);
}

std::optional<Fault> PluginProcess::run(Operation operation, milliseconds deadline) {
  failed_ = true;
  const auto last = ticket_;
  post(operation);
  auto fault = await(last, deadline);
  if (!fault) fault = result_fault();
  failed_ = fault.has_value();
  return fault;
}

void PluginProcess::post(Operation operation) {
  auto& request = memory_.request();
  request.operation = operation;
  request.kit_sleeps.store(0, std::memory_order_relaxed);
  const auto last = ticket_;
  while (ticket_ == last || ticket_ == 0) ticket_ = static_cast<std::uint32_t>(tickets_());
  request.ticket.store(ticket_);
  if (memory_.reply().child_sleeps.load() != 0) futex_wake(request.ticket);
}

std::optional<Fault> PluginProcess::await(std::uint32_t last, milliseconds deadline) {
  auto& reply = memory_.reply();
  auto& request = memory_.request();
  if (spin(reply.done, spins_, [this](std::uint32_t word) { return word == ticket_; })) return std::nullopt;
  Patience patience(deadline);
  request.kit_sleeps.store(1);
  for (std::uint32_t answered = 0;;) {
    const auto ended = process_->ending();  // before the word is read, which then is final
    const auto word = reply.done.load();
    if (word == ticket_) return std::nullopt;
    if (word != last)
      return Fault{Fault::Kind::garbled, with_output("The plugin wrote to memory that is the kit's.")};
    if (ended) {
      const auto evidence = with_output("The plugin's process " + ended->text() + ".");
      if (ended->by_signal(SIGKILL) || ended->by_signal(SIGTERM))
        throw EnvironmentError(
            evidence + "\nThis came from outside: a user, or the kernel for want of memory (see dmesg).");
      return Fault{Fault::Kind::died, evidence};
    }
    patience.look();
    if (const auto now = load_volatile(reply.answered); now != answered) {
      answered = now;
      patience.renew();
    }
    if (patience.ended())
      return Fault{Fault::Kind::hung,
                   with_output(fmt::format("The plugin did not answer within {} ms.", deadline.count()))};
    sleep(10ms);
  }
}

// What the plugin itself reports.
std::optional<Fault> PluginProcess::result_fault() {
  auto& reply = memory_.reply();
  const auto result =
      static_cast<std::int32_t>(load_volatile(reinterpret_cast<std::uint32_t&>(reply.result)));
  if (result == HPTCK_OK) return std::nullopt;
  auto reason = harmless(reply.text);
  if (reason.empty()) reason = "the plugin does not say why";
  if (result == HPTCK_ENVIRONMENT) throw EnvironmentError(with_output(reason));
  const auto reported = [&](Fault::Kind kind, std::string_view what) {
    return Fault{kind,
                 with_output(fmt::format("The plugin reports that its hypervisor {}: {}", what, reason))};
  };
  switch (result) {
    case HPTCK_DIED:
      return reported(Fault::Kind::died, "died");
    case HPTCK_HUNG:
      return reported(Fault::Kind::hung, "hangs");
    case HPTCK_GARBLED:
      return reported(Fault::Kind::garbled, "answers what no hypervisor would");
    default:
      return Fault{Fault::Kind::garbled,
                   with_output(fmt::format("The plugin returned {}, which is no HPTCK_* result.", result))};
  }
}

void PluginProcess::sleep(milliseconds time) {
  pollfd sources[] = {{wake_.get(), POLLIN, 0}, {process_->output(), POLLIN, 0}};
  const timespec timeout{time.count() / 1000, time.count() % 1000 * 1'000'000};
  if (ppoll(sources, 2, &timeout, nullptr) <= 0) return;
  std::uint64_t wakes = 0;
  if (sources[0].revents != 0) {
    [[maybe_unused]] const auto got = read(wake_.get(), &wakes, sizeof wakes);
  }
  if (sources[1].revents != 0) process_->take_output();
}

}  // namespace hptck::plugin
