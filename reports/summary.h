// A campaign for the person at the terminal, in reading order: what was tested, clause by clause what became
// of it, each finding with the command that shows it again, the counts, and last, where the eye rests, the
// verdict.
#pragma once

#include <string>

#include "conformance/record/verdict.h"

namespace hptck {

/// At most 110 columns, except for lines to be copied whole (sequences, commands) and for single long words.
std::string terminal_summary(const CampaignRecord& record, const CampaignResult& result, bool colour);

}  // namespace hptck
