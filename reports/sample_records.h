// Campaigns made by hand, for the tests of the reports. Verdicts are written down here and not computed by
// judge(), so that a mistake there cannot agree with itself in the golden files.
#pragma once

#include <string>
#include <vector>

#include "conformance/record/verdict.h"

namespace hptck {

struct SampleCampaign {
  std::string name;  ///< of its golden files
  CampaignRecord record;
  CampaignResult result;
};

/// "passing", "failing" (two findings with a clause and one without; hostile bytes), "cut_short", "error".
std::vector<SampleCampaign> sample_campaigns();

/// The same with some of the clauses: each verdict, status and modality, and groups of one clause and of
/// several. The files in reports/golden/ show these.
std::vector<SampleCampaign> abridged_campaigns();

}  // namespace hptck
