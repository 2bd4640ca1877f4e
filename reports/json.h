// A campaign for programs, as JSON: everything that the record and the result have, so that nobody needs to
// parse what the terminal shows.
#pragma once

#include <string>

#include "conformance/record/verdict.h"

namespace hptck {

std::string json_summary(const CampaignRecord& record, const CampaignResult& result);

}  // namespace hptck
