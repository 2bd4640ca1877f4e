// A campaign as JUnit XML, in the shape that Jenkins and Surefire read, so that any CI shows it without a
// plug-in of ours. One suite per group of clauses, one test case per clause, and the suite "campaign" for
// what belongs to no clause; names depend on the catalogue alone, so a CI can follow each clause from run to
// run. JUnit has no word for INCONCLUSIVE or NOT APPLICABLE: both are `skipped`, told apart by the message,
// because a plain test case would count as passed.
#pragma once

#include <string>

#include "conformance/record/verdict.h"

namespace hptck {

/// `result` is judge(record), or has some of its clauses, in the catalogue's order.
std::string junit_xml(const CampaignRecord& record, const CampaignResult& result);

}  // namespace hptck
