// Whether what a clause needs before it can be seen at work (spec/clauses.xml, `needs`) was there in a
// campaign. A clause names its needs in the catalogue, so a new clause changes nothing here; a new kind of
// need is a case of the switch in needs.cpp.
#pragma once

#include <string>

#include "conformance/record/verdict.h"

namespace hptck {

/// Why it was not there, in words for a report; empty when it was, or when that cannot be told.
std::string why_lacking(Need need, const CampaignRecord& record);

}  // namespace hptck
