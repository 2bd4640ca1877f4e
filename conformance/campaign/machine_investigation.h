// From what was seen of machines and migrations to findings: which deviations explain all of it at once, then
// for each of them, and for each clause that is broken beyond them, the smallest change of the usual machine
// that shows it. As the investigation of a partition, a function of evidence and of a way to look again.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "conformance/campaign/machine_session.h"
#include "conformance/record/finding_sink.h"

namespace hptck {

struct MachineFindings {
  std::vector<Finding> findings;
  /// The smallest sets of deviations that explain all that was seen but for unexplained findings.
  std::vector<Deviations> diagnosis;
  std::string trouble;  ///< of the environment, which ended it early; what was found before stands
};

struct MachineMeans {
  ConfigurationSpace space;  ///< what is offered
  Deviations granted;
  Look look;
  FindingSink sink;
  std::size_t findings_before = 0;  ///< these are numbered behind them
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const std::string& doing)> progress = [](const std::string&) {};
};

/// What is found goes into `result` as it comes, so that it stands when an EnvironmentError is thrown.
void investigate_machines(const std::vector<JudgedCase>& seen, const MachineMeans& means,
                          MachineFindings& result);

}  // namespace hptck
