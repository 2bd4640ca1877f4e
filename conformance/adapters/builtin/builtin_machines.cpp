#include "conformance/adapters/builtin/builtin_machines.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "conformance/adapters/builtin/fake_host.h"
#include "model/machines/space.h"

namespace hptck {
namespace {

using machines::Configuration;

bool is_older(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& type) {
    char* dot = nullptr;
    const auto major = std::strtoul(type.c_str() + type.find('-') + 1, &dot, 10);
    return std::pair(major, *dot == '.' ? std::strtoul(dot + 1, nullptr, 10) : 0);
  };
  return number(a) < number(b);
}

class BuiltinMachines final : public Machines {
 public:
  explicit BuiltinMachines(const Deviations& deviations) : host_({.deviations = deviations}) {}

  MachineOffer offer() override {
    const auto& whole = machines::whole_space();
    MachineOffer offer;
    offer.space.types = whole.machines;
    std::stable_sort(offer.space.types.begin(), offer.space.types.end(), is_older);
    for (const auto accelerator : whole.accelerators) {
      for (const auto& host : whole.hosts[static_cast<int>(accelerator)])
        offer.space.beneath.push_back({accelerator, host, whole.processors});
    }
    offer.space.backing_shifts = whole.backings;
    offer.usual_configurations = std::numeric_limits<std::uint64_t>::max();  // each takes microseconds
    offer.usual_migrations = 200;
    return offer;
  }

  SeenMachine start(const Configuration& configuration) override {
    return {host_.start(configuration), std::nullopt};
  }

  SeenMigration migrate(const Configuration& source, const Configuration& destination) override {
    if (!host_.start(source).started) return {{}, std::nullopt, "the source did not start"};
    return {host_.migrate(source, destination), std::nullopt, ""};
  }

 private:
  FakeHost host_;
};

}  // namespace

std::unique_ptr<Machines> make_builtin_machines(const Deviations& deviations) {
  return std::make_unique<BuiltinMachines>(deviations);
}

}  // namespace hptck
