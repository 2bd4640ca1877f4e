// States of the resize hypercalls in words.
#include <fmt/format.h>

#include "model/resize/interface.h"

namespace hptck {

std::string describe(const ConcreteState& s) {
  const auto standing = static_cast<Standing>(raw(s.standing));
  if (standing == Standing::absent) return "the option is not offered";
  const int pending = raw(s.pending);
  std::string text;
  switch (static_cast<Phase>(raw(s.phase))) {
    case Phase::preparing:
      text = fmt::format("preparing: Pending HPT of shift {}, not yet fully prepared", pending);
      break;
    case Phase::prepared:
      text = fmt::format("prepared: Pending HPT of shift {}, fully prepared", pending);
      break;
    case Phase::collided:
      text = fmt::format("collided: Pending HPT of shift {}, its preparation ended on a bolted collision",
                         pending);
      break;
    case Phase::idle:
      text = gone_of(s) == Gone::committed ? "idle: no Pending HPT since COMMIT made it current"
                                           : "idle: no Pending HPT";
      break;
    case Phase::cancelled:
      text = "cancelled: no Pending HPT; it was discarded ";
      switch (gone_of(s)) {
        case Gone::zero:
          text += "by PREPARE with shift 0";
          break;
        case Gone::flags:
          text += "by a PREPARE that ended with H_PARAMETER for its flags";
          break;
        case Gone::range:
          text += "by a PREPARE that ended with H_PARAMETER for its shift";
          break;
        case Gone::resource:
          text += "by a PREPARE that ended with H_RESOURCE";
          break;
        case Gone::reset:
          text += "when the guest was rebooted";
          break;
        default:
          text += "by the platform";
          break;
      }
      break;
  }
  text += fmt::format("; current HPT of shift {}", raw(s.current));
  if (table_of(s) == Table::kept) text += ", kept by the last COMMIT";
  if (table_of(s) == Table::reset) text += ", since the guest was rebooted";
  if ((raw(s.marks) & mark::bolted) != 0) text += "; bolted HPTEs entered";
  if (standing == Standing::forbidden) text += "; may not resize";
  return text;
}

}  // namespace hptck
