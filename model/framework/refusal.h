// Why an answer is refused, as data and as text, over any interface: each live state and the row that refused
// in it, and the clause that the interface blames for that.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model/framework/clause_set.h"
#include "model/framework/state_set.h"
#include "spec/embedded.h"

namespace hptck {

/// Why no state allows an answer.
struct Refusal {
  /// The broken clause: of an effect that was not done, where one explains the answer, else of the row that
  /// refused. Several when the live states disagree and the evidence fits any one of them.
  std::vector<Clause> clauses;
  ClauseSet rows;            ///< the rows that refused, as observed
  std::string key;           ///< names this kind of violation, equal in every run
  std::string headline;      ///< one line
  std::string explanation;   ///< each live state, and the row that refused in it
  bool by_contents = false;  ///< what is in the table refuses a status that some live state allows
};

/// "commit_shift or commit_flags"
inline std::string ids_of(const std::vector<Clause>& clauses) {
  std::string names;
  for (const auto clause : clauses) names += fmt::format("{}{}", names.empty() ? "" : " or ", id_of(clause));
  return names;
}
/// "LoPAR: R1-14.5.4.1-1"
inline std::string place_of(Clause clause) {
  return fmt::format("{}: {}", text_of(clause).source == "lopar" ? "LoPAR" : "RFC", text_of(clause).place);
}
inline std::string without_blanks(std::string key) {
  std::replace(key.begin(), key.end(), ' ', '_');
  return key;
}
/// "H_LONG_BUSY_* or H_SUCCESS"
inline std::string text_of(const Answers& answers) {
  if (answers.anything) return "anything";
  std::string text = answers.long_busy ? "H_LONG_BUSY_*" : "";
  for (std::uint8_t i = 0; i < answers.count; ++i)
    text += fmt::format("{}{}", text.empty() ? "" : " or ", name_of_status(answers.codes[i]));
  return text;
}

/// Without an answer: which clauses were in play.
template <class Interface>
Refusal refusal_of(const StateSet<Interface>& set, const typename Interface::Call& call,
                   std::optional<std::int64_t> answer) {
  using Seen = Noted<typename Interface::State>;
  const auto seen = set.noted(call, answer);
  Refusal refusal;
  const auto plainly = [](const Seen& one) { return !Interface::is_far_fetched(one.state); };
  const bool any_plain = std::any_of(seen.begin(), seen.end(), plainly);
  std::vector<std::string> details;
  ClauseSet blamed;
  for (const auto& one : seen) {
    if (any_plain && !plainly(one)) continue;
    refusal.rows.add(one.note.row);
    const auto [clause, detail] = answer ? Interface::blame(one.note, one.state, *answer)
                                         : std::pair(one.note.row, std::string("no-answer"));
    if (blamed.contains(clause)) continue;
    blamed.add(clause);
    refusal.clauses.push_back(clause);
    details.push_back(detail);
  }
  // Of a call that was not answered the plainest case comes first: what success would have been.
  if (!answer)
    std::stable_partition(refusal.clauses.begin(), refusal.clauses.end(), [&](Clause clause) {
      return std::any_of(seen.begin(), seen.end(), [&](const Seen& one) {
        return one.note.row == clause && one.note.expected.allow(status::H_SUCCESS);
      });
    });
  std::sort(details.begin(), details.end());
  details.erase(std::unique(details.begin(), details.end()), details.end());
  const auto names = ids_of(refusal.clauses);
  refusal.key = Interface::name_of(call) + ':' + names;
  for (const auto& detail : details) refusal.key += ':' + detail;
  refusal.key = without_blanks(refusal.key);
  const auto asked = to_string(call);
  const auto answered = answer ? "answered " + name_of_status(*answer) : "not answered";
  refusal.headline = fmt::format("{} {}{}, against {}", asked, answer ? "" : "was ", answered,
                                 names.empty() ? "no clause" : names);

  auto& text = refusal.explanation;
  std::string asks;
  for (const auto clause : refusal.clauses)
    asks += fmt::format("{}{}", asks.empty() ? "" : " / ", text_of(clause).text);
  text = fmt::format("{} asks: {}\n", names, asks);
  for (const auto clause : refusal.clauses) text += fmt::format("({}.)\n", place_of(clause));
  text += fmt::format("{} was {}. What the partition could have been in, and what it may answer there:\n",
                      asked, answered);
  constexpr std::size_t shown = 8;
  for (std::size_t i = 0; i < seen.size() && i < shown; ++i) {
    const auto& [state, note] = seen[i];
    std::string allowed = text_of(note.expected);
    for (const auto& also : note.also) allowed += ", " + text_of(also);
    text += fmt::format("    {}\n      {}: {}\n", describe(state), id_of(note.row), allowed);
  }
  if (seen.size() > shown) text += fmt::format("    and {} more\n", seen.size() - shown);
  return refusal;
}

}  // namespace hptck
