#include "reports/report_formats.h"

#include "reports/json.h"
#include "reports/junit.h"

namespace hptck {

std::span<const ReportFormat> report_formats() {
  static constexpr ReportFormat formats[] = {
      {"junit.xml", junit_xml},
      {"summary.json", json_summary},
  };
  return formats;
}

}  // namespace hptck
