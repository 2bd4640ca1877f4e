#include "conformance/record/needs.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/machines/configuration.h"

namespace hptck {
namespace {

using Resize = Statement::Resize;

std::string why_no_kvm(const CampaignRecord& record) {
  if (record.machines.cover.empty()) return "";  // a campaign that never came so far says nothing of KVM
  std::string lacking;
  for (const auto& [name, why] : record.machines.accelerators) {
    if (name == name_of(machines::Accelerator::tcg)) continue;
    if (why.empty()) return "";
    lacking += fmt::format("{}{}: {}", lacking.empty() ? "" : "; ", name, why);
  }
  return "it is about KVM, which cannot be had here: " + lacking;
}

std::string why_no_older_machines(const CampaignRecord& record) {
  const auto& types = record.machines.types;
  const auto is_older = [](const auto& type) { return machines::scheme_of(type) == machines::Scheme::older; };
  // A journal of before types were written down says nothing of them.
  if (types.empty() || std::ranges::any_of(types, is_older)) return "";
  return fmt::format("no machine type is that old any more: the oldest is {}", types.front());
}

}  // namespace

std::string why_lacking(Need need, const CampaignRecord& record) {
  const auto seen = [&](Clause clause) { return record.tally.exercised[static_cast<int>(clause)] != 0; };
  const auto declared = [&](auto statement) { return std::ranges::any_of(record.statements, statement); };
  const bool absent = seen(Clause::prepare_option_absent) || seen(Clause::commit_option_absent);
  const auto unless = [](bool there, const char* reason) { return there ? "" : reason; };
  switch (need) {
    case Need::option:
      return unless(!absent, "the option is not offered");
    case Need::option_absent:
      return unless(absent, "the option is offered");
    case Need::permitted:
      return unless(record.statements.empty() ||
                        declared([](const Statement& s) { return s.resize != Resize::disabled; }),
                    "every partition was declared as one that may not resize its HPT");
    case Need::forbidden:
      return unless(declared([](const Statement& s) { return s.resize == Resize::disabled; }),
                    "no partition that may not resize its HPT was declared");
    case Need::initial_size:
      return unless(declared([](const Statement& s) { return s.initial_shift != 0; }),
                    "no size of the HPT at start is declared");
    case Need::largest_size:
      return unless(declared([](const Statement& s) { return s.max_shift != 0; }),
                    "no largest HPT is declared");
    case Need::late_preparation:
      return unless(!seen(Clause::prepare_create) || seen(Clause::prepare_create_busy),
                    "preparation always ended within the call that started it");
    case Need::collision_in_preparation:
      return unless(!seen(Clause::commit_collision), "collisions were found by COMMIT, not by preparation");
    case Need::collision_in_commit:
      return unless(!seen(Clause::commit_collided), "collisions were found by preparation, not by COMMIT");
    case Need::reset:
      return unless(record.description.abilities.contains(Ability::reset),
                    "the adapter cannot reboot the guest");
    case Need::machines:
      return record.machines.cover.empty() ? record.machines.why_not : "";
    case Need::kvm:
      return why_no_kvm(record);
    case Need::older_machines:
      return why_no_older_machines(record);
  }
  return "";
}

}  // namespace hptck
