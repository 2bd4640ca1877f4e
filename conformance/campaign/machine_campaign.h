// The part of a campaign that is about machines: plans from a cover of what is offered, a session that tries
// them (machine_session.h), an investigation of what was seen (machine_investigation.h). A strategy like the
// others, and a function by itself, since it needs no partition.
#pragma once

#include "conformance/campaign/campaign.h"
#include "conformance/campaign/machine_investigation.h"

namespace hptck {

/// `machines` may be none. Tallies, and what is said of the machines, go into the record; what is found comes
/// back, numbered behind the `findings_before`.
MachineFindings try_configurations(Machines* machines, const CampaignOptions& options, Journal& journal,
                                   CampaignRecord& record, std::size_t findings_before,
                                   const Report& progress);

}  // namespace hptck
