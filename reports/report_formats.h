// The reports that are files, of which `hptck certify` and `hptck report` write every one. A new format is a
// file beside this one and a line in report_formats.cpp. The summary on the
// terminal is not among them: it has colours, and is shown even if no file can be written.
#pragma once

#include <span>
#include <string>

#include "conformance/record/verdict.h"

namespace hptck {

struct ReportFormat {
  const char* file;  ///< its name in the output directory
  std::string (*text)(const CampaignRecord& record, const CampaignResult& result);
};

std::span<const ReportFormat> report_formats();

}  // namespace hptck
