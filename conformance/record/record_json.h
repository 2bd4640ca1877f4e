// What a journal's records hold, as JSON and back. Reading throws whatever says best what is wrong; the
// reader of the journal knows where.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "conformance/record/verdict.h"
#include "model/machines/observation.h"

namespace hptck {

using Json = nlohmann::json;

Json to_json(const Deviations& deviations);
Deviations deviations_from(const Json& json);

/// Of the record, what is known before anything was tried.
Json to_json(const CampaignRecord& record);
CampaignRecord campaign_from(const Json& json);

Json to_json(const Finding& finding);
Finding finding_from(const Json& json);

Json to_json(const Tally& tally);
Tally tally_from(const Json& json);

Json to_json(const machines::Case& one, std::string_view fault);
machines::Case case_from(const Json& json);

}  // namespace hptck
