// A campaign for the person at the terminal, and the same for programs. The terminal's version answers in
// reading order: what was tested, clause by clause what became of it, each finding with the command that
// shows it again, the counts, and last, where the eye rests, the verdict. The JSON has everything that the
// record and the result have, so that nobody needs to parse the other one.
#pragma once

#include <string>

#include "conformance/record/verdict.h"

namespace hptck {

/// At most 110 columns, except for lines to be copied whole (sequences, commands) and for single long words.
std::string terminal_summary(const CampaignRecord& record, const CampaignResult& result, bool colour);

std::string json_summary(const CampaignRecord& record, const CampaignResult& result);

}  // namespace hptck
